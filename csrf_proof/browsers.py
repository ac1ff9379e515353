"""Find the three browsers that trials drive, or get them.

A *profile* is what a browser does, not what it is called:

- ``chromium`` sends third-party cookies, as Google Chrome does by default: Debian's
  ``chromium-headless-shell``, else Playwright's own headless shell;
- ``chromium-no-3pc`` does not: Debian's ``chromium``, which blocks them by default, else any other
  full Chromium with the setting that blocks them;
- ``firefox``, which keeps them apart by site: a stock Firefox, else Playwright's own.

A fourth, ``webkit``, is there where Playwright's own build of it is. Nothing is stated for it, so
nobody has to have it, and nothing here gets it: ``python -m playwright install webkit``.

An installed browser goes before Playwright's. ``python -m csrf_proof.browsers`` makes sure that all
three are there: from Playwright's download host, else, on Debian, with apt-get.

Limits: that a browser *behaves* as its profile says is measured by the tests that use it. A browser
packaged as a snap is passed over, since it cannot read the temporary profile folders.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import psutil
from playwright.sync_api import Browser, BrowserType, Error, Playwright, sync_playwright

from csrf_proof.profile_names import OPTIONAL, PROFILES

SYSTEM_NAMES = {
    "chromium": ("chromium-headless-shell",),
    "chromium-no-3pc": ("chromium",),
    "firefox": ("firefox-esr", "firefox"),
}

# From this version on Playwright asks a stock Firefox ESR for what it doesn't have, and drives only
# its own.
NO_STOCK_FIREFOX = (1, 65)

# Debian's build of Chromium reads this folder, and blocks third-party cookies by default.
DEBIAN_CHROMIUM = Path("/etc/chromium.d")
BLOCK_THIRD_PARTY_COOKIES = '{"profile": {"cookie_controls_mode": 1}}'

# A cookie without SameSite counts as old after about 12 seconds instead of two minutes.
SHORT_LAX = "ShortLaxAllowUnsafeThreshold"

# Generous: a slow network takes minutes. Without a download host it takes seconds.
GET_SECONDS = 900
_REPORTED = 5.0  # Seconds in which the driver tells of a browser that was killed.
_CLOSED = 10.0  # Seconds in which browsers that still work are closed.
# Where the browsers that run have their profiles.
_folders: set[str] = set()

# For a Firefox that nobody looks at, and in which many windows are opened.
LEAN_FIREFOX: Mapping[str, Any] = {
    # One process for all sites, since starting one costs more than a trial. Cookies and headers
    # are the parent process's business either way.
    "fission.autostart": False,
    "dom.ipc.processCount": 1,
    # Painting is most of what a page costs.
    "layout.frame_rate": 10,
}

APT_PACKAGES = ("chromium-headless-shell", "chromium", "firefox-esr", "fonts-dejavu-core")


class BrowserMissing(Exception):
    """A profile has no browser; the text says which and what to do."""


class BrowserFailed(Exception):
    """A browser didn't start, died or hung; the text says which."""


@dataclass(frozen=True)
class Plan:
    """How to launch the browser of a profile, with Playwright's sync or async API.

    ``preferences``, when not empty, have to lie in ``Default/Preferences`` of a persistent
    profile, from whose browser ordinary contexts are then made.
    """

    profile: str
    engine: Literal["chromium", "firefox", "webkit"]
    path: str
    options: dict[str, Any] = field(default_factory=dict)
    preferences: str = ""


def _system_path(profile: str) -> str | None:
    if profile == "firefox" and _playwright_version() >= NO_STOCK_FIREFOX:
        return None
    for name in SYSTEM_NAMES[profile]:
        path = shutil.which(name)
        if path and "snap" not in Path(path).resolve().parts and not _starts_a_snap(Path(path)):
            return path
    return None


def _playwright_version() -> tuple[int, ...]:
    return tuple(int(part) for part in version("playwright").split(".")[:2])


def _other_ways(profile: str) -> str:
    """Return what else helps, where a stock Firefox is there and isn't driven."""
    if profile != "firefox" or _playwright_version() < NO_STOCK_FIREFOX:
        return ""
    newest = ".".join(map(str, NO_STOCK_FIREFOX))
    return (
        ". This version of Playwright drives only its own Firefox; to use an installed one: "
        f"pip install 'playwright<{newest}'"
    )


