"""Each check finds what it's there for, and nothing where all is well."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from catalogue.addresses import Addresses
from tools import doctor
from tools.doctor import Finding, Laptop
from tools.runner.sockets import free_port


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return with_(tmp_path)


def with_(
    folder: Path, environment: Mapping[str, str] | None = None, trainer: str = "", port: int = 0
) -> Laptop:
    where = Addresses(port or free_port(), free_port())
    return Laptop(where, environment or {}, folder, trainer)


def wrong(finding: Finding | None) -> str:
    assert finding, "nothing was found"
    assert finding.do.endswith(".")
    return finding.wrong


@contextmanager
def page(date: str) -> Iterator[str]:
    """A trainer's page whose clock says that."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(200)
            self.send_header("Date", date)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("check", [f for _, f in doctor.checks() if f is not doctor.check_browser])
def test_where_all_is_well_nothing_is_found(check: Any, laptop: Laptop) -> None:
    assert check is doctor.check_room_ports or check(laptop) is None


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finding = doctor.check_ports(with_(tmp_path, port=port))
    assert wrong(finding) == f"Another program uses port {port}."


def test_a_port_of_the_room_that_is_taken(laptop: Laptop, monkeypatch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctor, "DEFAULT_SSH_PORT", port)
        monkeypatch.setattr(doctor, "DEFAULT_PAGE_PORT", free_port())
        assert f"uses port {port}, which" in wrong(doctor.check_room_ports(laptop))


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"http_proxy": "http://proxy:3128"}, True),
        ({"ALL_PROXY": "socks://proxy", "NO_PROXY": "example.com"}, True),
        ({"http_proxy": "http://proxy:3128", "no_proxy": "localhost,.localhost"}, False),
        ({"http_proxy": ""}, False),
    ],
)
def test_a_proxy(environment: dict[str, str], found: bool, tmp_path: Path) -> None:
    assert bool(doctor.check_proxy(with_(tmp_path, environment))) == found


def test_a_name_that_leads_elsewhere(laptop: Laptop, monkeypatch: Any) -> None:
    monkeypatch.setattr(socket, "gethostbyname", lambda name: "192.168.1.9")
    assert "leads to 192.168.1.9" in wrong(doctor.check_names(laptop))


@pytest.mark.parametrize(("absent", "found"), [(3, True), (2, False), (0, False)])
def test_no_browser(absent: int, found: bool, laptop: Laptop, monkeypatch: Any) -> None:
    monkeypatch.setattr(doctor, "missing", lambda playwright: ["x"] * absent)
    assert bool(doctor.check_browser(laptop)) == found


def test_no_ssh(laptop: Laptop, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "")
    assert wrong(doctor.check_ssh(laptop)) == "There is no ssh on this laptop."


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "file").touch()
    assert "Nothing can be kept" in wrong(doctor.check_folder(with_(tmp_path / "file" / "var")))
    monkeypatch.setattr(doctor, "LEAST_FREE", 1 << 60)
    assert "are free" in wrong(doctor.check_folder(with_(tmp_path)))


def test_a_trainer_who_is_not_there(tmp_path: Path, monkeypatch: Any) -> None:
    port = free_port()
    nobody = doctor.check_trainer(with_(tmp_path, trainer=f"127.0.0.1:{port}"))
    assert wrong(nobody) == f"127.0.0.1 is there, and nothing listens at its port {port}."
    monkeypatch.setattr(doctor, "ANSWER_SECONDS", 0.2)
    apart = doctor.check_trainer(with_(tmp_path, trainer="192.0.2.77"))
    assert "doesn't answer" in wrong(apart)


@pytest.mark.parametrize(("date", "found"), [("Mon, 01 Jan 2001 00:00:00 GMT", True), ("", False)])
def test_a_clock_that_is_wrong(date: str, found: bool, tmp_path: Path) -> None:
    with page(date) as trainer:
        assert bool(doctor.check_clock(with_(tmp_path, trainer=trainer))) == found


def test_it_prints_a_line_for_each_check(laptop: Laptop, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(doctor, "missing", lambda playwright: [])
    monkeypatch.setenv("PATH", "")
    assert doctor.examine(laptop) >= 1
    lines = capsys.readouterr().out.splitlines()
    assert "!!  ssh" in lines
    assert any(line.startswith("ok  browser") for line in lines)
    marks = [line for line in lines if not line.startswith("    ")]
    assert len(marks) == len(doctor.checks())
