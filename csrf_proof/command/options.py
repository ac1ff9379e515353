"""What the command is told: by flags, or by a file such as csrf-proof.toml."""

from __future__ import annotations

import argparse
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path

from csrf_proof.address import WrongUse
from csrf_proof.application.known import Accepted, Known, Source
from csrf_proof.profile_names import PROFILES

FILE, I_OWN = "csrf-proof.toml", "i_own"
# The variables of the environment in which the passwords may be.
PASSWORD = "CSRF_PROOF_PASSWORD"  # noqa: S105
ATTACKERS_PASSWORD = "CSRF_PROOF_ATTACKER_PASSWORD"  # noqa: S105
_STATUS = (
    "Exit status: 0 all blocked, or known to be forged; 1 something forged; 2 something has to be "
    "changed first; 3 not judged."
)
Asked = argparse.Namespace
# The kinds of reports, and who each is for.
REPORTS = {
    "html": "people, with each attacker's page",
    "json": "programs",
    "junit": "build servers",
    "markdown": "a pull request",
    "sarif": "code scanning",
}


@dataclass(frozen=True)
class How:
    """What is tried, in which browsers, and where the report goes."""

    full: bool = False
    profile: str | None = None
    only: str = ""
    # A page that somebody has written, and what is in it once that's read.
    exploit: Path | None = None
    page: str = ""
    # By kind.
    reports: Mapping[str, Path] = field(default_factory=dict)
    # Seconds for one attack, or for what an honest user does before.
    time_limit: float = 180.0
    accepted: Sequence[Accepted] = ()


def for_address() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "csrf-proof",
        description="Find the form at an address, and try to send it from other pages.",
        epilog=f"Other commands: record, run, replay, poc, init, demo; each has --help. {_STATUS}",
    )
    parser.add_argument("url", metavar="URL", help="the address of a form, on this machine")
    add = parser.add_argument
    add(
        "--field",
        metavar="NAME[=VALUE]",
        action="append",
        default=[],
        help="the value of a field; without a value, the field to change",
    )
    add("--method", choices=("GET", "POST"), help="if there is no form: how to send the fields")
    add("--sign-in", metavar="PATH", help="the page with the form to sign in with")
    add("--as", metavar="NAME", default="", help="the user to sign in as")
    add("--attacker", metavar="NAME", default="", help="another user, whose token attacks may use")
    add("--storage-state", metavar="FILE", help="a signed-in browser, as Playwright saves it")
    add("--state", metavar="PATH", help="a page that shows what was saved")
    add("--signs-in", action="store_true", help="attack the sign-in at this address")
    add("--signs-out", action="store_true", help="attack the sign-out at this address")
    _add_how(parser, exploit=True)
    return parser


def for_file(command: str, *, only: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        f"csrf-proof {command}",
        description="Try one attack again, by its name."
        if only
        else "Attack what a file describes.",
        epilog=_STATUS,
    )
    if only:
        parser.add_argument("only", metavar="NAME", help="such as form-post-cross-site-firefox")
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        nargs="?" if only else None,
        default=Path(FILE),
        help=f"{FILE}, or a Python file with actions",
    )
    parser.add_argument("--url", help="where the application is; a Python file doesn't say")
    _add_how(parser, only=only, exploit=not only)
    return parser


def for_init() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "csrf-proof init", description="Write a file to start from. It never overwrites one."
    )
    parser.add_argument("--pytest", action="store_true", help=f"a test, instead of {FILE}")
    return parser


def for_record() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "csrf-proof record",
        description="Watch you use your application once, and describe that in a file.",
    )
    parser.add_argument("url", metavar="URL", help="where to begin, on this machine")
    parser.add_argument("--file", metavar="FILE", type=Path, default=Path(FILE), help=FILE)
    return parser


def for_poc() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "csrf-proof poc",
        description="Make a page that sends a request from another site, and say when it works.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="-",
        help="a curl command, or a request saved from a proxy; by default, read from the terminal",
    )
    parser.add_argument("--html", metavar="FILE", type=Path, default=Path("poc.html"))
    return parser


def for_demo() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "csrf-proof demo",
        description="Attack a small application without protection, and the same with it.",
    )
    _add_how(parser)
    return parser


def _add_how(parser: argparse.ArgumentParser, *, only: bool = False, exploit: bool = False) -> None:
    add = parser.add_argument
    add("--full", action="store_true", help="every attack, in every browser that is found")
    add("--profile", choices=PROFILES, help="the kind of browser")
    if not only:
        add("--only", metavar="TEXT", default="", help="attacks with this in their names")
    if exploit:
        add(
            "--exploit",
            metavar="FILE",
            type=Path,
            help="try only this HTML page, which you have written, in every browser that is found "
            "or the one of --profile; it doesn't go with --only or --full",
        )
    for kind, who in REPORTS.items():
        add(f"--{kind}", metavar="FILE", type=Path, help=f"write a report for {who}")
    add("--time-limit", metavar="SECONDS", type=float, default=180.0, help="for one attack")


def how(asked: Asked) -> How:
    """Return what flags say of how to attack.

    Raises:
        WrongUse: They don't go together.
    """
    exploit = getattr(asked, "exploit", None)
    if exploit and (asked.full or asked.only):
        raise WrongUse("--exploit tries only that page: leave out --only and --full.")
    given = {kind: getattr(asked, kind) for kind in REPORTS}
    return How(
        full=asked.full,
        profile=asked.profile,
        only=asked.only,
        exploit=exploit,
        reports={kind: file for kind, file in given.items() if file},
        time_limit=asked.time_limit,
    )


