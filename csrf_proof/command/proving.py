"""Attack actions, show each result as it comes, and write the report."""

from __future__ import annotations

import getpass
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error

from csrf_proof import windows
from csrf_proof.address import Address, WrongUse, address
from csrf_proof.application import found, found_session, stored
from csrf_proof.application.action import Action
from csrf_proof.application.choice import WITH_TOKEN
from csrf_proof.application.known import Accepted, Known, Source
from csrf_proof.application.proof import NotReplayed, Proof
from csrf_proof.application.report import Done, advice, as_html, as_json, summary, write
from csrf_proof.application.report_as_sarif import as_sarif
from csrf_proof.application.report_for_ci import as_junit, as_markdown
from csrf_proof.application.signing_in import Secrets
from csrf_proof.application.tries import (
    MOST_DECISIVE,
    NOT_APPLICABLE,
    NOT_JUDGED,
    Tried,
    all_tries,
    decisive,
    of_page,
    tried,
)
from csrf_proof.application.verdict import Try, stopped, told
from csrf_proof.browsers import BrowserFailed, BrowserMissing, Browsers, end_all
from csrf_proof.command import interrupting
from csrf_proof.command.options import ATTACKERS_PASSWORD, FILE, PASSWORD, How
from csrf_proof.command.status import Status
from csrf_proof.profile_names import PROFILES
from csrf_proof.trial import BLOCKED, FORGED, NotJudged
from csrf_proof.windows import Window, Windows

_OF_STORAGE = (
    "A saved browser doesn't show which cookies have no SameSite; here, they count as Lax. So an "
    "attack that only the browser blocks may work after all. To find out, use --sign-in."
)
_REPORTS = {
    "html": as_html,
    "json": as_json,
    "junit": as_junit,
    "markdown": as_markdown,
    "sarif": as_sarif,
}
# Actions, and the line that describes each.
_Described = Mapping[Action, Source | None]


def prove_form(known: Known, how: How, source: Source | None = None) -> int:
    """Attack the form at an address; return the exit status. `source` is where it's described."""
    where = address(known.url, known.i_own)
    if not where.is_here:
        print(_sent_there(where, known))
    asks = {known.as_: PASSWORD} | ({known.attacker: ATTACKERS_PASSWORD} if known.attacker else {})
    secrets = Secrets(lambda name: _password(name, asks[name]), _storage(known.storage_state))
    known = replace(known, sign_in=_path(known.sign_in), state=_path(known.state))
    if secrets.storage:
        print(_OF_STORAGE)
    how = replace(how, accepted=_still_accepted(known.known))
    find = found_session.find if known.signs_out or known.signs_in else found.find
    return prove(where, lambda window: {find(where.named, known, secrets, window): source}, how)


def prove_recipe(file: Path, url: str | None, how: How) -> int:
    """Attack the actions of a Python file; return the exit status."""
    if url is None:
        raise WrongUse(f"Where is the application? csrf-proof run {file} --url http://127.0.0.1:…")
    # Synchronous Playwright leaves an event loop in this thread, and Django then refuses to use its
    # database unless this says that only one of them runs at a time.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    actions = _actions(file)
    return prove(address(url), lambda window: actions, how)


def prove(where: Address, actions: Callable[[Windows], _Described], how: How) -> int:
    """Attack actions, print the results, and write the report; return the exit status."""
    if not any(how.only in one.id for one in all_tries(PROFILES)):
        names = ", ".join(dict.fromkeys(one.attack for one in all_tries(PROFILES)))
        raise WrongUse(f"No attack has {how.only!r} in its name. There are: {names}.")
    if how.exploit:
        how = replace(how, page=stored.read(how.exploit))
    where.ask()
    all_done: list[Done] = []
    try:
        with interrupting.ends_at_once(end_all), Browsers(how.time_limit) as browsers:

            def window(profile: str) -> AbstractContextManager[Window]:
                return windows.fresh(browsers.get(profile), base_url=where.named.origin)

            print(f"Looking at {where.origin}{where.target} …", flush=True)
            with browsers.limit():
                all_found = actions(window)
            for action, source in all_found.items():
                all_done.append(_prove(where, action, source, browsers, how))
    except BrowserMissing as error:
        raise WrongUse(str(error)) from None
    except (NotJudged, BrowserFailed) as error:
        print(f"Not judged: {error}", file=sys.stderr)
        return Status.NOT_JUDGED
    for kind, file in how.reports.items():
        _write(file, _REPORTS[kind](where.origin, all_done))
    return _status(all_done)


