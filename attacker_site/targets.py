"""Where this site reaches the victim, and where browsers do.

Every address that a page of this site attacks is built from a validated lab label
(`catalogue.labels`) and the configured addresses. So a link can't aim a page at another site.

What this does not check: whether the lab exists. Only the bank knows its defenses, and it answers
an unknown name with a page that lists them.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection

from catalogue import addresses

_ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})")


@dataclass(frozen=True)
class Addresses(addresses.Addresses):
    """The playground's addresses, as a browser sees them, and the victim's, as this server does."""

    victim_address: tuple[str, int] = ("127.0.0.1", 8000)

    def connect(self, seconds: float) -> HTTPConnection:
        """Return a connection to the victim, for this server's own requests."""
        host, port = self.victim_address
        if self.victim_scheme == "http":
            return HTTPConnection(host, port, timeout=seconds)
        # No authentication: a setting says that this is the victim, and nothing secret is sent.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return HTTPSConnection(host, port, timeout=seconds, context=context)


def read_addresses(environ: Mapping[str, str]) -> Addresses:
    """Read what `catalogue.addresses` reads, and VICTIM_ADDRESS."""
    seen = addresses.read(environ)
    text = environ.get("VICTIM_ADDRESS") or f"127.0.0.1:{seen.victim_port}"
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found[2]) < 65536:
        raise addresses.AddressError(f"VICTIM_ADDRESS must be host:port, not {text!r}.")
    return Addresses(
        seen.victim_port,
        seen.attacker_port,
        seen.scheme,
        seen.victim_scheme,
        seen.domains,
        victim_address=(found[1].strip("[]"), int(found[2])),
    )
