"""Addresses of applications under attack: on this machine, or on one that its owner names."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10.0
# What an application is called in the browser if its address names no host with subdomains.
OWN_NAME = "app.localhost"
Connected = TypeVar("Connected")
# By scheme, the port that browsers leave out.
_PORTS = {"http": 80, "https": 443}


class WrongUse(Exception):
    """Something has to be changed before an attack can be tried; the message says what."""


@dataclass(frozen=True)
class Answer:
    """What an application said: status, headers (the last of a name, in lower case), body, and the
    cookies that it set, as headers have them."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Sequence[str] = ()


@dataclass(frozen=True)
class Address:
    """An address: the origin, and the path with its query."""

    origin: str
    target: str

    @property
    def site(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def named(self) -> Address:
        """The same under a name with subdomains, which browsers resolve to this machine.

        Browsers also send Sec-Fetch headers and keep Secure cookies for such a name over plain
        http, as they do for `localhost` and for https.
        """
        if self.site.endswith(".localhost") or not self.is_here:
            return self
        parts = urlsplit(self.origin)
        port = f":{parts.port}" if parts.port else ""
        return Address(f"{parts.scheme}://{OWN_NAME}{port}", self.target)

    @property
    def is_here(self) -> bool:
        """Whether it's on this machine."""
        return _is_loopback(self.site)

    @property
    def _hosts(self) -> tuple[str, ...]:
        """Where to connect. Python's resolver doesn't know names that end in .localhost."""
        return ("127.0.0.1", "::1") if self.site.endswith("localhost") else (self.site,)

    def ask(
        self, method: str = "GET", headers: Mapping[str, str] = {}, body: bytes | None = None
    ) -> Answer:
        """Return what the application answers to one request; redirects aren't followed, and any
        certificate will do.

        Raises:
            WrongUse: It doesn't answer.
        """
        said = {"Host": urlsplit(self.origin).netloc, **headers}
        try:
            with closing(self.connected(_connection)) as connection:
                connection.request(method, self.target, body, said)
                with connection.getresponse() as answer:
                    found = {name.lower(): value for name, value in answer.getheaders()}
                    cookies = answer.headers.get_all("Set-Cookie", [])
                    return Answer(answer.status, found, answer.read(), cookies)
        except (OSError, http.client.HTTPException) as failure:
            raise WrongUse(f"{self.origin}{self.target} doesn't answer: {failure}.") from failure

    def connected(self, connect: Callable[[str, str, int], Connected]) -> Connected:
        """Return the first connection that isn't refused: `connect` gets the scheme, a host and the
        port.

        Raises:
            OSError: There's none.
        """
        parts = urlsplit(self.origin)
        *others, last = self._hosts
        port = parts.port or _PORTS[parts.scheme]
        for host in others:
            with suppress(ConnectionRefusedError):
                return connect(parts.scheme, host, port)
        return connect(parts.scheme, last, port)

    def answers(self) -> bool:
        """Return whether it says anything at all."""
        try:
            self.ask()
        except WrongUse:
            return False
        return True


def _connection(scheme: str, host: str, port: int) -> http.client.HTTPConnection:
    if scheme == "http":
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    else:
        tls = any_certificate()
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=tls)
    try:
        connection.connect()
    except OSError:
        connection.close()
        raise
    return connection


def any_certificate() -> ssl.SSLContext:
    """Return what connects by https whatever the certificate is."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def http_of(url: str) -> str:
    """Return the address that a browser asks for when it opens a WebSocket."""
    return url.replace("ws", "http", 1) if url.startswith("ws") else url


def target_of(url: str) -> str:
    """Return the path of an address, with its query."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def address(text: str, i_own: Collection[str] = ()) -> Address:
    """Return an address of this machine, or of one of the hosts that somebody owns.

    Raises:
        WrongUse: The text isn't one.
    """
    try:
        parts = urlsplit(text)
        name, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise WrongUse(f"{text!r} isn't an address: {error}.") from None
    if parts.scheme not in _PORTS or not name:
        raise WrongUse(f"{text!r} isn't an address such as http://127.0.0.1:5055/email.")
    if not _is_loopback(name) and name not in i_own:
        raise WrongUse(f"{name} isn't this machine: attacks are tried on 127.0.0.1 or *.localhost.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # Browsers leave the default port out.
    host = parts.netloc.removesuffix(f":{_PORTS[parts.scheme]}")
    return Address(f"{parts.scheme}://{host}", target)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
