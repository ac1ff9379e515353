"""The pytest plugin: `@attacks(action)` makes one test of each attack, position and browser.

The only module of the engine that knows pytest and Django, each only where it's there already.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from csrf_proof.address import WrongUse, address
from csrf_proof.application import stored
from csrf_proof.application.action import Action
from csrf_proof.application.choice import NotApplicable
from csrf_proof.application.proof import Proof
from csrf_proof.application.tries import all_tries, of_page
from csrf_proof.application.verdict import Try, Verdict, told
from csrf_proof.browsers import BrowserMissing, Running
from csrf_proof.profile_names import PROFILES
from csrf_proof.trial import FORGED, NotJudged

MARK = "csrf_attacks"
_UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"


class Forged(AssertionError):
    """An attack did what only the user may do; the message is the report."""


def attacks(
    action: Action, exploit: str | Path = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a test of each attack on an action. The test has a parameter `attack`.

    With `exploit`, a page that somebody has written is the only attack, in each browser. It's text,
    a file, or an address of this machine.
    """
    return getattr(pytest.mark, MARK)(action, exploit)  # type: ignore[no-any-return]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(action, exploit): see csrf_proof.attacks")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None:
        return
    tries = of_page(PROFILES) if mark.args[1] else all_tries(PROFILES)
    metafunc.parametrize("attack", tries, ids=lambda one: one.id, indirect=True)


@dataclass(frozen=True)
class Attempt:
    """One attack in a test."""

    one: Try
    action: Action
    name: str
    exploit: str | Path
    _proofs: _Proofs

    def verdict(self, url: str) -> Verdict:
        """Try it on the application at a URL of this machine.

        Raises:
            NotJudged: Nothing can be said; the message says why.
            NotApplicable: It can't be aimed at this action.
        """
        with self._proofs.at_work():
            page = stored.read(self.exploit) if self.exploit else ""
            return self._proofs.of(self.action, url).verdict(replace(self.one, page=page))

    def assert_blocked(self, url: str) -> None:
        """Fail if the attack does what only the user may do."""
        __tracebackhide__ = True
        verdict = self.verdict(url)
        if verdict.outcome == FORGED:
            raise Forged(told(verdict, self.action.name or self.name))


class _Proofs:
    """The browsers and the controls of one test run."""

    def __init__(self, playwright: Playwright) -> None:
        self._loop = asyncio.get_running_loop()
        self._running = Running(playwright)
        self._proofs: dict[tuple[int, str], Proof] = {}

    def of(self, action: Action, url: str) -> Proof:
        key = id(action), url
        if key not in self._proofs:
            self._proofs[key] = Proof(address(url), action, self._running.get)
        return self._proofs[key]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let Playwright and the application's own code run in this thread.

        Synchronous Playwright leaves its event loop marked as running, and Django then refuses to
        use a database. Only one of them ever runs, so Django may.
        """
        before, running = os.environ.get(_UNSAFE), asyncio._get_running_loop()
        os.environ[_UNSAFE] = "true"
        asyncio._set_running_loop(self._loop)
        try:
            with _django_allows_our_name():
                yield
        finally:
            asyncio._set_running_loop(running)
            if before is None:
                del os.environ[_UNSAFE]

    def close(self) -> None:
        asyncio._set_running_loop(self._loop)
        self._running.close()


@contextmanager
def _django_allows_our_name() -> Iterator[None]:
    """Let a live server of this process answer under the name that attacks need."""
    if "django.conf" not in sys.modules:
        yield
        return
    from django.conf import settings
    from django.test.utils import modify_settings

    with ExitStack() as stack:
        if settings.configured:
            stack.enter_context(modify_settings(ALLOWED_HOSTS={"append": [".localhost"]}))
        yield


@pytest.fixture(scope="session")
def _csrf_proofs(request: pytest.FixtureRequest) -> Iterator[_Proofs]:
    with ExitStack() as stack:
        if request.config.pluginmanager.has_plugin("playwright"):
            proofs = _Proofs(request.getfixturevalue("playwright"))
        else:
            proofs = _Proofs(stack.enter_context(sync_playwright()))
            asyncio._set_running_loop(None)
        yield proofs
        proofs.close()


@pytest.fixture
def attack(request: pytest.FixtureRequest, _csrf_proofs: _Proofs) -> Attempt:
    """One attack on the action of the test's `@attacks`."""
    mark = request.node.get_closest_marker(MARK)
    said = request.node.originalname.removeprefix("test_").replace("_", " ")
    return Attempt(request.param, mark.args[0], said, mark.args[1], _csrf_proofs)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show the report instead of a traceback; a test that says nothing is an error, no failure."""
    report = yield
    if call.excinfo and item.get_closest_marker(MARK):
        error = call.excinfo.value
        if isinstance(error, (BrowserMissing, NotApplicable)):
            report.outcome, report.longrepr = "skipped", (str(item.path), 0, f"Skipped: {error}")
        elif isinstance(error, (Forged, NotJudged, WrongUse)):
            report.longrepr = str(error)
        report.csrf_not_judged = isinstance(error, (NotJudged, WrongUse))
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if getattr(report, "csrf_not_judged", False):
        return "error", "E", "NOT JUDGED"
    return None
