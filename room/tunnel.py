"""The way in: an SSH server that leads to the playground's two ports, and does nothing else.

asyncssh refuses whatever a server doesn't allow, so shells, commands, file transfers, agents,
remote forwards, X11, UNIX sockets and tunnel devices are refused without a line here. A test tries
each.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast
from weakref import WeakValueDictionary

import asyncssh

from room import settings
from room.arrivals import Arrivals

# What the join line calls the playground. Nothing else is a name for it.
HERE = "localhost"
# The whole sign-in, in which somebody types the code.
LOGIN_SECONDS = 60
# A laptop that sleeps, or has left the network, is gone after eight of these: two minutes. The join
# line waits as long, so that a network may drop for one.
KEEPALIVE_SECONDS, KEEPALIVES = 15, 8
# Of one laptop, by ssh and by the relay. A browser has at most 256 connections open; those of one
# visitor are far fewer.
MOST_FORWARDS = 256
# Wrong codes are answered one after the other, so that guessing is slow for everybody who guesses
# together. Addresses take turns, so who mistypes doesn't wait for all that another one guesses. The
# right one is never kept waiting.
WRONG_CODE_SECONDS = 0.5
# What one address may have open that hasn't said the code, and that has.
MOST_WAITING, MOST_JOINED = 16, 16
# 200 laptops with forty connections each, in which a browser's keep-alives are counted.
MOST_SOCKETS = 8000


def host_key(var_dir: Path) -> asyncssh.SSHKey:
    """Return the key by which laptops know the room again."""

    def make() -> str:
        key = asyncssh.generate_private_key("ssh-ed25519", comment="csrf-playground")
        return key.export_private_key().decode()

    return asyncssh.import_private_key(settings.kept(var_dir, "host_key", make))


class Limits:
    """What all connections to a room have in common.

    Each counter is by address. `most_sockets` is what the room may have open at all, so that it
    never runs out of files.
    """

    def __init__(self, code: str, arrivals: Arrivals, most_sockets: int = MOST_SOCKETS) -> None:
        self.code = code.encode()
        self.arrivals = arrivals
        self.waiting: Counter[str] = Counter()
        self.joined: Counter[str] = Counter()
        self.pages: Counter[str] = Counter()
        self.forwards: Counter[str] = Counter()
        self._most_sockets = most_sockets
        self._wrong = asyncio.Lock()
        self._wrong_from: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def is_full(self) -> bool:
        counters = (self.waiting, self.joined, self.pages, self.forwards)
        return sum(counter.total() for counter in counters) >= self._most_sockets

    def may_forward(self, address: str) -> bool:
        return self.forwards[address] < MOST_FORWARDS and not self.is_full

    async def is_code(self, said: str, address: str) -> bool:
        """Compare a code; where it's wrong, after a while."""
        if hmac.compare_digest(said.strip().lower().encode(), self.code):
            return True
        async with self._wrong_from.setdefault(address, asyncio.Lock()), self._wrong:
            await asyncio.sleep(WRONG_CODE_SECONDS)
        return False


def released(counter: Counter[str], address: str) -> None:
    """Count one less; forget an address that has none."""
    counter[address] -= 1
    if counter[address] <= 0:
        del counter[address]


class Visit(asyncssh.SSHServer):
    """One laptop's connection."""

    def __init__(self, limits: Limits, ports: Sequence[int]) -> None:
        self._limits = limits
        self._ports = ports
        self._joined = False
        self._address = ""
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._address = conn.get_extra_info("peername")[0]
        self._limits.waiting[self._address] += 1
        if self._limits.waiting[self._address] > MOST_WAITING or self._limits.is_full:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        released(self._limits.joined if self._joined else self._limits.waiting, self._address)
        if self._joined:
            self._limits.arrivals.left(self)

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        return await self._limits.is_code(password, self._address)

    def auth_completed(self) -> None:
        released(self._limits.waiting, self._address)
        self._joined = True
        self._limits.joined[self._address] += 1
        self._limits.arrivals.joined(self, self._address)
        if self._limits.joined[self._address] > MOST_JOINED and self._connection:
            self._connection.disconnect(
                asyncssh.DISC_TOO_MANY_CONNECTIONS,
                f"This laptop has joined {MOST_JOINED} times already; close one of these windows.",
            )

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> Awaitable[asyncssh.SSHTCPSession[bytes]]:
        if dest_host != HERE or dest_port not in self._ports:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED,
                "This room leads to the playground's two ports and nowhere else.",
            )
        if not self._limits.may_forward(self._address):
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE,
                "This laptop, or the room, has too many connections open; close a few windows.",
            )
        return self._forward(dest_port)

    async def _forward(self, port: int) -> asyncssh.SSHTCPSession[bytes]:
        self._limits.forwards[self._address] += 1
        try:
            loop = asyncio.get_running_loop()
            _, site = await loop.create_connection(asyncssh.SSHForwarder, HERE, port)
        except OSError:
            self._forward_ended()
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_CONNECT_FAILED, "The playground doesn't answer."
            ) from None
        # asyncssh takes its forwarders for sessions, without saying so in its types.
        return cast("asyncssh.SSHTCPSession[bytes]", Forward(site, self._forward_ended))

    def _forward_ended(self) -> None:
        released(self._limits.forwards, self._address)


class Forward(asyncssh.SSHForwarder):
    """One connection of a browser, between the tunnel and a site."""

    def __init__(self, site: asyncssh.SSHForwarder, ended: Callable[[], None]) -> None:
        super().__init__(site)
        self._ended: Callable[[], None] | None = ended

    def close(self) -> None:
        super().close()
        if self._ended:
            self._ended()
            self._ended = None


async def serve(
    address: str, port: int, key: asyncssh.SSHKey, limits: Limits, ports: Sequence[int]
) -> asyncssh.SSHAcceptor:
    """Let laptops in at one address of this machine; `ports` are the playground's.

    Raises:
        OSError: Nothing can listen there.
    """
    return await asyncssh.listen(
        address,
        port,
        server_factory=lambda: Visit(limits, ports),
        server_host_keys=[key],
        server_version="CSRF-Playground",
        login_timeout=LOGIN_SECONDS,
        keepalive_interval=KEEPALIVE_SECONDS,
        keepalive_count_max=KEEPALIVES,
        public_key_auth=False,
        host_based_auth=False,
        gss_host=None,
        agent_forwarding=False,
        allow_scp=False,
        # It's one small network, and the processor is shared with the sites.
        compression_algs=[],
        reuse_address=True,
    )
