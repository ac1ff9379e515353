"""Try one attack on one address of an application: `python -m csrf_proof form-post URL …`.

For example, for an application that signs everybody in at /login:

    python -m csrf_proof form-post http://app.localhost:5055/email --field email=x@evil.localhost \\
        --sign-in http://app.localhost:5055/login --state http://app.localhost:5055/email

Prints one sentence. Exit status: 0 blocked, 1 forged, 2 something has to be changed first, 3 not
judged.
"""

from __future__ import annotations

import argparse
import http.client
import ipaddress
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from csrf_proof import attacker
from csrf_proof.attacks import FOLDER, Arsenal, AttackError, Shot
from csrf_proof.positions import POSITIONS
from csrf_proof.reasons import REASONS

BLOCKED, FORGED, WRONG_USE, NOT_JUDGED = range(4)
TIMEOUT_SECONDS = 10.0


class WrongUse(Exception):
    """Something has to be changed before an attack can be tried; the message says what."""


@dataclass(frozen=True)
class Address:
    """An address of the application, which must be on this machine."""

    origin: str
    target: str

    @property
    def site(self) -> str:
        return urlsplit(self.origin).hostname or ""

    def read(self) -> tuple[int, bytes]:
        """Return the status and the body that a GET without cookies gets."""
        parts = urlsplit(self.origin)
        # Python's resolver doesn't know names that end in .localhost.
        where = "127.0.0.1" if self.site.endswith("localhost") else self.site
        connection = http.client.HTTPConnection(where, parts.port or 80, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", self.target, headers={"Host": parts.netloc})
            with connection.getresponse() as answer:
                return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise WrongUse(f"{self.origin}{self.target} doesn't answer: {error}.") from error
        finally:
            connection.close()


def address(text: str) -> Address:
    """Return an address of this machine.

    Raises:
        WrongUse: The text isn't one.
    """
    try:
        parts = urlsplit(text)
        name, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise WrongUse(f"{text!r} isn't an address: {error}.") from None
    if parts.scheme != "http" or not name:
        raise WrongUse(f"{text!r} isn't an address such as http://127.0.0.1:5055/email.")
    if not _is_loopback(name):
        raise WrongUse(f"{name} isn't this machine: attacks are tried on 127.0.0.1 or *.localhost.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(f"http://{parts.netloc}", target)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return _try(options)
    except (WrongUse, AttackError, attacker.NoSuchHost) as error:
        print(error, file=sys.stderr)
        return WRONG_USE


def _try(options: argparse.Namespace) -> int:
    # Playwright takes a moment to import, which a mistake in the arguments shouldn't cost.
    from playwright.sync_api import BrowserContext

    from csrf_proof.browsers import BrowserFailed, BrowserMissing, session
    from csrf_proof.trial import Look, NotJudged, run
    from csrf_proof.windows import fresh

    act = address(options.url)
    state = address(options.state or options.url)
    sign_in = address(options.sign_in) if options.sign_in else None
    arsenal = Arsenal(Path(options.attacks))
    attack = arsenal.attacks.get(options.attack)
    if attack is None:
        raise WrongUse(f"There is no attack {options.attack!r}: {', '.join(arsenal.attacks)}.")

    class Application:
        url, site = act.origin, act.site

        def sign_in(self, context: BrowserContext, *, by_hand: bool) -> None:
            if sign_in:
                context.new_page().goto(sign_in.origin + sign_in.target)

        def look(self) -> Look:
            return Look(state.read())

    fields = dict(field.partition("=")[::2] for field in options.field)
    path = urlsplit(act.target).path
    shot = Shot(attack=attack, origin=act.origin, action_path=path, forged=fields)
    state.read()
    try:
        with (
            attacker.serving(arsenal, shot, options.position) as server,
            session(options.profile, options.time_limit) as browser,
            fresh(browser) as window,
        ):
            result = run(window, attack, server.address, Application(), path=shot.path)
    except BrowserMissing as error:
        raise WrongUse(str(error)) from None
    except (BrowserFailed, NotJudged) as error:
        print(f"Not judged: {error}", file=sys.stderr)
        return NOT_JUDGED
    what = f"{attack.slug} from {options.position} in {options.profile}"
    if result.outcome == "forged":
        print(f"FORGED   {what}: the state changed.")
        return FORGED
    status = result.evidence.status
    reason = REASONS[result.reason].sentence if result.reason else f"It was answered with {status}."
    print(f"blocked  {what}: {reason}")
    return BLOCKED


def _parser() -> argparse.ArgumentParser:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m csrf_proof",
        description=summary,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("attack", help="the attack's name, such as form-post")
    parser.add_argument("url", help="the address that acts, on this machine")
    parser.add_argument("--field", action="append", default=[], help="a forged field, NAME=VALUE")
    parser.add_argument("--state", help="an address whose page changes with the state")
    parser.add_argument("--sign-in", help="an address that signs the victim in")
    parser.add_argument("--position", default="cross-site", choices=POSITIONS)
    parser.add_argument("--profile", default="chromium", help="chromium, chromium-no-3pc, firefox")
    parser.add_argument("--time-limit", type=float, default=180, help="seconds for the browser")
    parser.add_argument("--attacks", default=FOLDER, help="a folder of attacks to use instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
