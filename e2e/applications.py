"""An application from a defense's folder as a target: started as its own instructions say."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from catalogue.applications import PORT, Application
from csrf_proof.trial import ACT, Look, Record
from csrf_proof.visitor import Account, Visitor
from csrf_proof.windows import cookie_header
from e2e.bank import PASSWORDS
from tools.run import free_port

START_SECONDS = 30.0
_ACCOUNT = re.compile(r'(\w+) has <b id="balance">(-?\d+)</b>(?:, new passwords so far: (\d+))?')
# Where an application lets people sign in with another service: whose identity opens the account.
_IDENTITY = re.compile(r'<b id="identity">(\w+)</b>')
# A request in the log that these servers write: its path and the status of the answer.
_LOGGED = re.compile(r'"[A-Za-z]+ (/[^ ?"]*)[^"]*" (\d{3}|\[accepted\])')
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Running:
    """A running application, asked over HTTP by the name that its instructions give."""

    host: str
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def connect(self, seconds: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: str = ""
    ) -> tuple[int, str]:
        """Return the status and the text of an answer."""
        connection = self.connect(START_SECONDS)
        try:
            connection.request(method, path, body, {"Host": f"{self.host}:{self.port}", **headers})
            with connection.getresponse() as answer:
                return answer.status, answer.read().decode()
        finally:
            connection.close()

    def account(self, context: BrowserContext) -> tuple[str, ...] | None:
        """Return who is signed in by the cookies of a browser, how much they have and, if the page
        says so, how often their password was changed, or who else can sign in to their account."""
        return self.account_by(cookie_header(context, self.url))

    def account_by(self, cookies: str) -> tuple[str, ...] | None:
        """The same by a header with cookies."""
        _, page = self.request("GET", "/", {"Cookie": cookies})
        found, identity = _ACCOUNT.search(page), _IDENTITY.search(page)
        return found.groups() + (identity.groups() if identity else ()) if found else None

    def answers(self, path: str) -> list[int]:
        """Return the statuses with which requests for a path were answered so far, by its log; of a
        WebSocket that was opened it is 101."""
        logged = _LOGGED.findall(_COLOR.sub("", self.log.read_text(encoding="utf-8")))
        return [int(said) if said.isdecimal() else 101 for asked, said in logged if asked == path]

    def attacker(self) -> Visitor:
        """Return a visit with the attacker's own account."""
        return Visitor(self.url, self.connect, Account("mallory", PASSWORDS["mallory"]))


class Target:
    """A running application under an attack on one of its paths, in a browser's context.

    Its records come from the log of its server: the reason of a refusal is the status. `stolen`
    counts what the attacker got, which changes nothing in the application.
    """

    def __init__(
        self, running: Running, context: BrowserContext, path: str, stolen: Callable[[], int]
    ) -> None:
        self.url = running.url
        self.site = running.host
        self._running = running
        self._context = context
        self._path = path
        self._stolen = stolen
        self._before: int | None = None

    def sign_in(self, context: BrowserContext, *, by_hand: bool) -> None:
        sign_in(context.new_page(), self._running)

    def look(self) -> Look:
        answers = self._running.answers(self._path)
        if self._before is None:
            self._before = len(answers)
        said = [str(status) if status >= 400 else None for status in answers[self._before :]]
        stolen = self._stolen()
        if stolen:  # Through a WebSocket, which the log mentions once it's closed.
            said.append(None)
        state = self._running.account(self._context), stolen
        return Look(state, tuple(Record(ACT, reason) for reason in said))


def sign_in(page: Page, running: Running, name: str = "alice") -> None:
    """Sign in with the application's own form."""
    page.goto(f"{running.url}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name])
    page.get_by_role("button", name="Sign in").click()
    page.locator("#balance").wait_for()


@contextmanager
def running(application: Application, source: str) -> Iterator[Running]:
    """Save the source under the application's name and start it by its own last instruction.

    Raises:
        AssertionError: It ends, or doesn't answer in time.
    """
    port = free_port()
    command = shlex.split(application.instructions[-1].replace(PORT, str(port)))
    if "runserver" in command:
        command.append("--noreload")  # Else a second process starts and has to be found.
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    with (
        tempfile.TemporaryDirectory(prefix="application-") as folder,
        Path(folder, "output").open("w+") as output,
    ):
        Path(folder, application.file.name).write_text(source, encoding="utf-8")
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            started = Running(application.host, port, Path(output.name))
            _wait(process, started)
            yield started
            said = started.log.read_text()
            assert "Traceback" not in said, said
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], started: Running) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, started.log.read_text()
        with suppress(OSError):
            status, page = started.request("GET", "/login", {})
            assert status == 200, page + started.log.read_text()
            return
        time.sleep(0.05)
    raise AssertionError(
        f"It doesn't answer after {START_SECONDS:.0f} s: {started.log.read_text()}"
    )


def forged_fields(action: str) -> dict[str, str]:
    """Return what an attack sends: a transfer, a sign-in to mallory's account, or a password, which
    is alice's first, so that the next attack's victim can sign in."""
    if action == "login":
        return {"username": "mallory", "password": PASSWORDS["mallory"]}
    if action == "change-password":
        return {"new_password": PASSWORDS["alice"]}
    return {"to": "mallory", "amount": "100"}
