"""Start both sites, wait until they answer, and stop them both: what ``make run`` calls.

``python -m tools.run`` checks what can be checked before anything starts (Python, ports, the
folder for state), prepares the database, starts each site under gunicorn on both loopback
addresses and prints one address to open. Ctrl-C, SIGTERM, SIGHUP, or the end of either site stops
both. Exit status: 0 after Ctrl-C or another signal, 1 when a site died, 2 when something has to
be changed first.

Tests and benches use ``Playground`` and ``free_port`` from here.

Limits: POSIX only. ``Playground.pids`` reads ``/proc``, so it is empty outside Linux. On Linux the
sites end when the *thread* that started them ends, so start a ``Playground`` from a thread that
outlives it. A port that is free when it is checked can be taken before gunicorn binds it.
"""

from __future__ import annotations

import errno
import http.client
import ipaddress
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType

ROOT = Path(__file__).resolve().parent.parent

# The commands, each behind a Python of the environment; docker-compose.yml uses the same.
MIGRATE = ("-m", "victim_site.manage", "migrate", "--no-input", "--verbosity=0")
GUNICORN = ("-m", "gunicorn")
APPLICATIONS = {
    "victim": "victim_site.config.wsgi:application",
    "attacker": "attacker_site.app:create_app()",
}
HOSTS = {"victim": "playground.localhost", "attacker": "evil.localhost"}
PORT_VARIABLES = {"victim": "VICTIM_PORT", "attacker": "ATTACKER_PORT"}
DEFAULT_PORTS = {"victim": 8000, "attacker": 9000}

# Chromium asks ::1 first when a name ends in .localhost, Firefox 127.0.0.1.
LOOPBACK = ("127.0.0.1", "::1")

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 2.0
START_SECONDS = 60.0
GRACE_SECONDS = 5.0


class SetupError(Exception):
    """Something outside has to change before the sites can start; the text says what."""


class SiteDied(Exception):
    """A site ended, or never answered; the text says which."""


class Interrupted(Exception):
    """A signal asked the runner to stop."""


def free_port() -> int:
    """A port that nobody uses on any loopback address right now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            others = [address for address in loopback_addresses() if address != "127.0.0.1"]
            if all(_refusal(address, port) is None for address in others):
                return port


def loopback_addresses() -> tuple[str, ...]:
    """The loopback addresses of this machine; some have IPv6 switched off."""
    return tuple(address for address in LOOPBACK if _refusal(address, 0) is None)


def _refusal(address: str, port: int) -> OSError | None:
    """Why nobody can listen there now, or None.

    The probe does not share its port as gunicorn's own sockets do (SO_REUSEPORT): two playgrounds
    on one port would each get half of the requests. SO_REUSEADDR only forgives connections that
    an earlier run left behind.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            probe.listen(1)
    except OSError as error:
        return error
    return None


