"""The profiles: what a browser does, measured before anything it shows is believed.

`python -m csrf_proof.profiles` measures all three and prints what it found; and WebKit, where it is
installed, for which nothing is stated.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from csrf_proof.browsers import SHORT_LAX as SHORT_LAX_FEATURE
from csrf_proof.browsers import BrowserMissing, launch, plan
from csrf_proof.measuring import sends_third_party_cookies, treats_unset_as_lax
from csrf_proof.windows import KEPT_FIREFOX

# With the short threshold a cookie without SameSite counts as old after twelve seconds.
SHORT_LAX = f"--enable-features={SHORT_LAX_FEATURE}"
SHORT_AGE = 13
# With this one it does at once. Measuring shows that both have the same effect, so that trials with
# old cookies don't need to wait.
OLD_COOKIES = "--enable-features=SameSiteDefaultChecksMethodRigorously"


@dataclass(frozen=True)
class Profile:
    """What expectations rely on: is a SameSite=None cookie sent with another site's image, and is
    a cookie without SameSite treated as Lax once it is old?"""

    third_party_cookies: bool
    lax_by_default: bool

    def __str__(self) -> str:
        third = "sends" if self.third_party_cookies else "blocks"
        default = "as Lax" if self.lax_by_default else "like any other"
        return f"{third} third-party cookies, treats an old cookie without SameSite {default}"


STATED = {
    "chromium": Profile(third_party_cookies=True, lax_by_default=True),
    "chromium-no-3pc": Profile(third_party_cookies=False, lax_by_default=True),
    "firefox": Profile(third_party_cookies=False, lax_by_default=False),
}

KEPT = "firefox-kept"
# Browsers of a profile with one thing changed: the profile, and Firefox's preferences.
VARIANTS = {
    "firefox-no-origin": ("firefox", {"network.http.sendOriginHeader": 0}),
    "firefox-no-cookies": ("firefox", {"network.cookie.cookieBehavior": 2}),
    KEPT: ("firefox", KEPT_FIREFOX),
}

ORDER = tuple(STATED)
WEBKIT = "webkit"


def grows_old_by_the_clock(attack: str) -> bool:
    """Tell whether an attack makes an old cookie young again, so that the shortcut doesn't work."""
    return attack == "refreshed-cookie-post"


def ages(attack: str, cookie_age: str) -> tuple[str, ...]:
    """Return the browser's extra arguments for a trial whose cookie is of that age."""
    if cookie_age != "old":
        return ()
    return (SHORT_LAX,) if grows_old_by_the_clock(attack) else (OLD_COOKIES,)


@contextmanager
def fresh_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has never been anywhere, and accepts every certificate."""
    context = browser.new_context(ignore_https_errors=True)
    try:
        yield context
    finally:
        context.close()


def check_third_party(browser: Browser, profile: str) -> str:
    """Return one sentence if the browser isn't what its profile states, else nothing."""
    if sends_third_party_cookies(browser) == STATED[profile].third_party_cookies:
        return ""
    return (
        f"The browser for the profile {profile} doesn't do what that profile states: it should "
        f"{'send' if STATED[profile].third_party_cookies else 'block'} third-party cookies. "
        "python -m csrf_proof.browsers shows which browser is used."
    )


def measure(playwright: Playwright, profile: str) -> Profile:
    """Measure one profile (about 15 seconds, most of it waiting for a cookie to grow old).

    Raises:
        AssertionError: The shortcut for old cookies doesn't do what age does.
    """
    browser = launch(playwright, profile, short_lax=True)
    try:
        third_party = sends_third_party_cookies(browser)
        lax = treats_unset_as_lax(browser, SHORT_AGE)
    finally:
        browser.close()
    if lax:
        browser = launch(playwright, profile, extra_args=[OLD_COOKIES])
        try:
            assert treats_unset_as_lax(browser, 0), f"{OLD_COOKIES} does nothing in {profile}"
        finally:
            browser.close()
    return Profile(third_party, lax)


def _about_webkit() -> str:
    """Return a line about WebKit. It has no profile, so nothing can be wrong."""
    with sync_playwright() as playwright:
        try:
            plan(playwright, WEBKIT)
        except BrowserMissing as missing:
            return f"{missing} (the matrix states nothing for it)"
        browser = launch(playwright, WEBKIT)
        third_party = sends_third_party_cookies(browser)
        lax = treats_unset_as_lax(browser, 0)
        browser.close()
    third = "sends" if third_party else "blocks"
    default = "as Lax" if lax else "like any other"
    return (
        f"{third} third-party cookies, treats a fresh cookie without SameSite {default} "
        "(the matrix states nothing for it)"
    )


def main() -> int:
    """Measure every profile, print a line each, and fail with a sentence on the first mismatch."""

    def alone(profile: str) -> Profile:
        with sync_playwright() as playwright:  # One driver per thread: it isn't thread-safe.
            return measure(playwright, profile)

    print(f"Measuring {len(STATED)} profiles (about 20 seconds) …", flush=True)
    with ThreadPoolExecutor() as threads:
        measured = dict(zip(STATED, threads.map(alone, STATED), strict=True))
    for profile, found in measured.items():
        if found != STATED[profile]:
            print(f"{profile}: {found}; it should be one that {STATED[profile]}.", file=sys.stderr)
            return 2
        print(f"{profile}: {found}, as stated", flush=True)
    print(f"{WEBKIT}: {_about_webkit()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