def _starts_a_snap(path: Path) -> bool:
    """Ubuntu's ``firefox`` and ``chromium`` are scripts that start, or ask for, a snap."""
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"#!") and b"/snap/" in head


def _playwright_path(playwright: Playwright, profile: str) -> str | None:
    """Playwright's own browser, if it was downloaded."""
    if profile == "firefox":
        path = Path(playwright.firefox.executable_path)
        return str(path) if path.exists() else None
    path = Path(playwright.chromium.executable_path)
    if profile == "chromium-no-3pc":
        return str(path) if path.exists() else None
    # Playwright doesn't tell the path of its headless shell. It's next to the full Chromium, in
    # chromium_headless_shell-<revision>/<platform>/.
    revision = next((p for p in path.parents if p.name.startswith("chromium-")), None)
    if revision is None:
        return None
    folder = revision.with_name(revision.name.replace("chromium-", "chromium_headless_shell-"))
    shells = sorted(folder.glob("*/*headless?shell*"))
    return next((str(shell) for shell in shells if os.access(shell, os.X_OK)), None)


def plan(
    playwright: Playwright,
    profile: str,
    *,
    extra_args: Sequence[str] = (),
    short_lax: bool = False,
    firefox_prefs: Mapping[str, Any] | None = None,
) -> Plan:
    """Choose the browser of a profile. Firefox has no two-minute rule to make shorter."""
    if profile in OPTIONAL:
        return _plan_of_webkit(playwright, extra_args)
    if profile not in PROFILES:
        there = ", ".join(PROFILES + OPTIONAL)
        raise ValueError(f"{profile!r} isn't a profile; there are {there}")
    system = _system_path(profile)
    path = system or _playwright_path(playwright, profile)
    if path is None:
        raise BrowserMissing(
            f"There is no browser for the profile {profile}. "
            f"To get one: python -m csrf_proof.browsers{_other_ways(profile)}"
        )
    options: dict[str, Any] = {"executable_path": path, "headless": True}
    if profile == "firefox":
        options["args"] = list(extra_args)
        if firefox_prefs:
            options["firefox_user_prefs"] = dict(firefox_prefs)
        if system:
            # A stock Firefox speaks WebDriver BiDi, not the protocol of Playwright's build.
            options["channel"] = "moz-firefox"
        return Plan(profile, "firefox", path, options)
    options["args"] = _merge_features([*extra_args, *_features(short_lax)])
    if profile == "chromium":
        return Plan(profile, "chromium", path, options)
    if system and DEBIAN_CHROMIUM.is_dir():
        return Plan(profile, "chromium", path, options)
    return Plan(profile, "chromium", path, options, BLOCK_THIRD_PARTY_COOKIES)


def _plan_of_webkit(playwright: Playwright, extra_args: Sequence[str]) -> Plan:
    """Choose Playwright's own WebKit; no stock one speaks its protocol."""
    path = playwright.webkit.executable_path
    if not Path(path).exists():
        raise BrowserMissing(
            "There is no browser for the profile webkit; "
            "to get one: python -m playwright install webkit"
        )
    options = {"executable_path": path, "headless": True, "args": list(extra_args)}
    return Plan("webkit", "webkit", path, options)


def _features(short_lax: bool) -> list[str]:
    return [f"--enable-features={SHORT_LAX}"] if short_lax else []


def _merge_features(arguments: Sequence[str]) -> list[str]:
    """Chromium heeds only the last ``--enable-features``, so there has to be one."""
    switch = "--enable-features="
    features = [a.removeprefix(switch) for a in arguments if a.startswith(switch)]
    others = [a for a in arguments if not a.startswith(switch)]
    return [*others, switch + ",".join(features)] if features else others


def launch(
    playwright: Playwright,
    profile: str,
    *,
    extra_args: Sequence[str] = (),
    short_lax: bool = False,
    firefox_prefs: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    started_by: Callable[[str], str] | None = None,
) -> Browser:
    """Start the browser of a profile; make contexts from it with ``new_context()`` as usual.

    ``env`` is its environment, if not this process's. ``started_by`` returns, for the path of the
    browser, that of a program which starts it.
    """
    chosen = plan(
        playwright,
        profile,
        extra_args=extra_args,
        short_lax=short_lax,
        firefox_prefs=firefox_prefs,
    )
    engine: BrowserType = getattr(playwright, chosen.engine)
    if env is not None:
        chosen.options["env"] = dict(env)
    if started_by is not None:
        chosen.options["executable_path"] = started_by(chosen.path)
    if not chosen.preferences:
        return engine.launch(**chosen.options)
    folder = tempfile.mkdtemp(prefix="csrf-playground-")
    _folders.add(folder)
    preferences = Path(folder, "Default", "Preferences")
    preferences.parent.mkdir()
    preferences.write_text(chosen.preferences)
    try:
        browser = engine.launch_persistent_context(folder, **chosen.options).browser
    except Error:
        _remove(folder)
        raise
    assert browser is not None, "a persistent Chromium has a browser"
    browser.on("disconnected", lambda _: _remove(folder))
    return browser


