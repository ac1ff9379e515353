"""The runner starts two stand-in sites, a few lines each, and leaves no process behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from csrf_proof.waiting import soon
from tools.run import ROOT, Playground, free_port, loopback_addresses
from tools.runner import playground as starting
from tools.runner import settings
from tools.runner.failures import ServiceDied, SetupError
from tools.runner.services import APPLICATIONS, Health, Service, all_services
from tools.runner.settings import check_ports

SITE = """
ANSWERS = {{"/health": b"", "/api/openapi.json": b'{{"info": {{"title": "CSRF Playground"}}}}'}}

def application(environ, start_response):
    right = environ["HTTP_HOST"].startswith({host!r})
    found = right and environ["PATH_INFO"] in ANSWERS
    body = ANSWERS[environ["PATH_INFO"]] if found else b""
    start_response("200 OK" if found else "404 Not Found", [("Content-Length", str(len(body)))])
    return [body]

def create_app():
    return application
"""
STOPPED_WHILE_BEGINNING = """

def post_fork(server, worker):
    import signal
    if worker.age == 2:
        os.kill(os.getpid(), signal.SIGTERM)

def worker_exit(server, worker):
    open("ended", "w").close()
"""
DOMAINS = ("PLAYGROUND_DOMAIN", "BANK_DOMAIN", "EVIL_DOMAIN")
RUNNER = "import sys, pathlib, tools.run as run; sys.exit(run.main(root=pathlib.Path(sys.argv[1])))"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree")


def make_tree(root: Path) -> Path:
    """Make a tree with the layout of this one and next to nothing in it."""
    for folder in ("victim_site/config", "attacker_site"):
        (root / folder).mkdir(parents=True)
    (root / "victim_site/config/wsgi.py").write_text(SITE.format(host="playground.localhost"))
    (root / "attacker_site/app.py").write_text(SITE.format(host="evil.localhost"))
    shutil.copy(ROOT / "gunicorn.conf.py", root)
    # What the settings of gunicorn import, and the server for Windows.
    unread = shutil.ignore_patterns("__pycache__", "tests")
    for package in ("tools", "catalogue", "webserver"):
        shutil.copytree(ROOT / package, root / package, ignore=unread)
    return root


class Runner:
    """``tools.run`` as a process of its own, as a person starts it."""

    def __init__(self, root: Path, *, before: str = "", **environment: str) -> None:
        self.environment = {
            "VICTIM_PORT": str(free_port()),
            "ATTACKER_PORT": str(free_port()),
            "VAR_DIR": str(root / "var"),
            # Stand-ins need no victim.
            "VICTIM_BROWSER": "0",
            **environment,
        }
        not_inherited = ("BIND", "DATABASE_URL", "HTTPS", "SERVER", *DOMAINS)
        inherited = {k: v for k, v in os.environ.items() if k not in not_inherited}
        self.process = subprocess.Popen(
            [sys.executable, "-c", before + RUNNER, str(root)],
            cwd=ROOT,
            env=inherited | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        scheme = "https" if self.environment.get("HTTPS") == "1" else "http"
        address = f"{scheme}://playground.localhost:{self.environment['VICTIM_PORT']}/"
        assert line.rstrip().endswith(address), self.process.communicate()

    def finish(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture
def start(tree: Path) -> Iterator[Callable[..., Runner]]:
    runners: list[Runner] = []

    def start_runner(**environment: str) -> Runner:
        runners.append(Runner(tree, **environment))
        return runners[-1]

    yield start_runner
    for runner in runners:
        if runner.process.poll() is None:
            runner.process.kill()
            runner.process.communicate()


def descendants(pid: int) -> dict[int, str]:
    """The living processes below one, each with its command line."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(stat.parent.name))
    found: dict[int, str] = {}
    queue = list(children.get(pid, []))
    while queue:
        child = queue.pop()
        with suppress(FileNotFoundError):  # It may have ended meanwhile.
            found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
        queue += children.get(child, [])
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def assert_gone(pids: dict[int, str]) -> None:
    assert soon(lambda: not any(map(alive, pids)), 4), {p: c for p, c in pids.items() if alive(p)}


def complaints(errors: str) -> list[str]:
    """The lines of standard error, without those that a slow machine gets."""
    return [line for line in errors.splitlines() if not line.startswith("Waiting for ")]


