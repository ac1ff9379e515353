"""Where this site reaches the victim, and which text may name a lab.

Every address that a page of this site aims at is put together out of a checked lab label and the
configured addresses. A link can therefore aim a page at no other site.

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

DEFAULT_LAB = "no-defense"
LABEL_LIMIT = 63
OWNER_LIMIT = 12
RESERVED = frozenset({"community", "for", "with", "www"})

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})")


def is_label(text: str) -> bool:
    """Say whether the text is a well-formed lab label.

    A label is `<defense>[--<defense>…][--with-<weakness>…][--for-<owner>]`.
    """
    parts = text.split("--")
    if len(text) > LABEL_LIMIT or not all(_NAME.fullmatch(part) for part in parts):
        return False
    if parts[-1].startswith("for-"):
        owner = parts.pop().removeprefix("for-")
        if len(owner) > OWNER_LIMIT:
            return False
    weak = [part.startswith("with-") for part in parts]
    defense_first = bool(weak) and not weak[0] and weak == sorted(weak)
    single_owner = not any(part.startswith("for-") for part in parts)
    return defense_first and single_owner and RESERVED.isdisjoint(parts)


def with_weakness(lab: str, weakness: str) -> str:
    """Return the label of the same lab with a weakness, or, if that is too long, the label.

    No weakness, the empty text, changes nothing.
    """
    named, owner_mark, owner = lab.partition("--for-")
    part = f"with-{weakness}"
    if not weakness or part in named.split("--"):
        return lab
    weak = f"{named}--{part}{owner_mark}{owner}"
    return weak if is_label(weak) else lab


@dataclass(frozen=True)
class Addresses(addresses.Addresses):
    """The playground's addresses, as a browser sees them, and the victim's, as this server does."""

    victim_address: tuple[str, int] = ("127.0.0.1", 8000)

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
