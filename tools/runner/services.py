"""What the runner starts: the list of services, one function each.

A new service is one more entry in `all_services`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalogue.addresses import Addresses
from room.settings import Room
from tools.runner.settings import GUNICORN, WAITRESS
from tools.runner.sockets import authority

# The commands, each behind a Python of the environment; the Dockerfiles use the same.
MIGRATE = ("-m", "victim_site.manage", "migrate", "--no-input", "--verbosity=0")
SERVERS = {GUNICORN: ("-m", "gunicorn"), WAITRESS: ("-m", "tools.runner.waitress_site")}
APPLICATIONS = {
    "victim": "victim_site.config.wsgi:create_app()",
    "attacker": "attacker_site.app:create_app()",
}


@dataclass(frozen=True)
class Health:
    """The address that answers 200 as soon as a service is ready."""

    host: str
    port: int
    path: str = "/health"
    address: str = ""
    """Where it listens, if not where the sites do."""


@dataclass(frozen=True)
class Service:
    """One program of the playground.

    A program may end itself when its standard input ends: the runner is gone then.
    """

    name: str
    title: str
    """What it's called in a sentence, after "the"."""
    command: Sequence[str]
    """What follows the name of this Python."""
    died: str
    """The sentence to print when it ends while the playground runs."""
    health: Health | None
    """None for a program that nobody waits for, and that the playground can do without."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it needs besides the environment that all services share."""

    @property
    def vital(self) -> bool:
        """Whether the playground waits for it, and ends when it does."""
        return self.health is not None


def all_services(
    where: Addresses,
    addresses: Sequence[str],
    server: str,
    room: Room | None,
    *,
    victims_browser: bool = False,
) -> tuple[Service, ...]:
    """Return everything that the runner starts: browsers find it at `where`, and it
    listens on `addresses`; a room's way in listens where `room` says."""
    services = [victim(where, addresses, server, room), attacker(where, addresses, server)]
    if room:
        services.append(way_in(room))
    if victims_browser:
        services.append(bot())
    return tuple(services)


def victim(where: Addresses, addresses: Sequence[str], server: str, room: Room | None) -> Service:
    return Service(
        "victim",
        "victim site",
        _serve(server, APPLICATIONS["victim"], addresses, where.victim_port),
        died="The victim site ended, so the playground was stopped.",
        health=Health(where.domains.playground, where.victim_port),
        environment=room.told_to_sites if room else {},
    )


def attacker(where: Addresses, addresses: Sequence[str], server: str) -> Service:
    return Service(
        "attacker",
        "attacker site",
        _serve(server, APPLICATIONS["attacker"], addresses, where.attacker_port),
        died="The attacker site ended, so the playground was stopped.",
        health=Health(where.domains.evil, where.attacker_port),
        # Its pages cost little, and a room asks for one now and then.
        environment={"WEB_CONCURRENCY": "1"},
    )


def bot() -> Service:
    return Service(
        "bot",
        "victim's browser",
        ("-m", "victim_bot"),
        died="",
        health=None,
        # The same after it was started again, so that the queue knows which visit was cut short.
        environment={"VICTIM_WORKER": f"bot-{secrets.token_hex(8)}"},
    )


def way_in(room: Room) -> Service:
    return Service(
        "room",
        "room's way in",
        ("-m", "room"),
        died="The room's way in ended, so the playground was stopped.",
        health=Health("room", room.page_port, "/", room.here),
        environment={"ROOM_CODE": room.code},
    )


def _serve(server: str, application: str, addresses: Sequence[str], port: int) -> tuple[str, ...]:
    binds = (part for address in addresses for part in ("--bind", authority(address, port)))
    return (*SERVERS[server], *binds, application)