def of_flags(asked: Asked) -> Known:
    """Return what flags say of a form.

    Raises:
        WrongUse: They don't go together.
    """
    named = [each for each in asked.field if "=" not in each]
    if len(named) > 1:
        raise WrongUse(
            f"Only one field is changed, not {' and '.join(named)}. Give others a value: "
            f"--field {named[1]}=…"
        )
    return _checked(
        Known(
            url=asked.url,
            changes=named[0] if named else None,
            fields=dict(each.split("=", 1) for each in asked.field if "=" in each),
            method=asked.method,
            sign_in=asked.sign_in,
            as_=getattr(asked, "as"),
            attacker=asked.attacker,
            storage_state=asked.storage_state,
            state=asked.state,
            signs_out=asked.signs_out,
            signs_in=asked.signs_in,
        ),
        "--field NAME and --state PATH",
    )


def of_file(file: Path, url: str | None = None) -> Known:
    """Return what a file says of a form; `url` goes before the file's.

    Raises:
        WrongUse: It can't be read, or has a mistake; the message has its line.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WrongUse(f"There is no {file}. To begin with one: csrf-proof init.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{file} can't be read: {error}.") from None
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongUse(f"{file}: {error}.") from None
    keys = {_key(each.name): each.name for each in fields(Known)}
    for key, value in said.items():
        where = f"{file}, line {_line(text, key)}"
        if key not in keys:
            meant = difflib.get_close_matches(key, keys, 1)
            hint = f" Did you mean {meant[0]}?" if meant else f" There are {', '.join(keys)}."
            raise WrongUse(f"{where}: {key} isn't a key.{hint}")
        if key == "fields":
            wrong = not isinstance(value, dict) or not all(
                isinstance(v, str) for v in value.values()
            )
            takes = "a table of texts"
        elif key == "known":
            said[key] = _accepted(value)
            wrong, takes = said[key] is None, "tables of attack, reason and until (a date)"
        elif key in {"signs-in", "signs-out"}:
            wrong, takes = not isinstance(value, bool), "true or false"
        elif key == I_OWN:
            wrong = not isinstance(value, list) or not all(isinstance(host, str) for host in value)
            takes = "a list of hosts"
        else:
            wrong, takes = not isinstance(value, str), "a text"
        if wrong:
            raise WrongUse(f"{where}: {key} takes {takes}.")
    if url:
        said["url"] = url
    if "url" not in said:
        raise WrongUse(f'{file} needs a line such as url = "http://127.0.0.1:5055/email".')
    if said.get("method") not in {None, "GET", "POST"}:
        raise WrongUse(f"{file}, line {_line(text, 'method')}: method is GET or POST.")
    return _checked(Known(**{keys[key]: value for key, value in said.items()}), "changes and state")


def source(file: Path) -> Source:
    """Return the line of a file that `of_file` could read which says what is attacked."""
    return Source.of(file, _line(file.read_text(encoding="utf-8"), "url"))


def _accepted(value: object) -> list[Accepted] | None:
    """Return the tables of known attacks, or None if they aren't right."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return None
    found = []
    for each in value:
        try:
            until = each["until"]
            day = until if type(until) is date else date.fromisoformat(until)
            one = Accepted(each["attack"], each["reason"], day)
        except (KeyError, TypeError, ValueError):
            return None
        texts = isinstance(one.attack, str) and isinstance(one.reason, str)
        if not texts or len(each) != len(fields(Accepted)):
            return None
        found.append(one)
    return found


def _key(name: str) -> str:
    return name if name == I_OWN else name.strip("_").replace("_", "-")


def _line(text: str, key: str) -> int:
    """Return the number of the line that a key is on."""
    lines = [line.strip().strip("[\"' ") for line in text.splitlines()]
    return next((n for n, line in enumerate(lines, 1) if line.startswith(key)), 1)


def _checked(known: Known, needed: str) -> Known:
    if known.signs_in and not (known.as_ and known.attacker):
        raise WrongUse(
            "Another site can sign a browser in as the attacker, so it needs two users: --as NAME "
            "and --attacker NAME, or as and attacker in a file."
        )
    if known.signs_in and (known.sign_in or known.storage_state or known.signs_out):
        raise WrongUse("Before a sign-in, nobody is signed in: leave that out.")
    if known.signs_in and known.method:
        raise WrongUse("A sign-in is attacked by its form, which says the method: leave that out.")
    if known.attacker and not (known.sign_in or known.signs_in):
        raise WrongUse(
            "Where does the attacker sign in? With --sign-in PATH, or sign-in in a file."
        )
    if known.attacker and known.attacker == known.as_:
        raise WrongUse(f"{known.attacker} can't be both: the attacker is another user.")
    if known.signs_out and not known.sign_in:
        # A saved browser won't do, since a sign-out ends its session for good.
        raise WrongUse(
            "Each time that a user is signed out, they have to sign in again: say where, "
            "with --sign-in PATH --as NAME, or sign-in and as in a file."
        )
    if known.changes and (known.signs_out or known.signs_in):
        raise WrongUse(f"Signing in or out doesn't change a field: give {known.changes} a value.")
    if known.method and not known.signs_out and not (known.changes and known.state):
        raise WrongUse(f"A method is for what has no form. It needs {needed} as well.")
    return known