def _sent_there(where: Address, known: Known) -> str:
    """Return what another machine is about to get."""
    deeds = [f"sign in there as {each}" for each in (known.as_, known.attacker) if each]
    deeds += [
        f"fill in the form at {where.target}, again and again, with values such as honest-7f3a"
    ]
    return (
        f"{where.site} isn't this machine; {FILE} says that it's yours. Browsers on this machine "
        f"will {', '.join(deeds)}, and make pages on other sites send the same with values such as "
        "forged-7f3a. Their changes are undone if possible."
    )


def _still_accepted(accepted: Sequence[Accepted]) -> Sequence[Accepted]:
    """Return those whose last day isn't over.

    Raises:
        WrongUse: There is no such attack.
    """
    slugs = {one.attack for one in all_tries(PROFILES)}
    if unknown := [each.attack for each in accepted if each.attack not in slugs]:
        there = ", ".join(sorted(slugs))
        raise WrongUse(f"No attack is called {unknown[0]!r}. There are: {there}.")
    today = datetime.now().astimezone().date()
    for over in (each for each in accepted if each.until < today):
        print(f"{over.attack} was accepted until {over.until}, and that day is over.")
    return [each for each in accepted if each.until >= today]


def _prove(
    where: Address, action: Action, source: Source | None, browsers: Browsers, how: How
) -> Done:
    done = Done(action.name or "the action", source)
    print(f"\nAction: {done.name}")
    # A browser that was killed can't close what was kept open.
    with suppress(Error), ExitStack() as kept:
        _try_all(where, Proof(where, action, browsers.get, kept), action, browsers, how, done)
    print("\n" + "\n".join([summary(done), *map(str, advice(done))]))
    again = [e.one.id for e in done.results if e.outcome == FORGED and not e.accepted]
    if again and not how.page and how.only not in again:
        print(f"\nTo try one of them again, add: --only {again[0]}")
    return done


def _try_all(
    where: Address, proof: Proof, action: Action, browsers: Browsers, how: How, done: Done
) -> None:
    for profile in _profiles(browsers, how):
        print(f"In {profile}, an honest user goes first …", flush=True)
        try:
            with browsers.limit():
                control = proof.control(profile)
        except (NotJudged, BrowserFailed) as problem:
            print(f"NOT JUDGED in {profile}: {problem}")
            done.replayed = False
            done.honest &= isinstance(problem, NotReplayed)
            failed = [Tried(one, NOT_JUDGED, note=str(problem)) for one in _tries(profile, how)]
            done.results += failed
            continue
        request = control.recorded
        kind = "WebSocket" if request.messages else request.method
        print(f"  {kind} {request.target} works, and it still works when it's sent again.")
        if not (control.saves or action.reset or action.of_session):
            print("  There's no known way to undo what it changes.")
        if control.secrets:
            print(f"  Another page can't know: {', '.join(sorted(control.secrets))}.")
        most = None if how.full or how.only else MOST_DECISIVE
        if most and action.attacker:
            most += len(WITH_TOKEN)
        skipped: dict[str, list[str]] = {}
        for came in tried(proof, _tries(profile, how), browsers, most):
            each = _as_known(came, how.accepted)
            done.results.append(each)
            if each.outcome == NOT_APPLICABLE:
                skipped.setdefault(each.note, []).append(each.one.attack)
            else:
                print(_line(each, done.name), flush=True)
            if each.outcome == NOT_JUDGED and not where.answers():
                print(f"{where.origin} no longer answers, so nothing else is tried.")
                return
        for note, attacks in skipped.items():
            print(f"skipped {len(attacks)}: {note} ({', '.join(dict.fromkeys(attacks))})")
    everything = how.full and not how.only and not how.profile
    for known in how.accepted if everything else ():
        if {e.outcome for e in done.results if e.one.attack == known.attack} == {BLOCKED}:
            print(f"{known.attack} is blocked now: you can remove it from the known attacks.")


