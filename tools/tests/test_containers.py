"""The containers keep the promises of the runner: loopback only, the same commands, few rights.

No image is built here: that needs an engine and a network.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from catalogue.addresses import DEFAULT
from csrf_proof.browsers import APT_PACKAGES
from tools.run import APPLICATIONS, ROOT
from tools.runner.services import SERVERS
from tools.runner.settings import GUNICORN, PORT_VARIABLES

COMPOSE = ROOT / "docker-compose.yml"
SITES = ("victim", "attacker")
FOLDERS = {"victim": "victim_site", "attacker": "attacker_site", "alice": "victim_bot"}
# The list of packages that each image gets.
LISTS = {"victim": "run", "attacker": "run", "alice": "bot"}
DEFAULT_PORTS = {"victim": DEFAULT.victim_port, "attacker": DEFAULT.attacker_port}
# Each container says whether it's healthy under a name that its site answers to.
HOSTS = {"victim": "playground", "attacker": "evil"}
DOMAINS = {"playground": "PLAYGROUND_DOMAIN", "bank": "BANK_DOMAIN", "evil": "EVIL_DOMAIN"}


def yaml_of_compose() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML reads docker-compose.yml")
    parsed: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return parsed


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    parsed = yaml_of_compose()
    assert "version" not in parsed
    found: dict[str, Any] = parsed["services"]
    assert sorted(found) == sorted(FOLDERS)
    return found


def dockerfile(service: str) -> str:
    """The instructions, each on one line."""
    text = (ROOT / FOLDERS[service] / "Dockerfile").read_text()
    return re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")


def instructions(site: str, name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", dockerfile(site), flags=re.MULTILINE)


@pytest.mark.parametrize("site", SITES)
def test_ports_are_published_on_loopback_alone(services: dict[str, Any], site: str) -> None:
    port = f"${{{PORT_VARIABLES[site]}:-{DEFAULT_PORTS[site]}}}"
    assert services[site]["ports"] == [f"127.0.0.1:{port}:{port}", f"[::1]:{port}:{port}"]
    assert "network_mode" not in services[site]


def test_alice_reaches_the_two_sites_and_nothing_else(services: dict[str, Any]) -> None:
    alice = services["alice"]
    assert alice["networks"] == ["inside"]
    assert yaml_of_compose()["networks"] == {"inside": {"internal": True}}
    assert not {"ports", "network_mode"} & set(alice)
    for site in SITES:
        assert services[site]["networks"] == ["default", "inside"]
        port = f"${{{PORT_VARIABLES[site]}:-{DEFAULT_PORTS[site]}}}"
        assert alice["environment"][f"{site.upper()}_ADDRESS"] == f"{site}:{port}"
    assert alice["stdin_open"] is True


def test_all_have_the_key_and_only_the_victim_its_state(services: dict[str, Any]) -> None:
    for name, service in services.items():
        (key,) = (one for one in service["volumes"] if one.startswith("key:"))
        assert f"KEY_DIR={key.partition(':')[2]}" in " ".join(instructions(name, "ENV"))
        assert '"$KEY_DIR"' in " ".join(instructions(name, "RUN"))
        assert (len(service["volumes"]) > 1) == (name == "victim")


@pytest.mark.parametrize("name", FOLDERS)
def test_a_container_has_few_rights(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert not {"privileged", "cap_add", "user", "devices", "pid"} & set(service)


@pytest.mark.parametrize("name", FOLDERS)
def test_an_image_runs_as_a_user_without_rights(name: str) -> None:
    users = instructions(name, "USER")
    assert len(users) == 1
    assert int(users[0]) > 0
    # Nothing is written after the user was changed.
    assert re.search(r"^USER .*\nCMD ", dockerfile(name), flags=re.MULTILINE)


def test_the_state_of_the_victim_is_kept_in_a_volume(services: dict[str, Any]) -> None:
    volume, _ = services["victim"]["volumes"]
    name, _, folder = volume.partition(":")
    assert name.isalpha()
    assert f"VAR_DIR={folder}" in " ".join(instructions("victim", "ENV"))


def test_the_attacker_finds_the_victim(services: dict[str, Any]) -> None:
    for site in SITES:
        for variable in PORT_VARIABLES.values():
            assert variable in services[site]["environment"]
    assert services["attacker"]["environment"]["VICTIM_ADDRESS"] == "victim:${VICTIM_PORT:-8000}"


class Health(BaseHTTPRequestHandler):
    """Answers 200 at /health on the right host, and 404 elsewhere."""

    host = ""

    def do_GET(self) -> None:
        right = self.path == "/health" and self.headers["Host"] == self.host
        self.send_response(200 if right else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def health() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("site", SITES)
def test_the_health_check_asks_the_right_host(
    services: dict[str, Any], site: str, health: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, python, *arguments = services[site]["healthcheck"]["test"]
    assert (kind, python) == ("CMD", "python")
    # Compose would take a lone dollar sign for a variable of its own.
    assert "$" not in arguments[-1]

    def run(**more: str) -> int:
        environment = {PORT_VARIABLES[site]: str(health), **more}
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True).returncode

    host = HOSTS[site]
    monkeypatch.setattr(Health, "host", f"{getattr(DEFAULT.domains, host)}:{health}")
    assert run() == run(**{DOMAINS[host]: ""}) == 0
    monkeypatch.setattr(Health, "host", f"another.localhost:{health}")
    assert run(**{DOMAINS[host]: "another.localhost"}) == 0
    assert run() != 0


@pytest.mark.parametrize("name", FOLDERS)
def test_the_domains_are_passed_on(services: dict[str, Any], name: str) -> None:
    environment = services[name]["environment"]
    for variable in DOMAINS.values():
        assert environment[variable] is None


@pytest.mark.parametrize("site", SITES)
def test_the_commands_are_those_of_the_runner(site: str) -> None:
    (command,) = instructions(site, "CMD")
    shell, flag, script = json.loads(command)
    assert (shell, flag) == ("sh", "-c")
    application = APPLICATIONS[site]
    if "(" in application:
        application = f"'{application}'"
    serve = " ".join(
        ("exec python", *SERVERS[GUNICORN], f"--bind 0.0.0.0:${PORT_VARIABLES[site]}", application)
    )
    assert script == serve


@pytest.mark.parametrize("name", FOLDERS)
def test_what_is_copied_exists_and_is_sent_to_the_build(name: str) -> None:
    sources = [part for line in instructions(name, "COPY") for part in line.split()[:-1]]
    assert f"requirements/{LISTS[name]}.txt" in sources
    assert ("gunicorn.conf.py" in sources) == (name in SITES)
    absent = [source for source in sources if not (ROOT / source).exists()]
    assert not absent, f"{FOLDERS[name]}/Dockerfile copies what is not there"
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not {Path(source).parts[0] for source in sources} & set(ignored)


def copied(name: str, there: Path) -> None:
    """Lay out what an image gets."""
    without = shutil.ignore_patterns("tests", "__pycache__")
    for line in instructions(name, "COPY"):
        *sources, to = line.split()
        for source in (ROOT / source for source in sources):
            if source.is_dir():
                shutil.copytree(source, there / to, ignore=without)
            else:
                (there / to).mkdir(exist_ok=True)
                shutil.copy(source, there / to)


def test_alice_finds_all_she_imports_in_her_image(tmp_path: Path) -> None:
    copied("alice", tmp_path)
    # What the sites need, and she doesn't have.
    blocked = (
        "import sys; sys.modules.update(dict.fromkeys(('django', 'flask', 'pytest', 'tools')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked}; import victim_bot.__main__"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("site", SITES)
def test_a_site_finds_all_it_imports_in_its_image(site: str, tmp_path: Path) -> None:
    copied(site, tmp_path)
    module, _, application = APPLICATIONS[site].partition(":")
    server = "import runpy; print(runpy.run_path('gunicorn.conf.py')['worker_class'])"
    load = f"import webserver.worker; {server}; import {module}; {module}.{application}"
    # Nothing but the environment and what was copied, and no tool that isn't there to run.
    blocked = "import sys; sys.modules.update(dict.fromkeys(('playwright', 'pytest', 'tools')))"
    done = subprocess.run(
        [sys.executable, "-c", f"{blocked}; {load}"],
        cwd=tmp_path,
        env={"VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "webserver.worker.Worker\n"


@pytest.mark.parametrize("name", FOLDERS)
def test_packages_are_checked_against_their_hashes(name: str) -> None:
    installs = [line for line in instructions(name, "RUN") if "pip install" in line]
    assert installs == [f"pip install --require-hashes -r requirements/{LISTS[name]}.txt"]


def test_alice_has_the_browsers_that_debian_is_asked_for_elsewhere() -> None:
    (install,) = (line for line in instructions("alice", "RUN") if "apt-get" in line)
    assert set(APT_PACKAGES) <= set(install.split())


def test_docker_accepts_the_file() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker client here")
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("the docker client here has no compose plugin")
    checked = subprocess.run(
        ["docker", "compose", "--file", str(COMPOSE), "config", "--quiet"],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
