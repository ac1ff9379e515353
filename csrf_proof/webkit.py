"""WebKit for trials: Debian's WebKitGTK, which WebDriver drives, behind the part of Playwright's
interface that a trial uses.

Playwright drives only a WebKit of its own build. WebDriver tells of no requests, so trials need an
application that keeps records, and can't tell which cookies a request was sent without. It needs
the packages webkit2gtk-driver and xvfb, and `pip install selenium`.

Measured with WebKitGTK 2.50: pop-ups open only with `--javascript-can-open-windows-automatically`.
Over plain http it takes no Secure cookie, also on `*.localhost`; so what is tried here has https.
"""

from __future__ import annotations

import shutil
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast

from playwright.sync_api import BrowserContext, Error
from playwright.sync_api import Page as PlaywrightPage

from csrf_proof.watching import Evidence, Watch
from csrf_proof.windows import Window

DRIVER, SCREEN = "WebKitWebDriver", "Xvfb"
_POLL = 0.02
_PATIENCE = 30.0  # Seconds.


class WebKitMissing(Exception):
    """WebKit can't be started here; the text says what to install."""


class _Page:
    """A window of WebKit as a trial uses a Playwright page."""

    def __init__(self, context: _Context, handle: str) -> None:
        self.context = context
        self._driver = context.driver
        self.handle = handle

    @contextmanager
    def _here(self) -> Iterator[Any]:
        from selenium.common.exceptions import WebDriverException

        try:
            self._driver.switch_to.window(self.handle)
            yield self._driver
        except WebDriverException as error:
            raise Error(str(error.msg or error)) from error

    @property
    def url(self) -> str:
        with self._here() as driver:
            return str(driver.current_url)

    def goto(self, address: str, **_: object) -> None:
        with self._here() as driver:
            driver.get(address)

    def click(self, selector: str, **_: object) -> None:
        self.wait_for_selector(selector)
        self.wait_for_load_state()  # A picture that comes later moves it away.
        with self._here() as driver:
            driver.find_element("css selector", selector).click()

    def query_selector(self, selector: str) -> None:
        """Find nothing: frames can't be clicked in here."""

    def input_value(self, selector: str) -> str:
        self.wait_for_selector(selector)
        with self._here() as driver:
            return str(driver.find_element("css selector", selector).get_property("value"))

    def wait_for_selector(self, selector: str) -> None:
        def found() -> bool:
            with self._here() as driver:
                return bool(driver.find_elements("css selector", selector))

        _until(found, selector)

    def wait_for_url(self, fits: Callable[[str], bool], **_: object) -> None:
        _until(lambda: fits(self.url), "that address")

    def wait_for_load_state(self, timeout: float = _PATIENCE * 1000) -> None:
        def loaded() -> bool:
            with self._here() as driver:
                return str(driver.execute_script("return document.readyState")) == "complete"

        _until(loaded, "a page that has loaded", timeout / 1000)

    def wait_for_timeout(self, milliseconds: float) -> None:
        time.sleep(milliseconds / 1000)

    def close(self) -> None:
        with self._here() as driver:
            driver.close()


class _Context:
    """All windows of a WebKit as a trial uses a Playwright context."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.first = _Page(self, driver.current_window_handle)

    def new_page(self) -> _Page:
        self.driver.switch_to.window(self.first.handle)
        self.driver.switch_to.new_window("window")
        return _Page(self, self.driver.current_window_handle)

    def cookies(self, *_: object) -> list[Any]:
        """Return nothing: WebDriver tells only of the cookies of the page that is open."""
        return []

    def close_others(self) -> None:
        for handle in self.driver.window_handles:
            if handle != self.first.handle:
                _Page(self, handle).close()
        self.driver.switch_to.window(self.first.handle)


class _Unwatched:
    """What a trial asks of a `Watch`, where the browser tells of no requests."""

    act = opened = socket = None
    asked_application = broke_policy = ignored_press = refused_frame = socket_is_over = False
    addresses: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    def begin(self, *_: str) -> None:
        pass

    def forget(self) -> None:
        pass

    def end(self) -> None:
        pass

    def evidence(self, _: list[str]) -> Evidence:
        return Evidence()


class WebKit:
    """A WebKit on a screen that nobody sees; a context manager.

    Raises:
        WebKitMissing: There is none, or its driver or screen isn't installed.
    """

    def __enter__(self) -> WebKit:
        driver, screen = shutil.which(DRIVER), shutil.which(SCREEN)
        if not driver or not screen:
            raise WebKitMissing("WebKit isn't here: apt-get install webkit2gtk-driver xvfb")
        try:
            from selenium import webdriver
            from selenium.webdriver.webkitgtk.options import Options
            from selenium.webdriver.webkitgtk.service import Service
        except ImportError as error:
            raise WebKitMissing("Nothing drives WebKit here: pip install selenium") from error
        with ExitStack() as stack:
            display = stack.enter_context(_screen(screen))
            options = Options()
            for argument in ("--automation", "--javascript-can-open-windows-automatically=true"):
                options.add_argument(argument)
            # Attackers' pages go on by themselves; waiting for one would be waiting for the other.
            options.page_load_strategy = "none"
            options.set_capability("acceptInsecureCerts", True)
            service = Service(driver, env={"DISPLAY": display, "HOME": "/nonexistent"})
            with warnings.catch_warnings():
                # Selenium calls parts of itself that it has deprecated.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._driver = webdriver.WebKitGTK(options=options, service=service)
            stack.callback(self._end)
            self._context = _Context(self._driver)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _end(self) -> None:
        with suppress(Exception):
            self._driver.quit()

    @contextmanager
    def window(self) -> Iterator[Window]:
        """Give the window for a trial. It's the same for all, as each has hosts of its own."""
        self._context.close_others()
        self._context.first.goto("about:blank")
        yield Window(
            cast("BrowserContext", self._context),
            cast("PlaywrightPage", self._context.first),
            cast("Watch", _Unwatched()),
        )


@contextmanager
def _screen(program: str) -> Iterator[str]:
    """Start a screen that nobody sees; yield its name, which the server itself chooses."""
    with subprocess.Popen(
        [program, "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            number = process.stdout.readline().strip()
            if not number:
                raise WebKitMissing(f"{program} doesn't start.")
            yield f":{number}"
        finally:
            process.terminate()


def _until(true: Callable[[], bool], what: str, seconds: float = _PATIENCE) -> None:
    """Wait until something is so. A page that is going on can't be asked, and is asked again."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(Error):
            if true():
                return
        if time.monotonic() > deadline:
            raise Error(f"WebKit doesn't show {what}.")
        time.sleep(_POLL)
