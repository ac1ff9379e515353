"""The result of an application's actions, for build servers and pull requests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from csrf_proof.application.report import Done, advice, summary
from csrf_proof.application.tries import NOT_APPLICABLE, NOT_JUDGED, Tried
from csrf_proof.application.verdict import SENDERS, changed, stopped, told
from csrf_proof.trial import FORGED

# What XML can't hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(application: str, actions: Sequence[Done]) -> str:
    """Return the report as JUnit has it: forged is a failure unless it's accepted, not judged an
    error."""
    suites = ElementTree.Element("testsuites", name=f"csrf-proof {_xml(application)}")
    for done in actions:
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=_xml(done.name),
            tests=str(len(done.results)),
            failures=str(done.count(FORGED) - done.accepted),
            errors=str(done.count(NOT_JUDGED)),
            skipped=str(done.count(NOT_APPLICABLE) + done.accepted),
        )
        for each in done.results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=_xml(done.name), name=each.one.id
            )
            if each.accepted:
                said = _xml(f"{_what(each)}; {each.accepted}")
                ElementTree.SubElement(case, "skipped", message=said)
            elif each.verdict and each.outcome == FORGED:
                failure = ElementTree.SubElement(case, "failure", message=_xml(_what(each)))
                failure.text = _xml(told(each.verdict, done.name))
            elif each.outcome in {NOT_APPLICABLE, NOT_JUDGED}:
                kind = "skipped" if each.outcome == NOT_APPLICABLE else "error"
                ElementTree.SubElement(case, kind, message=_xml(each.note))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, "unicode", xml_declaration=True) + "\n"


def as_markdown(application: str, actions: Sequence[Done]) -> str:
    """Return the report as a table of each action, for a comment on a pull request."""
    parts = [f"## Cross-site request forgery against {application}"]
    for done in actions:
        rows = ["| outcome | attack | from | browser | what was seen |", "|---|---|---|---|---|"]
        rows += [_row(each) for each in done.results]
        parts += [f"### {_cell(done.name)}", summary(done)]
        for each in advice(done):
            parts += [each.sentence, *(f"```\n{block.text}\n```" for block in each.code)]
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _row(each: Tried) -> str:
    one, sender = each.one, SENDERS[each.one.position].lower()
    outcome = f"**{each.outcome}**" if each.outcome == FORGED else each.outcome
    if each.accepted:
        outcome += f", {_cell(str(each.accepted))}"
    cells = (outcome, f"`{one.attack}`", sender, one.profile, _cell(_what(each)))
    return f"| {' | '.join(cells)} |"


def _what(each: Tried) -> str:
    if each.verdict is None:
        return each.note
    return changed(each.verdict) if each.outcome == FORGED else f"stopped {stopped(each.verdict)}"


def _cell(text: str) -> str:
    """Return a text that Markdown takes as it is, in one line, and that names nobody: code hosts
    take what follows an @ for a user."""
    plain = re.sub(r"([\\`*_\[\]|<>#!~])", r"\\\1", text.replace("&", "&amp;"))
    return " ".join(plain.replace("@", "@&#8203;").split())


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
