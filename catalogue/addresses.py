"""Every address of the playground, as a function of the environment.

VICTIM_PORT, ATTACKER_PORT     the port of each site
HTTPS                          1: both sites speak https
VICTIM_SCHEME                  https: the bank speaks it and this attacker doesn't
PLAYGROUND_DOMAIN              the teaching side
BANK_DOMAIN                    the domain whose subdomains are the labs
EVIL_DOMAIN                    the attacker's own site

Standard library only: both sites, the tools and the tests use it. No other file of the product
names these hosts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

# Browsers resolve every name below it to this machine, and trust such a name over plain http.
LOCALHOST = "localhost"
# What the path of an owner's exploits begins with at a lab's subdomain.
EXPLOITS = "/exploit-"
LONGEST_NAME = 253  # RFC 1035, 2.3.4, without the length bytes.
LONGEST_LABEL = 63
DEFAULT_PORTS = {"http": 80, "https": 443}

_PART = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_PART}\.)+(?![0-9]+$){_PART}")


class AddressError(ValueError):
    """The environment can't be used; the message is one sentence that says what to set."""


class Kind(StrEnum):
    """What a host is."""

    PLAYGROUND = "playground"
    BANK = "bank"
    EVIL = "evil"
    COMMUNITY = "community"
    LOOKALIKE = "lookalike"
    EXPLOIT = "exploit"
    WORKBENCH = "workbench"


@dataclass(frozen=True)
class Host:
    """A host of the playground.

    `label` is the text in the place of a lab's label, which nobody has checked; empty for the
    bank's domain itself. For an exploit or a workbench, it's the owner's public or secret name.
    """

    name: str
    kind: Kind
    label: str = ""


@dataclass(frozen=True)
class Domains:
    """The three domains, and the host names below them."""

    playground: str = f"playground.{LOCALHOST}"
    bank: str = f"bank.{LOCALHOST}"
    evil: str = f"evil.{LOCALHOST}"

    @property
    def resolve_by_themselves(self) -> bool:
        """Whether browsers find this machine under these names without DNS or a hosts file."""
        return all(is_below(name, LOCALHOST) for name in (self.playground, self.bank, self.evil))

    def lab(self, label: str) -> str:
        """The lab under attack."""
        return f"{label}.{self.bank}"

    def community(self, label: str) -> str:
        """The subdomain of the lab that the attacker took over: same-site, cross-origin."""
        return f"community.{label}.{self.bank}"

    def lookalike(self, label: str) -> str:
        """A host of the attacker's own whose name begins with the lab's: cross-site."""
        return f"{label}.{self.bank}.{self.evil}"

    def exploit(self, public: str) -> str:
        """Where the exploits of one owner are read."""
        return f"exploit-{public}.{self.owners}"

    def workbench(self, secret: str) -> str:
        """Where one owner writes exploits. Who knows this name may write there."""
        return f"workbench-{secret}.{self.owners}"

    @property
    def owners(self) -> str:
        """The name directly below which each owner has hosts.

        To browsers, names directly below `localhost` are sites of their own. Other domains resolve
        only below the attacker's, and there the owners are different origins of one site.
        """
        return LOCALHOST if is_below(self.evil, LOCALHOST) else self.evil

    def identify(self, name: str) -> Host | None:
        """Return which host a name is, or None where it isn't one of the playground's.

        The name is in lower case and without a port. A name below the attacker's domain that isn't
        a lab's lookalike is the attacker's own site.
        """
        if len(name) > LONGEST_NAME:
            return None
        if name == self.playground:
            return Host(name, Kind.PLAYGROUND)
        for kind, pattern in self._patterns:
            if found := pattern.fullmatch(name):
                return Host(name, kind, found["label"] or "")
        return Host(name, Kind.EVIL) if self._evil.fullmatch(name) else None

    @cached_property
    def _patterns(self) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
        label = "(?P<label>[a-z0-9-]{1,63})"
        bank, evil = re.escape(self.bank), re.escape(self.evil)
        owner = rf"(?P<label>[a-z0-9]{{1,50}})\.{re.escape(self.owners)}"
        return (
            (Kind.BANK, re.compile(rf"(?:{label}\.)?{bank}")),
            (Kind.COMMUNITY, re.compile(rf"community\.{label}\.{bank}")),
            (Kind.LOOKALIKE, re.compile(rf"{label}\.{bank}\.{evil}")),
            (Kind.EXPLOIT, re.compile(rf"exploit-{owner}")),
            (Kind.WORKBENCH, re.compile(rf"workbench-{owner}")),
        )

    @cached_property
    def _evil(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{_PART}\.)*{re.escape(self.evil)}")


