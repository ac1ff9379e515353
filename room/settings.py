"""What the environment says about a room, and what is kept of it in VAR_DIR."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogue.addresses import AddressError, read_port

FOLDER, WAYS = "room", "way-in.json"
DEFAULT_SSH_PORT, DEFAULT_PAGE_PORT = 2222, 8080
# A room is for the others on the network. An address that people type is IPv4.
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104
LOOPBACK = "127.0.0.1"
CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SHORTEST_CODE, LONGEST_CODE = 6, 40
# Said aloud without mistakes: each syllable is a consonant and a vowel.
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_SYLLABLES = 3


@dataclass(frozen=True)
class Room:
    """How people come in.

    `binds` are the addresses to listen on, for the LAN. `secret` is what only the trainer knows,
    and `ways` the file that says how people come in.
    """

    code: str
    ssh_port: int
    page_port: int
    binds: tuple[str, ...]
    secret: str
    ways: Path

    @property
    def told_to_sites(self) -> dict[str, str]:
        """What the teaching side has to know, as environment variables."""
        return {"ROOM_SECRET": self.secret, "ROOM_WAYS": str(self.ways)}

    @property
    def ports(self) -> dict[str, int]:
        return {"tunnel": self.ssh_port, "page": self.page_port}

    @property
    def here(self) -> str:
        """The address at which this machine itself reaches the room."""
        return LOOPBACK if self.binds[0] == EVERY_ADDRESS else self.binds[0]


def read(environment: Mapping[str, str], var_dir: Path) -> Room:
    """Return the room that the environment asks for. Without ROOM_CODE, it's the one of last time.

    Raises:
        AddressError: It can't be used.
        OSError: Nothing can be written in VAR_DIR.
    """
    ssh_port = read_port(environment, "ROOM_PORT", DEFAULT_SSH_PORT)
    page_port = read_port(environment, "ROOM_PAGE_PORT", DEFAULT_PAGE_PORT)
    if ssh_port == page_port:
        raise AddressError(
            f"ROOM_PORT and ROOM_PAGE_PORT are both {ssh_port}, but each needs its own; "
            f"for example: ROOM_PAGE_PORT={ssh_port % 65535 + 1}"
        )
    code = environment.get("ROOM_CODE") or kept(var_dir, "code", new_code)
    if not CODE.fullmatch(code) or not SHORTEST_CODE <= len(code) <= LONGEST_CODE:
        raise AddressError(
            f"ROOM_CODE is {code!r}; it needs {SHORTEST_CODE} to {LONGEST_CODE} characters, "
            "a-z, 0-9 and single hyphens in between; for example: ROOM_CODE=tulip-kitchen-42"
        )
    secret = kept(var_dir, "secret", lambda: secrets.token_urlsafe(24))
    ways = var_dir / FOLDER / WAYS
    return Room(code, ssh_port, page_port, _binds(environment), secret, ways)


def new_code() -> str:
    """Return a code that's easy to say and to type: 10^11 are possible."""

    def word() -> str:
        pairs = ((secrets.choice(_CONSONANTS), secrets.choice(_VOWELS)) for _ in range(_SYLLABLES))
        return "".join(consonant + vowel for consonant, vowel in pairs)

    return f"{word()}-{word()}"


def kept(var_dir: Path, name: str, make: Callable[[], str]) -> str:
    """Return a text of the room's folder, which is made the first time. Only this user reads it."""
    file = var_dir / FOLDER / name
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(make(), encoding="utf-8")
        fresh.replace(file)
    return file.read_text(encoding="utf-8")


def _binds(environment: Mapping[str, str]) -> tuple[str, ...]:
    text = environment.get("ROOM_BIND", "")
    if not text.strip():
        return (EVERY_ADDRESS,)
    try:
        return tuple(str(ipaddress.ip_address(part.strip())) for part in text.split(","))
    except ValueError:
        raise AddressError(
            f"ROOM_BIND is {text!r}, which is not a list of IP addresses; "
            "for example: ROOM_BIND=192.168.1.5"
        ) from None
