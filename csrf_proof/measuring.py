"""What a browser does with cookies, measured with two small sites of our own.

`target.localhost` sets cookies while it is the top-level page; `other.localhost`, another site to
every browser, then makes the browser ask `target.localhost` for something.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler

from playwright.sync_api import Browser, Page

from csrf_proof.serving import serve

TARGET, OTHER = "target.localhost", "other.localhost"
PATIENCE_SECONDS = 10.0
# WebKit keeps no Secure cookie over http; the others keep the first of two lines for one name.
COOKIES = (
    "none=1; Path=/; SameSite=None; Secure",
    "none=1; Path=/; SameSite=None",
    "unset=1; Path=/",
)
PAGES = {
    "/image": '<img src="{target}/seen" alt="">',
    "/form": '<form method="post" action="{target}/seen"></form>'
    "<script>document.forms[0].submit()</script>",
}


class Sites:
    """Both sites, and the names of the cookies that arrived with each request for `/seen`."""

    def __init__(self, port: int, seen: list[set[str]]) -> None:
        self.target = f"http://{TARGET}:{port}"
        self.other = f"http://{OTHER}:{port}"
        self._seen = seen

    def cookies_sent(self, page: Page, path: str) -> set[str]:
        """Open a page of the other site; return the names of the cookies that the target got.

        Raises:
            TimeoutError: The browser didn't send the request.
        """
        before = len(self._seen)
        page.goto(self.other + path, wait_until="commit")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self._seen) == before:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The browser didn't send the request of {path}.")
            page.wait_for_timeout(20)
        return self._seen[before]


@contextmanager
def sites() -> Iterator[Sites]:
    """Serve both sites on a free port."""
    seen: list[set[str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/seen":
                seen.append(set(SimpleCookie(self.headers.get("Cookie", ""))))
            target = f"http://{TARGET}:{self.connection.getsockname()[1]}"
            page = PAGES.get(self.path, "").format(target=target)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            for cookie in COOKIES if self.path == "/set" else ():
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Measuring</title>{page}".encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    with serve(Handler) as port:
        yield Sites(port, seen)


def sends_third_party_cookies(browser: Browser) -> bool:
    """Tell whether a SameSite=None cookie is sent with an image on another site's page."""
    return "none" in _sent(browser, "/image", lambda _: None)


def treats_unset_as_lax(browser: Browser, age: float) -> bool:
    """Tell whether a cookie without SameSite stays away from another site's top-level POST.

    `age` is how old the cookie is then, in seconds.
    """
    wait: Callable[[Page], None] = lambda page: page.wait_for_timeout(age * 1000)  # noqa: E731
    return "unset" not in _sent(browser, "/form", wait)


def _sent(browser: Browser, path: str, wait: Callable[[Page], None]) -> set[str]:
    with sites() as both:
        context = browser.new_context()
        try:
            page = context.new_page()
            page.goto(f"{both.target}/set")
            wait(page)
            return both.cookies_sent(page, path)
        finally:
            context.close()
