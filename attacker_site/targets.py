"""Where the playground's hosts are, and which text may name a lab.

Every address that a page of this site aims at is put together here, out of a checked lab label and
the configured ports. A link can therefore aim a page at no other site.

What this does not check: whether the lab exists. Only the bank knows its defenses, and it answers
an unknown name with a page that lists them.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection

DEFAULT_LAB = "no-defense"
LABEL_LIMIT = 63
OWNER_LIMIT = 12
RESERVED = frozenset({"community", "for", "with", "www"})

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})")


class SettingsError(ValueError):
    """An environment variable that cannot be used; the message is one sentence."""


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
