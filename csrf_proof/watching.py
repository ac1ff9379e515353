"""What a browser did during a trial: the requests it sent, their responses, and its console.

Events only: nothing is intercepted, so nothing is changed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Request, Response, WebSocket

from csrf_proof.address import http_of

# Makes every page say on the console when its content policy stops something.
POLICY = "stopped by the page's policy"
TELL_OF_POLICY = f"""addEventListener("securitypolicyviolation",
    (event) => event.disposition === "enforce"
        && console.log(`${{event.effectiveDirective}}: {POLICY}`))"""
# Makes every page say so when it does nothing about a click on one of its buttons.
IGNORED = "a click that the page ignored"
TELL_OF_IGNORED = f"""addEventListener("click", (event) => event.defaultPrevented
    && event.target.closest?.("button") && console.log(`${{origin}}: {IGNORED}`))"""
# Parts of what browsers say of a page that isn't to be shown in a frame.
_NOT_IN_FRAMES = ("ERR_BLOCKED_BY_RESPONSE", "XFO_VIOLATION", "FRAME_ANCESTOR")


PING_TYPE = "text/ping"
# What may be asked for to sign in, as Playwright calls it.
SIGN_IN = {"document", "fetch", "xhr"}


@dataclass(frozen=True)
class Evidence:
    """The request that should act, as it was sent, its response, and what else the browser did.

    `cookies_sent` are the names in the order of the request, `cookies_withheld` those that the
    browser holds for the application and didn't send; both are empty where the browser doesn't say.
    `status` is None if no response was seen.
    `addresses` is everything that the browser asked for, in order.
    """

    method: str = ""
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies_sent: tuple[str, ...] = ()
    cookies_withheld: tuple[str, ...] = ()
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    console: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Watch:
    """Watches one browser context, from `begin` to the next `begin`."""

    def __init__(self, context: BrowserContext) -> None:
        self.begin("", "", "")
        context.on("request", lambda request: self._requests.append(request))
        context.on("response", self._answered)
        context.on("requestfailed", lambda request: self._failed.append(request))
        context.on("console", lambda message: self.console.append(message.text))
        context.on("page", self._listen)

    def begin(self, origin: str, method: str, path: str, opens: str = "") -> None:
        """Begin a trial: `origin` is the application's, `method` and `path` are those of the
        request that should act, `opens` is the path of the page that should send it, if it's the
        application's."""
        self._origin = origin
        self._method = method
        self._path = path
        self._opens = opens
        self._requests: list[Request] = []
        self._end: int | None = None
        self._sent: dict[Request, dict[str, str]] = {}
        self._responses: list[Response] = []
        # Set-Cookie headers of the application, in order.
        self._set: list[str] = []
        self._failed: list[Request] = []
        self._sockets: list[WebSocket] = []
        # Those that were refused, or that the page has said something through.
        self._sockets_over: set[WebSocket] = set()
        self.console: list[str] = []

    def _answered(self, response: Response) -> None:
        self._responses.append(response)
        # Here and not later: the complete headers, with cookies, come a little later, and for some
        # requests (a ping), or once their page is closed, never. Asking waits for them, and here
        # nothing else has to wait.
        if self._may_act(response.request) or self._is_page(response.request):
            with suppress(Error):
                self._sent[response.request] = response.request.all_headers()
        if self._is_own(response.url) and response.request.resource_type in SIGN_IN:
            with suppress(Error):
                self._set += [
                    header["value"]
                    for header in response.headers_array()
                    if header["name"].lower() == "set-cookie"
                ]

    def _listen(self, page: Page) -> None:
        # Chromium tells of WebSockets apart from requests, and Firefox only as a request.
        page.on("websocket", self._see_socket)

    def _see_socket(self, socket: WebSocket) -> None:
        self._sockets.append(socket)
        for event in ("framesent", "socketerror", "close"):
            socket.on(event, lambda _: self._sockets_over.add(socket))

    def forget(self) -> None:
        """Begin again: what was seen so far belongs to the sign-in."""
        self._requests.clear()
        self._sockets.clear()
        self.console.clear()

    def end(self) -> None:
        """End the trial: what the browser asks for from now on isn't the attack's doing."""
        self._end = len(self._requests)

    @property
    def addresses(self) -> list[str]:
        return [request.url for request in self._requests[: self._end]]

    @property
    def asked_application(self) -> bool:
        """Whether the browser asked the application for anything."""
        return any(self._is_own(address) for address in self.addresses)

    @property
    def broke_policy(self) -> bool:
        """Whether a page's content policy stopped something."""
        return any(POLICY in line for line in self.console)

    @property
    def ignored_press(self) -> bool:
        """Whether a page of the application ignored a click, or a key that clicks."""
        return f"{self._origin}: {IGNORED}" in self.console

    def _is_own(self, address: str) -> bool:
        return address == self._origin or address.startswith(f"{self._origin}/")

    def _leads_to_act(self, address: str) -> bool:
        return self._is_own(address) and urlsplit(address).path == self._path

    def _may_act(self, request: Request) -> bool:
        return self._leads_to_act(request.url) and request.method != "OPTIONS"

    def _is_page(self, request: Request) -> bool:
        here = self._is_own(request.url) and urlsplit(request.url).path == self._opens
        return here and request.resource_type == "document" and request.method == "GET"

    @property
    def opened(self) -> Request | None:
        """The request for the page of the application that should act, if there was one."""
        return next((r for r in self._requests if self._is_page(r)), None)

    @property
    def refused_frame(self) -> bool:
        """Whether the browser didn't show that page in a frame, since the page says so."""
        failed = self.opened if self.opened in self._failed else None
        return failed is not None and any(word in (failed.failure or "") for word in _NOT_IN_FRAMES)

    @property
    def act(self) -> Request | None:
        """The request that should act: by address, and by method if several have that."""
        found = [r for r in self._requests if self._may_act(r) and not self._is_page(r)]
        return next((r for r in found if r.method == self._method), found[0] if found else None)

    @property
    def socket(self) -> WebSocket | None:
        """The WebSocket that should act, if it was opened, and the browser tells of those."""
        return next((s for s in self._sockets if self._leads_to_act(http_of(s.url))), None)

    @property
    def socket_is_over(self) -> bool:
        """Whether it was refused, or something was said through it."""
        return self.socket in self._sockets_over

    def response_to(self, request: Request) -> Response | None:
        return next((r for r in self._responses if r.request == request), None)

    def is_over(self, request: Request) -> bool:
        """Whether the request was answered, or failed. Chromium doesn't tell of a ping's answer."""
        is_ping = request.headers.get("content-type") == PING_TYPE
        return is_ping or self.response_to(request) is not None or request in self._failed

    @property
    def unanswered(self) -> list[Request]:
        """What the application was asked for, and has neither answered nor the browser given up."""
        return [r for r in self._requests if self._is_own(r.url) and not self.is_over(r)]

    def samesite(self, cookie: str) -> str:
        """Return what the application said about a cookie's SameSite; nothing if it said nothing.

        From the responses themselves: Playwright reports a cookie without SameSite as Lax.
        """
        said = ""
        for text in self._set:
            pair, *attributes = (part.strip() for part in text.split(";"))
            name, _, value = pair.partition("=")
            # A response that deletes a cookie doesn't say what attributes it had.
            if name.strip() == cookie and value.strip('" '):
                said = next((a[9:] for a in attributes if a.lower().startswith("samesite=")), "")
        return said

    def has_seen_set(self, cookie: str) -> bool:
        """Whether the application set the cookie in a response that was seen."""
        return any(text.partition("=")[0].strip() == cookie for text in self._set)

    def evidence(self, held: list[str]) -> Evidence:
        """Return what was seen of the act or, if there was none, of the page that should have sent
        it. `held` are the cookies that the browser had for the application."""
        act = self.act or self.opened
        seen = Evidence(console=tuple(self.console), addresses=tuple(self.addresses))
        if act is None:
            return replace(seen, method="GET", url=self.socket.url) if self.socket else seen
        headers = self._sent.get(act, dict(act.headers))
        # Chromium doesn't tell what was sent beside the page's own headers if the page may not read
        # the answer. Whether cookies were isn't known then.
        if "host" not in headers:
            held = []
        pairs = filter(None, headers.get("cookie", "").split("; "))
        sent = tuple(dict.fromkeys(pair.partition("=")[0] for pair in pairs))
        response = self.response_to(act)
        return replace(
            seen,
            method=act.method,
            url=act.url,
            headers=headers,
            cookies_sent=sent,
            cookies_withheld=tuple(name for name in held if name not in sent),
            status=response.status if response else None,
            response_headers=dict(response.headers) if response else {},
        )