def listening(port: int, address: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


# What has to be changed before anything starts: one sentence, exit status 2.


def refused(start: Callable[..., Runner], **environment: str) -> str:
    status, errors = start(**environment).finish()
    assert status == 2, errors
    assert len(errors.splitlines()) == 1, errors
    return errors


@pytest.mark.parametrize("address", loopback_addresses())
def test_a_port_in_use_is_named_with_its_variable_and_an_example(
    start: Callable[..., Runner], address: str
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as taken:
        # A gunicorn that is still running shares its port with any other that asks for it.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        errors = refused(start, ATTACKER_PORT=str(port))
    assert f"Port {port} on {address} is in use" in errors
    assert "ATTACKER_PORT=" in errors
    assert "make run" in errors


@pytest.mark.parametrize("https", ["0", "1"])
def test_a_second_run_says_where_the_playground_is_running(
    start: Callable[..., Runner], https: str
) -> None:
    first = start(HTTPS=https)
    first.wait_until_ready()
    second = start(**{name: first.environment[name] for name in ("VICTIM_PORT", "ATTACKER_PORT")})
    output, errors = second.process.communicate(timeout=20)
    scheme = "https" if https == "1" else "http"
    address = f"{scheme}://playground.localhost:{first.environment['VICTIM_PORT']}/"
    assert output == f"The CSRF Playground is already running at {address}\n"
    assert (second.process.returncode, errors) == (0, "")
    assert first.process.poll() is None


def test_another_program_on_the_banks_port_is_not_taken_for_a_playground(
    start: Callable[..., Runner],
) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        errors = refused(start, VICTIM_PORT=str(other.server_port))
        other.shutdown()
        thread.join()
    assert f"Port {other.server_port} on 127.0.0.1 is in use" in errors


def test_the_same_port_twice_is_refused(start: Callable[..., Runner]) -> None:
    assert "both 8123" in refused(start, VICTIM_PORT="8123", ATTACKER_PORT="8123")


# Of the addresses, what else is refused is in catalogue/tests/test_addresses.py.
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("VICTIM_PORT", "eight", "not a port number"),
        ("HTTPS", "yes", "HTTPS is 'yes'"),
        ("BANK_DOMAIN", "bank.test", "set HTTPS=1"),
        ("EVIL_DOMAIN", "evil.bank.localhost", "one site"),
        ("MOST_LABS", "0", "not a whole number from 1 to 1,000,000"),
        ("MOST_LABS", "many", "not a whole number from 1 to 1,000,000"),
    ],
)
def test_settings_that_cannot_work_are_told_in_one_sentence(
    start: Callable[..., Runner], variable: str, value: str, said: str
) -> None:
    assert said in refused(start, **{variable: value})