@dataclass(frozen=True)
class Settings:
    """What browsers are started with: Chromium's arguments, Firefox's preferences, an environment,
    if not this process's, and what returns the program that starts a browser, if not itself."""

    arguments: Sequence[str] = ()
    preferences: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] | None = None
    started_by: Callable[[str], str] | None = None


class Running:
    """The browsers of profiles in one Playwright: started when they're first needed, and again
    when one has died."""

    def __init__(self, playwright: Playwright, settings: Settings | None = None) -> None:
        self._playwright = playwright
        self._settings = settings or Settings()
        self._by_profile: dict[str, Browser] = {}

    def get(self, profile: str) -> Browser:
        """Return the browser of a profile.

        Raises:
            BrowserMissing: There is none.
        """
        browser = self._by_profile.get(profile)
        if browser is None or not browser.is_connected():
            browser = launch(
                self._playwright,
                profile,
                extra_args=() if profile == "firefox" else self._settings.arguments,
                firefox_prefs={**LEAN_FIREFOX, **self._settings.preferences},
                env=self._settings.env,
                started_by=self._settings.started_by,
            )
            self._by_profile[profile] = browser
        return browser

    def close(self) -> None:
        for browser in self._by_profile.values():
            with suppress(Exception):  # A plain one where the driver was killed.
                browser.close()


class Browsers:
    """The browsers of profiles, started when they're first asked for, with one Playwright.

    A context manager that leaves nothing running. What is done with them within `limit` may take
    `seconds`.
    """

    def __init__(self, seconds: float = 180.0, settings: Settings | None = None) -> None:
        self._seconds = seconds
        self._settings = settings

    def __enter__(self) -> Browsers:
        self._before = set(psutil.Process().children(recursive=True))
        self._playwright = sync_playwright().start()
        self._running = Running(self._playwright, self._settings)
        self._driver_killed = threading.Event()
        return self

    def get(self, profile: str) -> Browser:
        """Return the browser of a profile.

        Raises:
            BrowserMissing: There is none.
        """
        return self._running.get(profile)

    def visible(self) -> Browser:
        """Start a Chromium that shows its window; that of `chromium` may be unable to.

        Raises:
            BrowserMissing: There is none, or nowhere to show it.
        """
        path = plan(self._playwright, "chromium-no-3pc").path
        try:
            return self._playwright.chromium.launch(executable_path=path, headless=False)
        except Error as error:
            raise BrowserMissing(
                "Chromium can't show a window here. Is there a screen? Without one, write the file "
                "by hand: csrf-proof init."
            ) from error

    def found(self) -> list[str]:
        """Return the profiles that have a browser."""
        absent = missing(self._playwright)
        return [profile for profile in PROFILES if profile not in absent]

    @contextmanager
    def limit(self, seconds: float | None = None) -> Iterator[None]:
        """Kill the browsers when the time is over, so that whatever waits for one fails.

        `seconds` are how many, if not as many as usual.

        Raises:
            BrowserFailed: A browser didn't start, died, or was killed.
        """
        if self._driver_killed.is_set():
            raise BrowserFailed("An earlier browser didn't finish, and no other can be started.")
        seconds = self._seconds if seconds is None else seconds
        with self._at_most(seconds) as out_of_time:
            try:
                yield
            except Error as error:
                raise BrowserFailed(f"The browser failed: {first_line(error)}") from error
            finally:
                if out_of_time.is_set():
                    raise BrowserFailed(f"The browser didn't finish in {seconds:g} s.")

    @contextmanager
    def _at_most(self, seconds: float) -> Iterator[threading.Event]:
        """Kill the browsers when the time is over; yield the event that says so."""
        out_of_time, done = threading.Event(), threading.Event()

        def kill() -> None:
            out_of_time.set()
            drivers = set(psutil.Process().children()) - self._before
            for driver in drivers:
                _kill(driver.children(recursive=True))
            # The driver reports that a browser has gone, unless that died in its first moments:
            # then whatever is asked of it waits forever.
            if not done.wait(_REPORTED):
                self._driver_killed.set()
                for driver in drivers:
                    driver.kill()

        timer = threading.Timer(seconds, kill)
        timer.start()
        try:
            yield out_of_time
        finally:
            timer.cancel()
            done.set()

    def __exit__(self, kind: type[BaseException] | None, *raised: object) -> None:
        # After Ctrl-C, Playwright may wait forever for what it was doing.
        if kind is not KeyboardInterrupt:
            with self._at_most(_CLOSED):
                self._running.close()
                self._playwright.stop()
        _kill(list(set(psutil.Process().children(recursive=True)) - self._before))


