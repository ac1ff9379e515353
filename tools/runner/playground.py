"""The playground: all services, started together and stopped together."""

from __future__ import annotations

import http.client
import os
import ssl
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from room.settings import Room
from tools.runner import processes, running, settings
from tools.runner.failures import ServiceDied
from tools.runner.services import Health, Service, all_services
from tools.runner.sockets import authority, free_port, loopback_addresses

ROOT = Path(__file__).resolve().parents[2]

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 2.0
START_SECONDS = 60.0
GRACE_SECONDS = 5.0
# A service that isn't vital may die so often in so many seconds, and is started again each time.
MOST_DEATHS, DEATHS_SECONDS = 5, 600.0


class Playground:
    """Both sites, started on entering the context and stopped on leaving it.

    `root` is the tree to start, so a changed copy can be started too. A port that is not given
    is a free one. `env` is laid over this process's environment. `pause` is called wherever
    the start waits; what it raises ends the start cleanly. `https` and `server` alone decide the
    scheme and the server, whatever the environment says.

    Limits: `pids` is empty outside Linux. On Linux the sites end when the *thread* that started
    them ends, so start a playground from a thread that outlives it. A port that is free when it's
    checked can be taken before a site binds it.
    """

    def __init__(
        self,
        *,
        victim_port: int | None = None,
        attacker_port: int | None = None,
        var_dir: Path | None = None,
        env: Mapping[str, str] | None = None,
        root: Path = ROOT,
        addresses: Sequence[str] | None = None,
        pause: Callable[[float], None] = time.sleep,
        https: bool = False,
        server: str = settings.DEFAULT_SERVER,
        room: Room | None = None,
        victims_browser: bool = False,
    ) -> None:
        self.root = root.resolve()
        self.victim_port = victim_port or free_port()
        self.attacker_port = attacker_port or free_port()
        while attacker_port is None and self.attacker_port == self.victim_port:
            self.attacker_port = free_port()
        self.var_dir = (var_dir or self.root / "var").absolute()
        self.addresses = tuple(addresses or loopback_addresses())
        self.https = https
        self.server = server
        self.room = room
        # What a browser has to trust, once the sites have started with https.
        self.ca_file: Path | None = None
        self.environment = {
            # Where the attacker asks the victim; its own default is 127.0.0.1, which BIND may omit.
            "VICTIM_ADDRESS": authority(self.addresses[0], self.victim_port),
            **os.environ,
            **(env or {}),
            "VICTIM_PORT": str(self.victim_port),
            "ATTACKER_PORT": str(self.attacker_port),
            "VAR_DIR": str(self.var_dir),
            "HTTPS": "1" if https else "0",
            "SERVER": server,
            "ROOM": "1" if room else "0",
            "PLAYGROUND_RUNNER": str(os.getpid()),
            # Lessons and sources are UTF-8, which Windows doesn't assume.
            "PYTHONUTF8": "1",
        }
        # Where browsers find it.
        self.where = settings.read_where(self.environment)
        services = all_services(
            self.where, self.addresses, server, room, victims_browser=victims_browser
        )
        self.services = {service.name: service for service in services}
        self._pause = pause
        self._running: dict[str, processes.Process] = {}
        # When services that aren't vital have died.
        self._deaths: dict[str, list[float]] = {}
        self._mark: running.Mark | None = None

    @property
    def ports(self) -> dict[str, int]:
        return {"victim": self.victim_port, "attacker": self.attacker_port}

    @property
    def address(self) -> str:
        """Where a person begins."""
        return f"{self.where.playground}/"

    @property
    def pids(self) -> dict[str, list[int]]:
        """The process ids of each service, gunicorn's workers included."""
        return {name: processes.group_members(p.pid) for name, p in self._running.items()}

    def __enter__(self) -> Playground:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start all services and return when those answer that somebody waits for."""
        settings.check_server(self.server, https=self.https)
        settings.check_ports(self.ports, self.addresses)
        if self.room:
            settings.check_ports(self.room.ports, self.room.binds)
        settings.check_var_dir(self.var_dir)
        self._mark = running.Mark(self.var_dir, self.victim_port)
        if self.https:
            self.ca_file = settings.make_authority(self.var_dir, self.where.domains)
        for service in self.services.values():
            if service.vital:
                self._start(service)
        self._wait_until_healthy()
        # The others have time until somebody needs them.
        for service in self.services.values():
            if not service.vital:
                self._start(service)

    def _start(self, service: Service) -> None:
        env = {**self.environment, **service.environment}
        self._running[service.name] = processes.start(service.command, cwd=self.root, env=env)

    def dead(self) -> Service | None:
        """Return a service that has ended, and without which there's no playground, or None."""
        ended = (name for name, process in self._running.items() if process.poll() is not None)
        return next((self.services[name] for name in ended if self.services[name].vital), None)

    def revive(self) -> None:
        """Start again what has died and isn't vital, unless that happens all the time.

        One that has ended by itself has nothing to do here, and says so.
        """
        for name, process in list(self._running.items()):
            service = self.services[name]
            if service.vital or not process.poll():
                continue
            # Its group isn't ended: Playwright's driver notices by itself, and ends the browsers.
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
            del self._running[name]
            now = time.monotonic()
            deaths = self._deaths.setdefault(name, [])
            deaths[:] = [at for at in deaths if now - at < DEATHS_SECONDS] + [now]
            often = len(deaths) > MOST_DEATHS
            what = "isn't started again" if often else "is started again"
            status = process.returncode
            print(f"The {service.title} ended (exit status {status}) and {what}.", file=sys.stderr)
            if not often:
                self._start(service)

    def stop(self) -> None:
        """Stop all services: ask them, and after a grace time end them. May be called twice."""
        processes.stop(self._running.values(), GRACE_SECONDS)
        self._running.clear()
        if self._mark is not None:
            self._mark.remove()
            self._mark = None

    def _wait_until_healthy(self) -> None:
        waiting = [service for service in self.services.values() if service.vital]

        def all_answer() -> bool:
            dead = self.dead()
            if dead is not None:
                status = self._running[dead.name].returncode
                raise ServiceDied(f"The {dead.title} ended while starting (exit status {status}).")
            waiting[:] = [service for service in waiting if not self.answers(service.name)]
            return not waiting

        self._wait(all_answer, lambda: " and ".join(f"the {s.title}" for s in waiting))

    def answers(self, name: str) -> bool:
        """Tell whether a service answers at its health address."""
        health = self.services[name].health
        if health is None:
            return True
        connection = self._connect(health)
        try:
            host = {"Host": f"{health.host}:{health.port}"}
            connection.request("GET", health.path, headers=host)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _connect(self, health: Health) -> http.client.HTTPConnection:
        address, port = health.address or self.addresses[0], health.port
        if not self.https or health.address:
            return http.client.HTTPConnection(address, port, timeout=1)
        context = ssl.create_default_context(cafile=self.ca_file)
        # With BIND it may be an address that no certificate names.
        context.check_hostname = False
        return http.client.HTTPSConnection(address, port, timeout=1, context=context)

    def _wait(self, done: Callable[[], bool], what: Callable[[], str]) -> None:
        """Wait for something, naming it when it takes long, and give up in the end."""
        begin = time.monotonic()
        told = False
        while not done():
            waited = time.monotonic() - begin
            if waited > START_SECONDS:
                raise ServiceDied(f"Gave up after {START_SECONDS:.0f} seconds: {what()}.")
            if waited > PATIENCE_SECONDS and not told:
                told = True
                print(f"Waiting for {what()} …", file=sys.stderr, flush=True)
            self._pause(POLL_SECONDS)