@dataclass(frozen=True)
class Addresses:
    """Where a browser finds each site. `scheme` is the attacker's, `victim_scheme` the bank's."""

    victim_port: int = 8000
    attacker_port: int = 9000
    scheme: str = "http"
    victim_scheme: str = "http"
    domains: Domains = field(default_factory=Domains)

    @cached_property
    def playground(self) -> str:
        """The origin of the teaching side."""
        return self.at_victim(self.domains.playground)

    @cached_property
    def evil(self) -> str:
        """The origin of the attacker's own site."""
        return self.at_attacker(self.domains.evil)

    @cached_property
    def bank_host(self) -> str:
        """The bank's domain with its port, if that has to be said."""
        return authority(self.domains.bank, self.victim_scheme, self.victim_port)

    def bank(self, label: str) -> str:
        """The origin of a lab."""
        return self.at_victim(self.domains.lab(label))

    def community(self, label: str) -> str:
        """The origin of the lab's subdomain."""
        return self.at_attacker(self.domains.community(label))

    def lookalike(self, label: str) -> str:
        """The origin of the lab's lookalike."""
        return self.at_attacker(self.domains.lookalike(label))

    def exploit(self, public: str) -> str:
        """The origin of one owner's exploits."""
        return self.at_attacker(self.domains.exploit(public))

    def exploit_at(self, label: str, public: str) -> str:
        """Where the same exploits are read at the lab's subdomain: what their paths begin with."""
        return f"{self.community(label)}{EXPLOITS}{public}"

    def workbench(self, secret: str) -> str:
        """The origin at which one owner writes."""
        return self.at_attacker(self.domains.workbench(secret))

    def at_victim(self, name: str) -> str:
        """The origin of a host at the victim's port."""
        return f"{self.victim_scheme}://{authority(name, self.victim_scheme, self.victim_port)}"

    def at_attacker(self, name: str) -> str:
        """The origin of a host at the attacker's port."""
        return f"{self.scheme}://{authority(name, self.scheme, self.attacker_port)}"

    def in_text(self, text: str) -> str:
        """Return a text that was written for the default addresses with these ones instead."""
        if self == DEFAULT:
            return text
        here = {
            str(DEFAULT.victim_port): (self.victim_scheme, self.victim_port),
            str(DEFAULT.attacker_port): (self.scheme, self.attacker_port),
        }

        def origin(found: re.Match[str]) -> str:
            scheme, port = here[found[2]]
            return f"{scheme}://{authority(found[1], scheme, port)}"

        def domain(found: re.Match[str]) -> str:
            name: str = getattr(self.domains, found[1])
            return name

        return _NAMED.sub(domain, _ORIGIN.sub(origin, text))


def is_below(name: str, top: str) -> bool:
    """Tell whether a name is another one or below it."""
    return name == top or name.endswith(f".{top}")


DEFAULT = Addresses()
# In texts a host may begin with a placeholder, as in <lab> or ….
_ORIGIN = re.compile(
    rf"http://([\w.…<>-]*\.{LOCALHOST}):({DEFAULT.victim_port}|{DEFAULT.attacker_port})\b"
)
_NAMED = re.compile(rf"\b(playground|bank|evil)\.{LOCALHOST}\b")


def authority(name: str, scheme: str, port: int) -> str:
    """Return host and port as browsers write them: without the scheme's own port."""
    return name if DEFAULT_PORTS[scheme] == port else f"{name}:{port}"