def _authority(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def check_python(version: tuple[int, int] = sys.version_info[:2]) -> None:
    if version < (3, 11):
        raise SetupError(
            f"Python 3.11 or newer is needed, this is {version[0]}.{version[1]}; "
            "for example: make run PYTHON=python3.11"
        )


def read_ports(environment: Mapping[str, str]) -> dict[str, int]:
    """The port of each site, checked."""
    ports: dict[str, int] = {}
    for site, variable in PORT_VARIABLES.items():
        text = environment.get(variable) or str(DEFAULT_PORTS[site])
        # int() alone would also take "8_000" and digits of other scripts.
        if not (re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= 65535):
            raise SetupError(
                f"{variable} is {text!r}, which is no port number from 1 to 65535; "
                f"for example: {variable}={DEFAULT_PORTS[site]} make run"
            )
        ports[site] = int(text)
    if ports["victim"] == ports["attacker"]:
        raise SetupError(
            f"VICTIM_PORT and ATTACKER_PORT are both {ports['victim']}, but each site needs its "
            f"own; for example: ATTACKER_PORT={ports['victim'] % 65535 + 1} make run"
        )
    return ports


def read_https(environment: Mapping[str, str]) -> bool:
    """Whether both sites speak https."""
    text = environment.get("HTTPS", "")
    if text not in ("", "0", "1"):
        raise SetupError(
            f"HTTPS is {text!r}, which is neither 1 (https) nor 0 (http); "
            "for example: make run HTTPS=1"
        )
    return text == "1"


def read_addresses(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses to listen on: those of BIND, else the loopback ones."""
    text = environment.get("BIND", "")
    if not text.strip():
        return loopback_addresses()
    addresses = []
    for part in text.split(","):
        try:
            addresses.append(str(ipaddress.ip_address(part.strip().strip("[]"))))
        except ValueError:
            raise SetupError(
                f"BIND holds {part.strip()!r}, which is no IP address; "
                "for example: BIND=127.0.0.1,::1 make run"
            ) from None
    return tuple(addresses)


def check_ports(ports: Mapping[str, int], addresses: Sequence[str]) -> None:
    for site, port in ports.items():
        for address in addresses:
            refusal = _refusal(address, port)
            if refusal is None:
                continue
            variable = PORT_VARIABLES[site]
            example = f"for example: {variable}={free_port()} make run"
            if refusal.errno == errno.EADDRINUSE:
                raise SetupError(
                    f"Port {port} on {address} is in use; stop what uses it, or set {variable}; "
                    f"{example}"
                )
            if refusal.errno == errno.EACCES:
                raise SetupError(
                    f"Port {port} on {address} needs more rights than this user has; "
                    f"set {variable}; {example}"
                )
            raise SetupError(
                f"Nothing can listen on {address} here ({refusal.strerror}); set BIND to "
                "addresses of this machine; for example: BIND=127.0.0.1 make run"
            )


def check_var_dir(var_dir: Path) -> None:
    """Make the folder and write a file into it; permission bits alone do not tell."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var_dir) as probe:
            probe.write(b"The folder can be written.")
    except OSError as error:
        raise SetupError(
            f"Nothing can be written in VAR_DIR, {var_dir} ({error.strerror}); set it to a folder "
            "that can be written; for example: VAR_DIR=$HOME/csrf-playground make run"
        ) from None


def make_authority(var_dir: Path) -> Path:
    """Make the authority for https if there is none yet; return the file that browsers trust."""
    # Imported here, since it takes a tenth of a second that a start with http does not need.
    from tools import certificates

    try:
        return certificates.authority(var_dir / certificates.FOLDER).file
    except certificates.CertificateError as error:
        raise SetupError(
            f"{error}; remove that folder, start again, and let your browser trust the new ca.pem"
        ) from None
    except OSError as error:
        raise SetupError(
            f"No certificate can be made in VAR_DIR, {var_dir} ({error.strerror})"
        ) from None


class Playground:
    """Both sites, started on entering the context and stopped on leaving it.

    ``root`` is the tree to start, so a changed copy can be started too. A port that is not given
    is a free one. ``env`` is laid over this process's environment. ``pause`` is called wherever
    the start waits; what it raises ends the start cleanly. ``https`` alone decides the scheme,
    whatever the environment says.
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
    ) -> None:
        self.root = root.resolve()
        self.victim_port = victim_port or free_port()
        self.attacker_port = attacker_port or free_port()
        while attacker_port is None and self.attacker_port == self.victim_port:
            self.attacker_port = free_port()
        self.var_dir = (var_dir or self.root / "var").absolute()
        self.addresses = tuple(addresses or loopback_addresses())
        self.https = https
        # What a browser has to trust, once the sites have started with https.
        self.ca_file: Path | None = None
        self.environment = {
            # Where the attacker asks the victim; its own default is 127.0.0.1, which BIND may omit.
            "VICTIM_ADDRESS": _authority(self.addresses[0], self.victim_port),
            **os.environ,
            **(env or {}),
            "VICTIM_PORT": str(self.victim_port),
            "ATTACKER_PORT": str(self.attacker_port),
            "VAR_DIR": str(self.var_dir),
            "HTTPS": "1" if https else "0",
            "PLAYGROUND_RUNNER": str(os.getpid()),
        }
        self._pause = pause
        self._sites: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def ports(self) -> dict[str, int]:
        return {"victim": self.victim_port, "attacker": self.attacker_port}

    @property
    def address(self) -> str:
        """Where a person begins."""
        return f"{'https' if self.https else 'http'}://{HOSTS['victim']}:{self.victim_port}/"

    @property
    def pids(self) -> dict[str, list[int]]:
        """The process ids of each site, gunicorn's workers included; each site is one group."""
        found: dict[str, list[int]] = {site: [] for site in self._sites}
        groups = {process.pid: site for site, process in self._sites.items()}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                # The name, in parentheses, may hold anything; state, parent and group follow it.
                state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
                if int(group) in groups and state != "Z":
                    found[groups[int(group)]].append(int(stat.parent.name))
        return {site: sorted(pids) for site, pids in found.items()}

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
        """Start both sites and return when both answer."""
        check_ports(self.ports, self.addresses)
        check_var_dir(self.var_dir)
        if self.https:
            self.ca_file = make_authority(self.var_dir)
        # The attacker needs no database, so it starts while the victim's is prepared.
        self._start_site("attacker")
        self._migrate()
        self._start_site("victim")
        self._wait_until_healthy()

    def dead(self) -> str | None:
        """The name of a site that has ended, or None."""
        return next((s for s, process in self._sites.items() if process.poll() is not None), None)

    def stop(self) -> None:
        """Stop both sites: ask them, and after a grace time end them. May be called twice."""
        for process in self._sites.values():
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._sites.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            # Workers whose master was killed are still there.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._sites.clear()

    def _start_site(self, site: str) -> None:
        port = self.ports[site]
        binds = [_authority(address, port) for address in self.addresses]
        self._sites[site] = subprocess.Popen(
            [
                sys.executable,
                *GUNICORN,
                *(argument for bind in binds for argument in ("--bind", bind)),
                APPLICATIONS[site],
            ],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            # The terminal sends Ctrl-C to its whole foreground group. In a session of their own
            # the sites do not see it, and are stopped once, by the runner.
            start_new_session=True,
        )

    def _migrate(self) -> None:
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [sys.executable, *MIGRATE],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                self._wait(lambda: process.poll() is not None, lambda: "the bank's database")
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            if process.returncode != 0:
                output.seek(0)
                # Details of an error, and the traceback before it, are indented.
                lines = re.findall(r"^\S.*", output.read().decode(errors="replace"), re.MULTILINE)
                last = lines[-1].strip() if lines else "no output"
                raise SetupError(
                    f"The bank's database could not be prepared ({last}); "
                    f"to see all of it: python {' '.join(MIGRATE[:3])}"
                )

    def _wait_until_healthy(self) -> None:
        waiting = list(self._sites)

        def all_answer() -> bool:
            dead = self.dead()
            if dead is not None:
                status = self._sites[dead].returncode
                raise SiteDied(f"The {dead} site ended while starting (exit status {status}).")
            waiting[:] = [site for site in waiting if not self._answers(site)]
            return not waiting

        self._wait(all_answer, lambda: " and ".join(f"the {site} site" for site in waiting))

    def _answers(self, site: str) -> bool:
        port = self.ports[site]
        connection = self._connect(port)
        try:
            connection.request("GET", "/health", headers={"Host": f"{HOSTS[site]}:{port}"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _connect(self, port: int) -> http.client.HTTPConnection:
        address = self.addresses[0]
        if not self.https:
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
                raise SiteDied(f"Gave up after {START_SECONDS:.0f} seconds: {what()}.")
            if waited > PATIENCE_SECONDS and not told:
                told = True
                print(f"Waiting for {what()} …", file=sys.stderr, flush=True)
            self._pause(POLL_SECONDS)


class Signals:
    """Turns signals into an exception at the places that wait, and nowhere else.

    An exception raised by a handler could strike between the start of a child and the note of its
    process id, and leave that child behind.
    """

    def __init__(self) -> None:
        self._stop = False
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGTERM, self._on_stop)
        # Under nohup the hang-up is ignored, and stays so.
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._on_stop)
        # A handler that does nothing, so that the end of a child ends a pause.
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    def pause(self, seconds: float | None = None) -> None:
        """Wait for that long, or for a signal; raise when the signal says stop."""
        if not self._stop:
            select.select([self._reader], [], [], seconds)
            with suppress(BlockingIOError):
                self._reader.recv(4096)
        if self._stop:
            raise Interrupted


def main(environment: Mapping[str, str] = os.environ, root: Path = ROOT) -> int:
    signals = Signals()
    try:
        check_python()
        ports = read_ports(environment)
        addresses = read_addresses(environment)
        https = read_https(environment)
        if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
            print(
                "Warning: BIND lets other machines reach a bank that is vulnerable on purpose.",
                file=sys.stderr,
            )
        playground = Playground(
            victim_port=ports["victim"],
            attacker_port=ports["attacker"],
            var_dir=Path(environment.get("VAR_DIR") or root / "var"),
            root=root,
            addresses=addresses,
            pause=signals.pause,
            https=https,
        )
        with playground:
            print(f"The CSRF Playground is ready: {playground.address}")
            if https:
                print(f"Browsers warn at each host until they trust {playground.ca_file}")
                print("How, and how to take it back: docs/https.md")
            print("Ctrl-C stops both sites.", flush=True)
            while (dead := playground.dead()) is None:
                signals.pause()
        raise SiteDied(f"The {dead} site ended, so both sites were stopped.")
    except Interrupted:
        return 0
    except SiteDied as error:
        print(error, file=sys.stderr)
        return 1
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
