"""The engine without the playground: its wheel, in an empty environment, against a small server."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs

import psutil
import pytest

from csrf_proof.serving import serve
from tools.run import ROOT

NONE, LAX = "SameSite=None; Secure", "SameSite=Lax"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment into which the engine's wheel was installed, once for all
    workers of a run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _install(folder)
            (folder / "ready").touch()
    return folder / "environment" / "bin" / "python"


def _install(folder: Path) -> None:
    build = (sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps")
    _run(*build, "--wheel-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("csrf_proof-*.whl")
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    # The browsers of this machine are those that this version drives.
    playwright = f"playwright=={version('playwright')}"
    _run(str(python), "-m", "pip", "install", "--quiet", str(wheel), playwright)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def application(cookie: str) -> Iterator[str]:
    """A small application in which an e-mail address can be changed; yield its address."""
    saved = {"name": "", "email": "alice@app.example"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = "name" if self.path == "/login" else "email"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            field = f"<input name={name} value={saved[name]}>"
            self.wfile.write(f"<form method=post>{field}</form>".encode())

        def do_POST(self) -> None:
            fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            if self.path == "/login":
                self.send_header("Set-Cookie", f"sessionid=alice; Path=/; {cookie}")
            elif "sessionid=alice" in self.headers.get("Cookie", ""):
                saved["email"] = fields["email"][0]
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with serve(Handler) as port:
        yield f"http://app.localhost:{port}"


def command(python: Path, address: str, *more: str) -> list[str]:
    tried = ("--only", "form-post-cross-site")
    signed_in = ("--sign-in", "/login", "--as", "alice")
    return [str(python.with_name("csrf-proof")), f"{address}/email", *signed_in, *tried, *more]


def attempt(
    python: Path, address: str, *more: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Try to change the e-mail address with a forged form, far from the checkout."""
    return subprocess.run(
        command(python, address, *more),
        cwd=python.parent,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_attack_is_forged_or_blocked_in_an_empty_environment(python: Path, profile: str) -> None:
    with application(NONE) as address:
        forged = attempt(python, address, "--profile", profile)
    assert (forged.returncode, forged.stderr) == (1, "")
    assert "FORGED" in forged.stdout
    assert "{% csrf_token %}" in forged.stdout, "its cookie has the name that Django gives one"

    with application(LAX) as address:
        blocked = attempt(python, address, "--profile", profile)
    assert (blocked.returncode, blocked.stderr) == (0, "")
    assert "SameSite=Lax" in blocked.stdout


def test_the_wheel_takes_any_newer_playwright(python: Path) -> None:
    code = "from importlib.metadata import requires; print(requires('csrf-proof'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert "'playwright>=1.62'" in done.stdout


def test_importing_it_loads_nothing_heavy(python: Path) -> None:
    code = "import sys, csrf_proof; print({'playwright', 'jinja2', 'django'} & set(sys.modules))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://127.0.0.1/email", "isn't an address such as"),
        ("http://bank.example/email", "bank.example isn't this machine"),
        ("https://bank.example/email", "bank.example isn't this machine"),
        ("http://127.0.0.1:1/email", "doesn't answer"),
    ],
)
def test_a_wrong_address_is_refused(python: Path, url: str, sentence: str) -> None:
    done = subprocess.run(
        [str(python), "-m", "csrf_proof", url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_browser_is_told(python: Path) -> None:
    nowhere = {"PATH": "", "HOME": str(python.parent), "PLAYWRIGHT_BROWSERS_PATH": "/nowhere"}
    with application(NONE) as address:
        done = attempt(python, address, env=nowhere)
    assert done.returncode == 2
    assert done.stderr.startswith("There is no browser for the profile chromium")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_a_browser_that_fails_is_told_and_leaves_nothing_running(
    python: Path, number: signal.Signals
) -> None:
    with application(NONE) as address:
        process = subprocess.Popen(
            command(python, address, "--time-limit", "20"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children: list[psutil.Process] = []

        def hit() -> None:
            parent = psutil.Process(process.pid)
            while not any("headless" in child.name() for child in children):
                time.sleep(0.1)
                children[:] = parent.children(recursive=True)
            for child in children:
                with suppress(psutil.NoSuchProcess):  # It ended with the one before.
                    if "headless" in child.name():
                        child.send_signal(number)

        thread = threading.Thread(target=hit)
        thread.start()
        _, said = process.communicate(timeout=120)
        thread.join()
    assert process.returncode == 3, said
    assert said.startswith("Not judged: The browser")
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
