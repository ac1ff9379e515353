"""Where the playground's hosts are.

Every address that a page of this site aims at is put together here, out of a checked lab label
(`catalogue.labels`) and the configured ports. A link can therefore aim a page at no other site.

What this does not check: whether the lab exists. Only the bank knows its defenses, and it answers
an unknown name with a page that lists them.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection

_ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})")


class SettingsError(ValueError):
    """An environment variable that cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Addresses:
    """The playground's addresses, as a browser sees them, and the victim's, as this server does."""

    victim_port: int
    attacker_port: int
    victim_address: tuple[str, int]
    scheme: str = "http"
    victim_scheme: str = "http"

    @property
    def playground(self) -> str:
        """The teaching side."""
        return f"{self.victim_scheme}://playground.localhost:{self.victim_port}"

    @property
    def evil(self) -> str:
        """The attacker's own site: cross-site to every lab."""
        return f"{self.scheme}://evil.localhost:{self.attacker_port}"

    def community(self, lab: str) -> str:
        """The sub-domain of the lab that the attacker took over: same-site, cross-origin."""
        return f"{self.scheme}://community.{lab}.bank.localhost:{self.attacker_port}"

    def lookalike(self, lab: str) -> str:
        """A host of the attacker's own whose name begins with the lab's: cross-site too."""
        return f"{self.scheme}://{lab}.bank.localhost.evil.localhost:{self.attacker_port}"

    def bank(self, lab: str) -> str:
        """The lab under attack."""
        return f"{self.victim_scheme}://{lab}.bank.localhost:{self.victim_port}"

    def connect(self, seconds: float) -> HTTPConnection:
        """Return a connection to the victim, for this server's own requests."""
        host, port = self.victim_address
        if self.victim_scheme == "http":
            return HTTPConnection(host, port, timeout=seconds)
        # Whoever answers there is the victim: a setting says so, and nothing secret is sent.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return HTTPSConnection(host, port, timeout=seconds, context=context)


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise SettingsError(f"{name} must be a port from 1 to 65535, not {text!r}.")
    return int(text)


def _scheme(environ: Mapping[str, str]) -> str:
    text = environ.get("HTTPS", "")
    if text not in {"", "0", "1"}:
        raise SettingsError(f"HTTPS must be 1 or 0, not {text!r}.")
    return "https" if text == "1" else "http"


def read_addresses(environ: Mapping[str, str]) -> Addresses:
    """Read VICTIM_PORT, ATTACKER_PORT, VICTIM_ADDRESS, HTTPS and VICTIM_SCHEME.

    The last is for an attacker without https who aims at a bank with it.
    """
    victim_port = _port(environ, "VICTIM_PORT", 8000)
    attacker_port = _port(environ, "ATTACKER_PORT", 9000)
    text = environ.get("VICTIM_ADDRESS", f"127.0.0.1:{victim_port}")
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found[2]) < 65536:
        raise SettingsError(f"VICTIM_ADDRESS must be host:port, not {text!r}.")
    scheme = _scheme(environ)
    victim_scheme = environ.get("VICTIM_SCHEME") or scheme
    if victim_scheme not in {"http", "https"}:
        raise SettingsError(f"VICTIM_SCHEME must be http or https, not {victim_scheme!r}.")
    victim_address = (found[1].strip("[]"), int(found[2]))
    return Addresses(victim_port, attacker_port, victim_address, scheme, victim_scheme)