def _as_known(each: Tried, accepted: Sequence[Accepted]) -> Tried:
    """Return the result of a try, with what the owner says of it."""
    known = next((one for one in accepted if one.attack == each.one.attack), None)
    return replace(each, accepted=known) if each.outcome == FORGED else each


def _line(each: Tried, name: str) -> str:
    if each.verdict and each.outcome == FORGED:
        said = told(each.verdict, name)
        return f"{said}\n  Known     {each.accepted}" if each.accepted else said
    head = {BLOCKED: "blocked", NOT_JUDGED: "NOT JUDGED"}[each.outcome]
    return f"{head:7} {each.one.id}   {stopped(each.verdict) if each.verdict else each.note}"


def _tries(profile: str, how: How) -> Sequence[Try]:
    if how.page:
        return of_page((profile,), how.page)
    if how.full or how.only:
        return [one for one in all_tries((profile,)) if how.only in one.id]
    return decisive(profile)


def _profiles(browsers: Browsers, how: How) -> Sequence[str]:
    """Return the kinds of browser to use."""
    if how.profile:
        return [how.profile]
    if named := [profile for profile in PROFILES if how.only.endswith(f"-{profile}")]:
        return named
    if not (how.full or how.page):
        return PROFILES[:1]
    found = browsers.found()
    for absent in set(PROFILES) - set(found):
        print(f"There is no browser for {absent}: python -m csrf_proof.browsers gets one.")
    return found


def _write(file: Path, text: str) -> None:
    try:
        write(file, text)
    except OSError as error:
        raise WrongUse(f"The report can't be written: {error}.") from None
    print(f"Report: {file}")


def _status(all_done: Sequence[Done]) -> Status:
    if any(done.count(FORGED) > done.accepted for done in all_done):
        return Status.FORGED
    if any(done.count(NOT_JUDGED) or not done.count(BLOCKED) + done.accepted for done in all_done):
        return Status.NOT_JUDGED
    return Status.BLOCKED


@cache
def _password(name: str, variable: str) -> str:
    """Return a user's password from the environment, or ask for it.

    Raises:
        WrongUse: It's in neither, since nobody can be asked.
    """
    said = os.environ.get(variable)
    if said is None and sys.stdin.isatty():
        with interrupting.raises():
            # It lets the terminal show again what is typed.
            said = getpass.getpass(f"Password of {name}: " if name else "Password: ")
    if said is None:
        raise WrongUse(f"The form to sign in with asks for a password. Put it into {variable}.")
    return said


def _path(said: str | None) -> str | None:
    """Return the path of an address, or of what already is one."""
    if said is None:
        return None
    parts = urlsplit(said)
    path = parts._replace(scheme="", netloc="").geturl()
    return path if path.startswith("/") else f"/{path}"


def _storage(file: str | None) -> Mapping[str, Any] | None:
    if file is None:
        return None
    try:
        said = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongUse(f"{file} can't be read: {error}.") from None
    if isinstance(said, dict) and _are_cookies(said.get("cookies")):
        return said
    raise WrongUse(f"{file} isn't what Playwright's context.storage_state(path=…) writes.")


def _are_cookies(said: Any) -> bool:
    return isinstance(said, list) and all(
        isinstance(each, dict) and isinstance(each.get("domain"), str) for each in said
    )


def _actions(file: Path) -> dict[Action, Source | None]:
    """Return the actions of a Python file, named for their variables, and where each acts.

    Raises:
        WrongUse: It can't be run, or has none.
    """
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.exists():
        raise WrongUse(f"There is no {file}.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise WrongUse(f"{file} can't be run: {type(error).__name__}: {error}") from error
    finally:
        del sys.path[0]
    found = {name: each for name, each in vars(module).items() if isinstance(each, Action)}
    if not found:
        raise WrongUse(f"{file} has no Action on its top level.")
    return {
        each if each.name else replace(each, name=name.replace("_", " ")): _source(each, file)
        for name, each in found.items()
    }


def _source(action: Action, file: Path) -> Source:
    """Return the line of a recipe's function that acts, or else its first line."""
    code = getattr(action.act, "__code__", None)
    there = code is not None and Path(code.co_filename).resolve() == file.resolve()
    return Source.of(file, code.co_firstlineno if code and there else 1)