def first_line(error: Error) -> str:
    """Return what Playwright says of an error, without its log."""
    return error.message.strip().splitlines()[0]


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def end_all() -> None:
    """End every process that this one has started, and remove the profiles of browsers."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.Error):
            child.terminate()
    _kill(psutil.wait_procs(children, timeout=3)[1])
    for folder in list(_folders):
        _remove(folder)


def _remove(folder: str) -> None:
    """Remove the profile of a browser that is ending, and may still write into it for a moment."""
    _folders.discard(folder)
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.02)


def missing(playwright: Playwright) -> list[str]:
    """The profiles that have no browser."""
    absent = []
    for profile in PROFILES:
        try:
            plan(playwright, profile)
        except BrowserMissing:
            absent.append(profile)
    return absent


def _run(*command: str) -> bool:
    """Run a command, its output passed through; whether it ended well."""
    print("+", *command, flush=True)
    try:
        # A group of its own, since the download runs in a grandchild.
        process = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return False
    try:
        return process.wait(GET_SECONDS) == 0
    except subprocess.TimeoutExpired:
        print(f"That took longer than {GET_SECONDS} seconds.", file=sys.stderr)
        return False
    finally:
        if process.poll() is None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _as_root() -> tuple[str, ...] | None:
    """What to put before an apt command, or None when there is no apt or no way to be root."""
    if shutil.which("apt-get") is None:
        return None
    # After sudo, which passes no variables on.
    quietly = ("env", "DEBIAN_FRONTEND=noninteractive")
    if os.geteuid() == 0:
        return quietly
    if shutil.which("sudo") is None:
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ("sudo", "-n", *quietly) if asked.returncode == 0 else None


def get(absent: Sequence[str]) -> None:
    """Try to get the browsers of these profiles: Playwright's own, else Debian's packages."""
    engines = sorted({profile.split("-")[0] for profile in absent})
    print(f"No browser yet for {', '.join(absent)}.", flush=True)
    root = _as_root()
    # The download goes first: where there is no download host it fails within seconds, and then
    # the libraries that Playwright's browsers need are not needed either.
    if _run(sys.executable, "-m", "playwright", "install", *engines):
        if root is not None:
            _run(*root, sys.executable, "-m", "playwright", "install-deps", *engines)
        return
    if root is not None:
        _run(*root, "apt-get", "update")
        _run(*root, "apt-get", "install", "-y", "--no-install-recommends", *APT_PACKAGES)


def main(arguments: Sequence[str] = ()) -> int:
    """See that each profile has a browser, and get those that it doesn't; return the status."""
    says = "See that each kind of browser is there; get others from Playwright or with apt-get."
    argparse.ArgumentParser("python -m csrf_proof.browsers", description=says).parse_args(arguments)
    with sync_playwright() as playwright:
        absent = missing(playwright)
        if absent:
            get(absent)
        for profile in PROFILES:
            try:
                chosen = plan(playwright, profile)
                browser = launch(playwright, profile)
            except BrowserMissing:
                names = " or ".join(SYSTEM_NAMES[profile])
                print(
                    f"Couldn't get a browser for the profile {profile}; install {names}, or run "
                    "python -m playwright install chromium firefox where there is a network"
                    f"{_other_ways(profile)}.",
                    file=sys.stderr,
                )
                return 2
            except Error as error:
                said = f"The browser of the profile {profile}, {chosen.path}, does not start:"
                print(said, first_line(error), file=sys.stderr)
                return 2
            name = browser.browser_type.name
            print(f"{profile:<15} {name} {browser.version}, {chosen.path}", flush=True)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
