"""How the gallery is ordered: by the method of the request, and POST by what is special about it.

An attack is put in its place by what its description says, so a new one needs no entry here.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from csrf_proof.arsenal import FORM_TYPE, Attack


@dataclass(frozen=True)
class Section:
    """Attacks of one kind. `name` is short, for a list of the sections."""

    key: str
    name: str
    title: str
    intro: str


SECTIONS = (
    Section("get", "GET", "Requests by GET", "Simply loading an address sends a GET."),
    Section(
        "head",
        "HEAD",
        "Requests by HEAD",
        "A HEAD asks only for the headers of a page. Most frameworks run the same code as for GET.",
    ),
    Section(
        "post",
        "POST",
        "Requests by POST",
        "A POST takes a form or a script, which is only one more line.",
    ),
    Section(
        "post-types",
        "POST, other types",
        "Requests by POST with other content than a form’s",
        "A POST can contain more than form fields: here, mislabeled JSON, a file or a ping.",
    ),
    Section(
        "post-unnamed",
        "POST, no sender",
        "Requests by POST that hide where they come from",
        "The browser says who sent a POST, unless the page tells it not to.",
    ),
    Section(
        "post-prepared",
        "POST, with loot",
        "Requests by POST with a token or a cookie from the bank",
        "For such a page, the attacker’s server first gets a token or a cookie from the bank.",
    ),
    Section(
        "weakness",
        "A weak bank",
        "Requests that exploit a weakness of the bank",
        "Here the bank itself helps, for example by redirecting visitors anywhere or showing "
        "unescaped text. Each page aims at a lab that has the weakness.",
    ),
)


def in_sections(
    attacks: Iterable[Attack], prepared: Container[str]
) -> list[tuple[Section, list[Attack]]]:
    """Return the sections that hold any of the attacks; `prepared` are those with a server."""
    # What offers a choice of actions is the plainest of its kind, and comes first.
    ordered = sorted(attacks, key=lambda attack: (-len(attack.actions), attack.slug))
    keys = {attack.slug: _key(attack, prepared=attack.slug in prepared) for attack in ordered}
    filled = [
        (section, [attack for attack in ordered if keys[attack.slug] == section.key])
        for section in SECTIONS
    ]
    return [(section, held) for section, held in filled if held]


def _key(attack: Attack, *, prepared: bool) -> str:
    if attack.needs:
        return "weakness"
    if attack.method != "POST":
        return attack.method.lower()
    if prepared:
        return "post-prepared"
    if attack.hides_origin:
        return "post-unnamed"
    return "post" if attack.content_type.startswith(FORM_TYPE) else "post-types"
