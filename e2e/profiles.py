"""The profiles: what a browser does, measured before its cells are believed.

`python -m e2e.profiles` probes all three and prints what it found; and WebKit, where it is
installed, for which the matrix states nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from csrf_proof.browsers import SHORT_LAX as SHORT_LAX_FEATURE
from csrf_proof.browsers import BrowserMissing, launch, plan
from e2e import attacks
from e2e.bank import Lab, Site
from tools.run import Playground

# With the short threshold a cookie without SameSite counts as old after twelve seconds.
SHORT_LAX = f"--enable-features={SHORT_LAX_FEATURE}"
SHORT_AGE = 13
# With this one it does at once. The probe measures that both come to the same, so that cells of old
# cookies need not wait.
OLD_COOKIES = "--enable-features=SameSiteDefaultChecksMethodRigorously"


@dataclass(frozen=True)
class Profile:
    """What the matrix relies on: is a None cookie sent with a cross-site image, and is a cookie
    without SameSite treated as Lax once it is old?"""

    third_party_cookies: bool
    lax_by_default: bool

    def __str__(self) -> str:
        third = "sends" if self.third_party_cookies else "keeps back"
        default = "as Lax" if self.lax_by_default else "like any other"
        return f"{third} third-party cookies, treats an old cookie without SameSite {default}"


STATED = {
    "chromium": Profile(third_party_cookies=True, lax_by_default=True),
    "chromium-no-3pc": Profile(third_party_cookies=False, lax_by_default=True),
    "firefox": Profile(third_party_cookies=False, lax_by_default=False),
}

# Browsers of a profile with one thing changed: the profile, and Firefox's preferences.
VARIANTS = {
    "firefox-no-origin": ("firefox", {"network.http.sendOriginHeader": 0}),
    "firefox-no-cookies": ("firefox", {"network.cookie.cookieBehavior": 2}),
}

ORDER = tuple(STATED)
# Runs where it is installed and asked for: pytest e2e/test_honest.py --https --profile webkit
WEBKIT = "webkit"


def grows_old_by_the_clock(attack: str) -> bool:
    """Tell whether an attack makes an old cookie young again, so that no shortcut will do."""
    return attack == "refreshed-cookie-post"


def ages(attack: str, cookie_age: str) -> tuple[str, ...]:
    """Return the browser's extra arguments for a cell whose cookie is of that age."""
    if cookie_age != "old":
        return ()
    return (SHORT_LAX,) if grows_old_by_the_clock(attack) else (OLD_COOKIES,)


@contextmanager
def fresh_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been anywhere, and takes every certificate."""
    context = browser.new_context(ignore_https_errors=True)
    try:
        yield context
    finally:
        context.close()


def sends_third_party_cookies(browser: Browser, site: Site) -> bool:
    """Ask the playground's own self-check, which ends on a page whose address has the answer."""
    with fresh_context(browser) as context:
        page = context.new_page()
        page.goto(f"{site.playground}/self-check/")
        page.click("main a.button")
        page.wait_for_url("**/self-check/?cookies=*")
        answer = parse_qs(urlsplit(page.url).query)["cookies"][0]
    return bool(int(answer) & 1)


def treats_unset_as_lax(browser: Browser, site: Site, age: float) -> bool:
    """Let a cookie without SameSite get so many seconds old; have another site post a form."""
    lab = Lab(site, "browser-default")
    with fresh_context(browser) as context:
        page = context.new_page()
        sign_in_by_hand(context, lab)
        time.sleep(age)
        before = lab.state()["attempts"][-1]["id"]
        attacks.launch(page, site, "form-post", "cross-site", lab.label)
        attempt, _ = lab.wait_for("transfer", before)
    return "sessionid" not in attempt["cookies"]


def sign_in_by_hand(context: BrowserContext, lab: Lab, username: str = "alice") -> Page:
    """Sign in with the bank's form in the browser, as a visitor does; return the account page."""
    page = context.new_page()
    page.goto(f"{lab.url}/login")
    if username != "alice":
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", "mischief")
    page.click("main button")
    page.wait_for_selector("h1.greeting")
    return page


def check_third_party(browser: Browser, profile: str, site: Site) -> str:
    """Return one sentence if the browser is not what its profile states, else nothing."""
    if sends_third_party_cookies(browser, site) == STATED[profile].third_party_cookies:
        return ""
    return (
        f"The browser for the profile {profile} is not one that "
        f"{'sends' if STATED[profile].third_party_cookies else 'keeps back'} third-party cookies; "
        "python -m csrf_proof.browsers shows which browser is used."
    )


def probe(playwright: Playwright, profile: str, site: Site) -> Profile:
    """Measure one profile (about 15 seconds, most of it waiting for a cookie to grow old).

    Raises:
        AssertionError: The shortcut for old cookies does not do what age does.
    """
    browser = launch(playwright, profile, short_lax=True)
    try:
        third_party = sends_third_party_cookies(browser, site)
        lax = treats_unset_as_lax(browser, site, SHORT_AGE)
    finally:
        browser.close()
    if lax:
        browser = launch(playwright, profile, extra_args=[OLD_COOKIES])
        try:
            assert treats_unset_as_lax(browser, site, 0), f"{OLD_COOKIES} does nothing in {profile}"
        finally:
            browser.close()
    return Profile(third_party, lax)


def probe_webkit(folder: Path) -> str:
    """Return a line about WebKit: over https, since it keeps no Secure cookie over http."""
    with sync_playwright() as playwright:
        try:
            plan(playwright, WEBKIT)
        except BrowserMissing as missing:
            return f"{missing} (the matrix states nothing for it)"
        with Playground(var_dir=folder, https=True) as playground:
            site = Site(playground.victim_port, playground.attacker_port, "https")
            browser = launch(playwright, WEBKIT)
            third_party = sends_third_party_cookies(browser, site)
            lax = treats_unset_as_lax(browser, site, 0)
            browser.close()
    third = "sends" if third_party else "keeps back"
    default = "as Lax" if lax else "like any other"
    return (
        f"{third} third-party cookies, treats a fresh cookie without SameSite {default} "
        "(the matrix states nothing for it)"
    )


def main() -> int:
    """Probe every profile, print a line each, and fail with a sentence on the first mismatch."""

    def probe_alone(profile: str) -> Profile:
        with sync_playwright() as playwright:  # One driver a thread: it is not thread-safe.
            return probe(playwright, profile, site)

    with tempfile.TemporaryDirectory() as folder, Playground(var_dir=Path(folder)) as playground:
        site = Site(playground.victim_port, playground.attacker_port)
        print(f"Probing {len(STATED)} profiles (about 20 seconds) …", flush=True)
        with ThreadPoolExecutor() as threads:
            measured = dict(zip(STATED, threads.map(probe_alone, STATED), strict=True))
    for profile, found in measured.items():
        if found != STATED[profile]:
            print(f"{profile}: {found}; it should be one that {STATED[profile]}.", file=sys.stderr)
            return 2
        print(f"{profile}: {found}, as stated", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{WEBKIT}: {probe_webkit(Path(folder))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