def read(environ: Mapping[str, str]) -> Addresses:
    """Return the addresses that the environment asks for. An empty variable counts as not set.

    Raises:
        AddressError: It can't be used.
    """
    victim_port = read_port(environ, "VICTIM_PORT", DEFAULT.victim_port)
    attacker_port = read_port(environ, "ATTACKER_PORT", DEFAULT.attacker_port)
    if victim_port == attacker_port:
        raise AddressError(
            f"VICTIM_PORT and ATTACKER_PORT are both {victim_port}, but each site needs its own; "
            f"for example: ATTACKER_PORT={victim_port % 65535 + 1}"
        )
    https = environ.get("HTTPS") or "0"
    if https not in {"0", "1"}:
        raise AddressError(
            f"HTTPS is {https!r}, which is neither 1 (https) nor 0 (http); for example: HTTPS=1"
        )
    scheme = "https" if https == "1" else "http"
    victim_scheme = environ.get("VICTIM_SCHEME") or scheme
    if victim_scheme not in DEFAULT_PORTS:
        raise AddressError(
            f"VICTIM_SCHEME is {victim_scheme!r}, which is neither http nor https; "
            "for example: VICTIM_SCHEME=https"
        )
    domains = _domains(environ, victim_scheme)
    return Addresses(victim_port, attacker_port, scheme, victim_scheme, domains)


def read_port(environ: Mapping[str, str], variable: str, default: int) -> int:
    """Return the port that a variable asks for. An empty one counts as not set.

    Raises:
        AddressError: It isn't a port.
    """
    text = environ.get(variable) or str(default)
    # int() alone would also take "8_000" and digits of other scripts.
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise AddressError(
            f"{variable} is {text!r}, which is not a port number from 1 to 65535; "
            f"for example: {variable}={default}"
        )
    return int(text)


def _domains(environ: Mapping[str, str], scheme: str) -> Domains:
    names: dict[str, str] = {}
    for short, default in vars(Domains()).items():
        variable = f"{short.upper()}_DOMAIN"
        names[variable] = _domain(variable, environ.get(variable) or default, scheme)
    _check_sites(names)
    domains = Domains(*names.values())
    longest = "x" * LONGEST_LABEL
    for host, variables in (
        (domains.community(longest), "BANK_DOMAIN is"),
        (domains.lookalike(longest), "BANK_DOMAIN and EVIL_DOMAIN together are"),
    ):
        if (excess := len(host) - LONGEST_NAME) > 0:
            raise AddressError(
                f"{variables} {excess} characters too long: with a lab's name of {LONGEST_LABEL} "
                f"characters, a host name would have more than {LONGEST_NAME}."
            )
    return domains


def _domain(variable: str, text: str, scheme: str) -> str:
    name = text.lower()
    if not _DOMAIN.fullmatch(name) or len(name) > LONGEST_NAME:
        raise AddressError(
            f"{variable} is {text!r}, which is not a domain name of two or more parts (a-z, 0-9 "
            f"and hyphens, joined by dots); for example: {variable}={variable[:4].lower()}.example"
        )
    if scheme == "http" and not is_below(name, LOCALHOST):
        raise AddressError(
            f"{variable} is {text!r}, and over plain http browsers drop Secure cookies and "
            f"Sec-Fetch headers for such a name; set HTTPS=1, or a name that ends in .{LOCALHOST}"
        )
    return name


def _check_sites(names: Mapping[str, str]) -> None:
    """Refuse two domains that browsers may count as one site.

    A site is a public suffix and the part before it, so it has at least two parts: two names with
    different last parts are never one site. Some that this refuses would be two (`bank.co.uk`,
    `evil.co.uk`); only the list of public suffixes could tell, and it grows out of date.
    """
    taken: dict[str, str] = {}
    for variable, name in names.items():
        site = ".".join(name.split(".")[-2:])
        if other := taken.get(site):
            raise AddressError(
                f"{other} and {variable} both end in {site}, so browsers may count them as one "
                "site; choose names that differ in the last two parts"
            )
        taken[site] = variable
