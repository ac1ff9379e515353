"""Try one attack on one address of an application: `python -m csrf_proof form-post URL …`.

For example, for an application that signs everybody in at /login:

    python -m csrf_proof form-post http://app.localhost:5055/email --field email=x@evil.localhost \\
        --sign-in http://app.localhost:5055/login --state http://app.localhost:5055/email

Prints one sentence. Exit status: 0 blocked, 1 forged, 2 something has to be changed first, 3 not
judged.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from csrf_proof import attacker
from csrf_proof.address import WrongUse, address
from csrf_proof.arsenal import FOLDER, Arsenal, AttackError, Shot
from csrf_proof.positions import POSITIONS
from csrf_proof.reasons import REASONS

BLOCKED, FORGED, WRONG_USE, NOT_JUDGED = range(4)


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
            answer = state.ask()
            return Look((answer.status, answer.body))

    fields = dict(field.partition("=")[::2] for field in options.field)
    path = urlsplit(act.target).path
    shot = Shot(attack=attack, origin=act.origin, action_path=path, forged=fields)
    state.ask()
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
