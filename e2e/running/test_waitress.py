"""Both sites under waitress, as on Windows, where gunicorn can't run."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]

from csrf_proof.waiting import soon
from e2e.running.test_run import (
    SITE,
    Runner,
    assert_gone,
    complaints,
    descendants,
    listening,
    refused,
    start,
    tree,
)
from tools.run import ROOT, Playground, free_port
from tools.runner import settings
from tools.runner.failures import SetupError
from tools.runner.settings import WAITRESS
from tools.runner.waitress_site import Channel

__all__ = ["start", "tree"]
# What Windows doesn't have, as far as it can be taken away here.
LIKE_WINDOWS = "import signal; del signal.SIGHUP, signal.SIGCHLD; "


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """The real playground under waitress, started as a person starts it."""
    running = Runner(ROOT, before=LIKE_WINDOWS, SERVER=WAITRESS, VAR_DIR=str(tmp_path / "var"))
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


class Visitor:
    """A client of the running sites; it keeps the session cookie."""

    def __init__(self, runner: Runner) -> None:
        self.ports = {
            "bank": int(runner.environment["VICTIM_PORT"]),
            "evil": int(runner.environment["ATTACKER_PORT"]),
        }
        self.cookie = ""

    def send(
        self,
        site: str,
        host: str,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **fields: object,
    ) -> tuple[int, str]:
        port = self.ports[site]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        sent = {
            "Host": f"{host}:{port}",
            "Cookie": self.cookie,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request(method, path, urlencode(fields), {**sent, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if (cookie := answer.getheader("Set-Cookie", "")).startswith("sessionid="):
            self.cookie = cookie.partition(";")[0]
        return answer.status, text

    def bank(self, method: str, path: str, **fields: object) -> tuple[int, str]:
        return self.send("bank", "no-defense.bank.localhost", method, path, None, **fields)

    def balance(self) -> int:
        path = "/api/labs/no-defense"
        text = self.send("bank", "playground.localhost", "GET", path)[1]
        return int(json.loads(text)["accounts"]["alice"]["balance"])


def test_it_serves_both_sites_and_ctrl_c_leaves_nothing_running(runner: Runner) -> None:
    runner.wait_until_ready()
    visitor = Visitor(runner)
    children = descendants(runner.process.pid)
    assert len(children) == 2
    assert all("waitress" in command for command in children.values())

    assert visitor.bank("POST", "/login", username="alice", password="wonderland")[0] == 303
    assert visitor.bank("POST", "/transfer", to="mallory", amount=40)[0] == 303
    assert visitor.balance() == 960
    status, page = visitor.send("evil", "evil.localhost", "GET", "/form-post/?lab=no-defense")
    assert status == 200
    assert f"http://no-defense.bank.localhost:{visitor.ports['bank']}/transfer" in page

    second = Runner(ROOT, **runner.environment)
    assert "already running" in second.process.communicate(timeout=30)[0]
    assert second.process.returncode == 0

    runner.process.send_signal(signal.SIGINT)
    status, errors = runner.finish()
    assert (status, complaints(errors)) == (0, [])
    assert_gone(children)
    assert not any(map(listening, visitor.ports.values()))


def test_the_statement_says_why_it_is_not_live(runner: Runner) -> None:
    runner.wait_until_ready()
    visitor = Visitor(runner)
    visitor.bank("POST", "/login", username="alice", password="wonderland")
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "c2l4dGVlbiBieXRlcyBvaw==",
    }

    host = "no-defense.bank.localhost"
    status, sentence = visitor.send("bank", host, "GET", "/statement/feed", handshake)
    assert status == 404
    assert "The live statement isn’t available here" in sentence
    status, page = visitor.bank("GET", "/statement")
    assert status == 200
    assert "The live statement isn’t available here" in page
    assert "statement.js" not in page

    runner.process.send_signal(signal.SIGINT)
    status, errors = runner.finish()
    assert (status, complaints(errors)) == (0, [])


def test_a_killed_runner_takes_the_sites_with_it_on_every_system(
    start: Callable[..., Runner],
) -> None:
    runner = start(SERVER=WAITRESS)
    runner.wait_until_ready()
    children = descendants(runner.process.pid)
    runner.process.kill()
    runner.finish()
    assert_gone(children)


def test_a_site_ends_when_its_input_ends(tree: Path) -> None:
    """That's how the runner stops it on Windows."""
    port = free_port()
    command = ["-m", "tools.runner.waitress_site", "--bind", f"127.0.0.1:{port}"]
    (tree / "small.py").write_text(SITE.format(host="small.localhost"))
    with subprocess.Popen(
        [sys.executable, *command, "small:application"], cwd=tree, stdin=subprocess.PIPE
    ) as site:
        assert soon(lambda: listening(port), 10)
        assert site.poll() is None
        assert site.stdin is not None
        site.stdin.close()
        assert site.wait(5) == 0


def test_it_listens_on_all_addresses_and_answers_large_requests(tree: Path) -> None:
    with Playground(root=tree, server=WAITRESS) as playground:
        assert all(listening(playground.victim_port, address) for address in playground.addresses)
        for cookies, status in ((1000, 200), (10_000, 431)):
            header = "; ".join(f"tossed-{number}={'x' * 32}" for number in range(cookies))
            connection = http.client.HTTPConnection("127.0.0.1", playground.victim_port)
            headers = {"Host": "playground.localhost", "Cookie": header}
            connection.request("GET", "/health", headers=headers)
            assert connection.getresponse().status == status
            connection.close()


def test_a_byte_now_and_then_is_no_activity(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel.__new__(Channel)

    requests = iter(["first", "first", "first", None, "second", "third"])

    def read(self: Channel) -> None:
        self.last_activity += 1
        self.request = next(requests)

    monkeypatch.setattr(HTTPChannel, "handle_read", read)
    channel.last_activity, channel.request = 0, None
    seen = []
    for _ in range(6):
        channel.handle_read()
        seen.append(channel.last_activity)
    assert seen == [1, 1, 1, 2, 3, 4]


def test_it_does_not_speak_https(start: Callable[..., Runner]) -> None:
    errors = refused(start, SERVER=WAITRESS, HTTPS="1")
    assert "HTTPS=1 needs gunicorn" in errors


def test_the_server_is_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.read_server({}) == "gunicorn"
    assert settings.read_server({"SERVER": "waitress"}) == "waitress"
    with pytest.raises(SetupError, match="neither gunicorn nor waitress"):
        settings.read_server({"SERVER": "apache"})
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SetupError, match="doesn't run on Windows"):
        settings.read_server({"SERVER": "gunicorn"})