@pytest.mark.parametrize("application", APPLICATIONS.values(), ids=APPLICATIONS)
def test_a_site_without_the_runner_does_not_start_with_such_addresses_either(
    tree: Path, application: str
) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{free_port()}", application],
        cwd=tree,
        env=os.environ | {"HTTPS": "0", "BANK_DOMAIN": "bank.test"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert process.returncode == 1
    assert process.stderr.startswith("BANK_DOMAIN is 'bank.test'")
    assert len(process.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_written_is_refused(
    start: Callable[..., Runner], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    errors = refused(start, VAR_DIR=str(tmp_path / "file" / "var"))
    assert "VAR_DIR" in errors
    assert "Not a directory" in errors


def test_a_site_that_cannot_start_says_why(start: Callable[..., Runner], tree: Path) -> None:
    failing = "def create_app():\n    raise SystemExit('The database is broken.')\n"
    (tree / "victim_site/config/wsgi.py").write_text(failing)
    status, errors = start().finish()
    assert status == 1
    assert complaints(errors) == [
        "The database is broken.",
        "The victim site ended while starting (exit status 1).",
    ]


def test_an_address_of_another_machine_is_refused(start: Callable[..., Runner]) -> None:
    errors = start(BIND="192.0.2.1").finish()[1]
    assert "Nothing can listen on 192.0.2.1" in errors


def test_bind_takes_addresses_only() -> None:
    assert settings.read_addresses({"BIND": "127.0.0.1, [::1]"}) == ("127.0.0.1", "::1")
    with pytest.raises(SetupError, match="not an IP address"):
        settings.read_addresses({"BIND": "localhost"})


def test_a_folder_that_holds_no_authority_is_told_in_one_sentence(
    start: Callable[..., Runner], tree: Path
) -> None:
    (tree / "var" / "https").mkdir(parents=True)
    errors = refused(start, HTTPS="1")
    assert f"{tree / 'var' / 'https'} holds no authority" in errors
    assert "remove that folder" in errors


# While it runs, and how it ends.


@pytest.mark.parametrize(
    ("number", "https"),
    [(signal.SIGINT, "0"), (signal.SIGINT, "1"), (signal.SIGTERM, "0"), (signal.SIGHUP, "0")],
)
def test_a_signal_stops_both_sites_and_leaves_no_process(
    start: Callable[..., Runner], number: signal.Signals, https: str
) -> None:
    runner = start(HTTPS=https)
    runner.wait_until_ready()
    children = descendants(runner.process.pid)
    assert len(children) >= 4, "two masters with a worker each, at least"
    runner.process.send_signal(number)
    status, errors = runner.finish()
    assert (status, complaints(errors)) == (0, [])
    assert_gone(children)


def test_a_worker_that_is_only_beginning_can_be_stopped(
    start: Callable[..., Runner], tree: Path
) -> None:
    with (tree / "gunicorn.conf.py").open("a") as file:
        file.write(STOPPED_WHILE_BEGINNING)
    start().wait_until_ready()
    assert soon(lambda: (tree / "ended").exists(), 10)


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.25, 0.5])
def test_ctrl_c_during_the_start_leaves_no_process(
    start: Callable[..., Runner], tree: Path, delay: float
) -> None:
    # The victim takes its time, so that every delay falls into the start.
    slow = "import time; time.sleep(0.3)" + SITE.format(host="playground.localhost")
    (tree / "victim_site/config/wsgi.py").write_text(slow)
    slow = "import time; time.sleep(2)" + SITE.format(host="playground.localhost")
    (tree / "victim_site/config/wsgi.py").write_text(slow)
    runner = start()
    seen: dict[int, str] = {}
    assert soon(lambda: bool(descendants(runner.process.pid)), 10)
    time.sleep(delay)
    seen = descendants(runner.process.pid)
    runner.process.send_signal(signal.SIGINT)
    status, errors = runner.finish()
    assert (status, complaints(errors)) == (0, [])
    assert_gone(seen)
    assert not listening(int(runner.environment["VICTIM_PORT"]))
    assert not listening(int(runner.environment["ATTACKER_PORT"]))


@pytest.mark.parametrize("site", ["victim", "attacker"])
def test_a_killed_site_ends_the_other(start: Callable[..., Runner], site: str) -> None:
    runner = start()
    runner.wait_until_ready()
    children = descendants(runner.process.pid)
    application = APPLICATIONS[site]
    master = min(pid for pid, command in children.items() if application in command)
    os.kill(master, signal.SIGKILL)
    status, errors = runner.finish()
    assert status == 1
    assert f"The {site} site ended" in errors
    assert_gone(children)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_killed_runner_takes_the_sites_along(start: Callable[..., Runner]) -> None:
    runner = start()
    runner.wait_until_ready()
    children = descendants(runner.process.pid)
    runner.process.kill()
    runner.finish()
    assert_gone(children)


def test_the_victims_browser_starts_with_the_sites_and_may_end_without_them(
    start: Callable[..., Runner], tree: Path
) -> None:
    told = tree / "told"
    (tree / "victim_bot.py").write_text(f"import pathlib; pathlib.Path({str(told)!r}).touch()")
    runner = start(VICTIM_BROWSER="1")
    runner.wait_until_ready()
    assert soon(told.exists, 10)
    assert not soon(lambda: runner.process.poll() is not None, 1)
    runner.process.send_signal(signal.SIGINT)
    assert runner.finish() == (0, "")


def test_a_victims_browser_that_dies_is_started_again_but_not_forever(
    start: Callable[..., Runner], tree: Path
) -> None:
    told = tree / "told"
    (tree / "victim_bot.py").write_text(
        "import os, pathlib, time\n"
        f"path = pathlib.Path({str(told)!r})\n"
        "path.open('a').write(os.environ['VICTIM_WORKER'] + '\\n')\n"
        "os.kill(os.getpid(), 9)"
    )
    runner = start(VICTIM_BROWSER="1")
    runner.wait_until_ready()
    lives = starting.MOST_DEATHS + 1
    assert soon(lambda: told.exists() and len(told.read_text().split()) == lives, 20)
    assert not soon(lambda: len(told.read_text().split()) > lives, 1)
    assert len(set(told.read_text().split())) == 1, "it has one name in all its lives"
    runner.process.send_signal(signal.SIGINT)
    status, errors = runner.finish()
    assert status == 0
    assert errors.count("is started again") == starting.MOST_DEATHS
    assert errors.count("isn't started again") == 1


def test_without_wanting_it_there_is_no_victims_browser(
    start: Callable[..., Runner], tree: Path
) -> None:
    told = tree / "told"
    (tree / "victim_bot.py").write_text(f"import pathlib; pathlib.Path({str(told)!r}).touch()")
    runner = start()
    runner.wait_until_ready()
    assert not soon(told.exists, 1)
    assert "VICTIM_BROWSER is 'yes'" in refused(start, VICTIM_BROWSER="yes")


def test_a_site_that_dies_at_start_shows_why(start: Callable[..., Runner], tree: Path) -> None:
    (tree / "attacker_site/app.py").write_text("raise RuntimeError('no attacks here')")
    status, errors = start().finish()
    assert status == 1
    assert "no attacks here" in errors
    assert "The attacker site ended while starting" in errors


def test_a_slow_start_says_what_it_waits_for(start: Callable[..., Runner], tree: Path) -> None:
    slow = "import time; time.sleep(3)" + SITE.format(host="playground.localhost")
    (tree / "victim_site/config/wsgi.py").write_text(slow)
    runner = start()
    runner.wait_until_ready()
    runner.process.send_signal(signal.SIGINT)
    assert "Waiting for the victim site" in runner.finish()[1]


# The pieces for tests and benchmarks.


def test_a_playground_answers_on_every_loopback_address_and_stops(tree: Path) -> None:
    with Playground(root=tree, env={"SECRET_KEY": "for a test"}) as playground:
        for port in (playground.victim_port, playground.attacker_port):
            assert all(listening(port, address) for address in loopback_addresses())
        assert playground.dead() is None
        # A master each, two workers and one; a worker comes a moment after another.
        soon(lambda: [len(of_site) for of_site in playground.pids.values()] == [3, 2], 10)
        pids = playground.pids
    assert [len(of_site) for of_site in pids.values()] == [3, 2], pids
    assert_gone({pid: site for site, of_site in pids.items() for pid in of_site})
    assert playground.pids == {}
    playground.stop()


def test_a_service_more_is_one_entry_more(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "bot.py").write_text(SITE.format(host="bot.localhost") + "import os\nos.environ['BOT']")
    port = free_port()
    bot = Service(
        "bot",
        "victim bot",
        ("-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "bot:application"),
        died="The victim bot ended.",
        health=Health("bot.localhost", port),
        environment={"BOT": "1"},
    )

    def with_bot(*given: Any, **more: Any) -> tuple[Service, ...]:
        return (*all_services(*given, **more), bot)

    monkeypatch.setattr(starting, "all_services", with_bot)
    with Playground(root=tree) as playground:
        assert set(playground.pids) == {"victim", "attacker", "bot"}
        assert playground.answers("bot")
        os.kill(playground.pids["bot"][0], signal.SIGKILL)
        assert soon(lambda: playground.dead() is bot, 10)
        assert listening(playground.victim_port)
    assert soon(lambda: not listening(port), 10)


def test_an_idle_connection_holds_no_thread(tree: Path) -> None:
    """Browsers open connections ahead of need, more of them than there are threads."""
    with Playground(root=tree) as playground:
        idle = [socket.create_connection(("127.0.0.1", playground.victim_port)) for _ in range(24)]
        begin = time.monotonic()
        assert all(playground.answers("victim") for _ in range(10))
        assert time.monotonic() - begin < 2
        for connection in idle:
            connection.close()


def test_a_request_with_many_cookies_gets_an_answer(tree: Path) -> None:
    with Playground(root=tree) as playground:
        for cookies, status in ((1000, b"HTTP/1.1 200 "), (10_000, b"HTTP/1.1 431 ")):
            header = "; ".join(f"tossed-{number}={'x' * 32}" for number in range(cookies))
            head = f"GET /health HTTP/1.1\r\nHost: playground.localhost\r\nCookie: {header}\r\n\r\n"
            with socket.create_connection(("127.0.0.1", playground.victim_port)) as connection:
                connection.sendall(head.encode())
                assert connection.recv(4096).startswith(status)


def test_without_ipv6_the_sites_listen_on_ipv4_alone(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.socket

    def without_ipv6(family: int = socket.AF_INET, *arguments: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError("Address family not supported by protocol")
        return real(family, *arguments)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    assert loopback_addresses() == ("127.0.0.1",)
    with Playground(root=tree, addresses=("127.0.0.1",)) as playground:
        monkeypatch.undo()
        assert listening(playground.victim_port)
        assert not listening(playground.victim_port, "::1")


def test_a_site_that_never_answers_is_given_up(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "START_SECONDS", 0.5)
    (tree / "attacker_site/app.py").write_text(SITE.format(host="nobody.localhost"))
    with pytest.raises(ServiceDied, match=r"Gave up.*the attacker site"), Playground(root=tree):
        pass


def test_free_ports_are_free() -> None:
    port = free_port()
    check_ports({"victim": port}, loopback_addresses())
