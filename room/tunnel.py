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

import asyncssh

from room import settings
from room.arrivals import Arrivals

# What the join line calls the playground. Nothing else is a name for it.
HERE = "localhost"
# The whole sign-in, in which somebody types the code.
LOGIN_SECONDS = 60
# A laptop that sleeps, or has left the network, is gone after four of these.
KEEPALIVE_SECONDS, KEEPALIVES = 15, 4
# A browser has at most 256 connections open; those of one visitor are far fewer.
MOST_FORWARDS = 128
# Wrong codes are answered one after the other, so that guessing is slow for everybody who guesses
# together. The right one is never kept waiting.
WRONG_CODE_SECONDS = 0.5
# What one address may have open that hasn't said the code, and that has.
MOST_WAITING, MOST_JOINED = 16, 16


def host_key(var_dir: Path) -> asyncssh.SSHKey:
    """Return the key by which laptops know the room again."""

    def make() -> str:
        key = asyncssh.generate_private_key("ssh-ed25519", comment="csrf-playground")
        return key.export_private_key().decode()

    return asyncssh.import_private_key(settings.kept(var_dir, "host_key", make))


class Limits:
    """What all connections to a room have in common."""

    def __init__(self, code: str, arrivals: Arrivals) -> None:
        self.code = code.encode()
        self.arrivals = arrivals
        self.waiting: Counter[str] = Counter()
        self.joined: Counter[str] = Counter()
        self._wrong = asyncio.Lock()

    async def is_code(self, said: str) -> bool:
        """Compare a code; where it's wrong, after a while."""
        if hmac.compare_digest(said.strip().lower().encode(), self.code):
            return True
        async with self._wrong:
            await asyncio.sleep(WRONG_CODE_SECONDS)
        return False


class Visit(asyncssh.SSHServer):
    """One laptop's connection."""

    def __init__(self, limits: Limits, ports: Sequence[int]) -> None:
        self._limits = limits
        self._ports = ports
        self._forwards = 0
        self._joined = False
        self._address = ""
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._address = conn.get_extra_info("peername")[0]
        self._limits.waiting[self._address] += 1
        if self._limits.waiting[self._address] > MOST_WAITING:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        kept = self._limits.joined if self._joined else self._limits.waiting
        kept[self._address] -= 1
        if not kept[self._address]:
            del kept[self._address]
        if self._joined:
            self._limits.arrivals.left(self)

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        return await self._limits.is_code(password)

    def auth_completed(self) -> None:
        self._limits.waiting[self._address] -= 1
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
        if self._forwards >= MOST_FORWARDS:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_RESOURCE_SHORTAGE,
                f"This laptop has {MOST_FORWARDS} connections open; close a few windows.",
            )
        return self._forward(dest_port)

    async def _forward(self, port: int) -> asyncssh.SSHTCPSession[bytes]:
        self._forwards += 1
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
        self._forwards -= 1


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
