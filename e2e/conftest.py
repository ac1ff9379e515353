"""Starts the playground once for the whole run, and hands browsers to the tests.

With `E2E_VICTIM_PORT` and `E2E_ATTACKER_PORT` set (and `E2E_SCHEME`, where that is https), the
tests aim at a playground that runs already; that is also how the workers of a parallel run find
the one that was started for them.
`E2E_MATRIX` names another file of expectations than `matrix.toml` (for sabotage).
"""

from __future__ import annotations

import collections
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from catalogue import matrix
from csrf_proof import profiles, windows
from csrf_proof.browsers import launch
from csrf_proof.positions import CROSS_SITE
from e2e import sample
from e2e.bank import Site
from e2e.sample import of_cell, params_of, profile_of
from e2e.secure import playground_with_https
from tools.run import ROOT, Playground

_started = pytest.StashKey[tuple[Playground, tempfile.TemporaryDirectory[str]]]()
_begin = time.monotonic()
# Each window makes a Firefox slower, 160 of them by a half; a start takes as long as five tests.
TESTS_OF_A_FIREFOX = 60
# The attacks of the classic account: by image, by link, by hidden form.
CLASSIC = {"image-get", "link-get", "form-post"}

# The parameter of a test that tries a cell the long way, since it's usually tried by a shortcut.
SHORTENED = "shortened"
# One attack for each way in which a browser sends a request.
VECTORS = {"image-get", "form-post", "hidden-frame-post", "fetch-post", "beacon-post", "ping-post"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--profile", action="append", help="only this profile; may be given more than once"
    )
    parser.addoption(
        "--all-cells",
        action="store_true",
        help="every cell; otherwise those that differ in more than the defense, and some more",
    )
    parser.addoption(
        "--whole",
        action="store_true",
        help="every variant of a test in every browser, as with --all-cells; otherwise a sample",
    )
    parser.addoption("--cells", type=int, help="this many cells, drawn by --seed")
    parser.addoption("--seed", type=int, default=0)
    parser.addoption(
        "--long-way",
        action="store_true",
        help="a fresh window of the profile's own browser for every cell: no shortcuts",
    )
    parser.addoption("--https", action="store_true", help="serve both sites over https")
    parser.addoption("--source-root", help="start the playground from another tree (for sabotage)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "first: says why others fail, and goes before them")
    config.addinivalue_line("markers", "long: takes a minute or so, and is begun before the others")
    config.addinivalue_line("markers", "each_browser: browsers differ here, so make test has each")
    config.addinivalue_line("markers", "sample(n): make test has so many of its variants")
    if hasattr(config, "workerinput") or "E2E_VICTIM_PORT" in os.environ:
        return
    if config.option.collectonly:
        return
    folder = tempfile.TemporaryDirectory(prefix="csrf-playground-")
    root = Path(config.getoption("--source-root") or ROOT)
    https = config.getoption("--https")
    # Each cell has a lab of its own, and none may make room for another within the hour.
    env = {"MOST_LABS": str(3 * len(provable_cells()))}
    playground = Playground(var_dir=Path(folder.name), root=root, https=https, env=env)
    try:
        playground.start()
    except BaseException:
        playground.stop()
        raise
    os.environ["E2E_VICTIM_PORT"] = str(playground.victim_port)
    os.environ["E2E_ATTACKER_PORT"] = str(playground.attacker_port)
    os.environ["E2E_SCHEME"] = "https" if https else "http"
    config.stash[_started] = (playground, folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _started in config.stash:
        playground, folder = config.stash[_started]
        playground.stop()
        folder.cleanup()
        for name in ("E2E_VICTIM_PORT", "E2E_ATTACKER_PORT", "E2E_SCHEME"):
            del os.environ[name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = metafunc.config.getoption("--profile") or list(profiles.STATED)
    if SHORTENED in metafunc.fixturenames:
        cells = [cell for cell in a_sample_of_shortcuts() if cell.profile in wanted]
        metafunc.parametrize(SHORTENED, cells, ids=lambda cell: cell.name)
    elif "cell" in metafunc.fixturenames:
        cells = [cell for cell in provable_cells() if cell.profile in wanted]
        if count := metafunc.config.getoption("--cells"):
            drawn = random.Random(metafunc.config.getoption("--seed")).sample(cells, count)
            cells = [cell for cell in cells if cell in drawn]
        elif not metafunc.config.getoption("--all-cells"):
            cells = a_cell_for_each_reason(cells)
        metafunc.parametrize("cell", cells, ids=lambda cell: cell.name)
    elif "profile" in metafunc.fixturenames:
        names = [name for name in (*profiles.STATED, profiles.WEBKIT) if name in wanted]
        metafunc.parametrize("profile", names)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests of one browser next to each other: a worker has one at a time, and a start takes as
    long as several tests. What takes long goes first, so that nobody waits for it in the end."""
    option = config.getoption
    if not (option("--whole") or option("--all-cells")):
        kept, left = sample.drawn(items, option("--profile") or [profiles.ORDER[0]])
        config.hook.pytest_deselected(items=left)
        items[:] = kept
    for item in items:
        if of_cell(item):
            item.add_marker(pytest.mark.flaky(reruns=0))  # A verdict has no second try.
    items.sort(key=browser_of)
    marks = ("first", "long")
    early = [item for mark in marks for item in items if item.get_closest_marker(mark)]
    others = [item for item in items if not any(map(item.get_closest_marker, marks))]
    items[:] = dealt(early, others, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def dealt(first: list[pytest.Item], others: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return all tests in an order in which each worker begins with its share of the first.

    With ``--dist worksteal``, each gets as many tests that follow each other; and of the last that
    a worker has left, two can't be taken over by others.
    """
    total, ordered, rest = len(first) + len(others), list[pytest.Item](), iter(others)
    for worker in range(workers):
        share = (total - len(ordered)) // (workers - worker)
        ordered += first[worker::workers]
        ordered += islice(rest, max(0, share - len(first[worker::workers])))
    return [*ordered, *rest]


def browser_of(item: pytest.Item) -> tuple[int, tuple[str, ...]]:
    """Return a key that sorts tests by browser: the profile, and more arguments."""
    for name, value in params_of(item).items():
        if isinstance(value, matrix.Cell):
            long_way = item.config.getoption("--long-way") or name == SHORTENED
            return browser_of_cell(value, long_way=long_way)
    kind = profile_of(item)
    return place_of(kind) if kind else 0, ()


def browser_of_cell(cell: matrix.Cell, *, long_way: bool = False) -> tuple[int, tuple[str, ...]]:
    """Return the same key for a cell."""
    _, browser = way_of(cell.profile, cell.attack, long_way=long_way)
    return place_of(browser), profiles.ages(cell.attack, cell.cookie_age)


def place_of(profile: str) -> int:
    """Return a profile's place in the order; variants and others come last."""
    return profiles.ORDER.index(profile) if profile in profiles.ORDER else len(profiles.ORDER)


def way_of(profile: str, attack: str, *, long_way: bool) -> tuple[str, str]:
    """Return how a cell is tried, and the name of the browser that does: `fresh` in the profile's
    own browser, or by a shortcut (`csrf_proof.windows`)."""
    if profile == "firefox" and not long_way:
        return "kept", profiles.KEPT
    if profile == "chromium-no-3pc" and attack not in windows.NEEDS_FULL_BROWSER and not long_way:
        return "told to block", "chromium"
    return "fresh", profile


def provable_cells() -> list[matrix.Cell]:
    """Return every cell that a browser can try, those of one kind of browser next to each other."""
    expectations = matrix.load(Path(os.environ.get("E2E_MATRIX", matrix.FILE)))
    cells = [cell for cell in expectations.cells() if cell.outcome != matrix.NOT_APPLICABLE]
    return sorted(cells, key=lambda c: (profiles.ORDER.index(c.profile), c.cookie_age))


def a_sample_of_shortcuts() -> list[matrix.Cell]:
    """Return a cell for each vector and position that a shortcut is taken for, without a defense:
    there the browser alone decides. `make parity` tries all the others."""
    return [
        cell
        for cell in provable_cells()
        if way_of(cell.profile, cell.attack, long_way=False)[0] != "fresh"
        and cell.attack in VECTORS
        and cell.defense == matrix.CONTROL
        and cell.cookie_age == "fresh"
    ]


def a_cell_for_each_reason(cells: list[matrix.Cell]) -> list[matrix.Cell]:
    """Keep what `make test` tries; the whole matrix is for `make matrix-full`.

    What a *server* makes of a request does not depend on the browser once the same request has
    arrived, nor on which page made it. So the first profile has one cell for each attack, position
    and reason; the others one for each attack, position and who decided: nobody, the server, or the
    browser by one of its reasons. It is the one whose reason, then whose defense, was tried least
    before; every profile has every reason. The first profile also has the controls, all cells of
    the classic attacks by another site, and all labs that only some rows state, such as flawed
    defenses.
    """
    columns = set(matrix.load().columns)
    kinds: dict[tuple[str | None, ...], list[matrix.Cell]] = {}
    for cell in cells:
        why = cell.reason
        if cell.profile != profiles.ORDER[0] and cell.verdict == cell.reason is not None:
            why = "the server"
        key = (cell.profile, cell.attack, cell.position, why, cell.cookie_age)
        kinds.setdefault(key, []).append(cell)
    tried: collections.Counter[tuple[str, str | None]] = collections.Counter()

    def often(cell: matrix.Cell) -> tuple[int, int]:
        said = cell.verdict or cell.reason
        return tried[cell.profile, said], tried[cell.profile, cell.defense]

    def always(cell: matrix.Cell) -> bool:
        if cell.profile != profiles.ORDER[0]:
            return False
        lab = cell.defense.partition("--with-")[0]
        classic = cell.attack in CLASSIC and cell.position == CROSS_SITE
        return classic or lab == matrix.CONTROL or lab not in columns

    kept = []
    for same in kinds.values():
        least = min(same, key=often)
        for cell in same:
            if cell is least or always(cell) or often(cell)[0] == 0:
                kept.append(cell)
                tried[cell.profile, cell.verdict or cell.reason] += 1
                tried[cell.profile, cell.defense] += 1
    return kept


class Browsers:
    """The browsers of one worker: one at a time, since each takes memory and starts quickly."""

    def __init__(self, playwright: Playwright, *, long_way: bool = False) -> None:
        self._playwright = playwright
        self._long_way = long_way
        self._open: dict[tuple[str, ...], Browser] = {}
        self._given = 0
        self._kept: windows.Kept | None = None

    def get(self, profile: str, *arguments: str) -> Browser:
        """Return a running browser of that profile, once it has proven to be one.

        `arguments` are more of the browser's own, such as `profiles.OLD_COOKIES`. Ask once a test:
        contexts of a browser that was given before may be gone.
        """
        key = (profile, *arguments)
        wears = profile.startswith("firefox")
        worn = wears and self._given == TESTS_OF_A_FIREFOX * (5 if profile == profiles.KEPT else 1)
        if worn or key not in self._open or not self._open[key].is_connected():
            self.close()
            self._given = 0
            kind, prefs = profiles.VARIANTS.get(profile, (profile, None))
            browser = launch(self._playwright, kind, extra_args=arguments, firefox_prefs=prefs)
            self._open[key] = browser
            stated = kind in profiles.STATED
            if stated and (mismatch := profiles.check_third_party(browser, kind)):
                pytest.exit(mismatch, returncode=2)
        self._given += 1
        return self._open[key]

    def takes_shortcut(self, profile: str, attack: str) -> bool:
        return way_of(profile, attack, long_way=self._long_way)[0] != "fresh"

    @contextmanager
    def window(
        self, profile: str, attack: str, *arguments: str, long_way: bool = False
    ) -> Iterator[windows.Window]:
        """Give a window of that profile for one trial of an attack."""
        way, name = way_of(profile, attack, long_way=long_way or self._long_way)
        browser = self.get(name, *arguments)
        if way == "kept":
            if self._kept is None or self._kept.browser is not browser:
                self._kept = windows.Kept(browser)
            with self._kept.window() as window:
                yield window
        else:
            with windows.fresh(browser, told_to_block=way == "told to block") as window:
                yield window

    def close(self) -> None:
        for browser in self._open.values():
            browser.close()
        self._open.clear()


@pytest.fixture(scope="session")
def site() -> Site:
    """Where the playground runs."""
    return Site(
        int(os.environ["E2E_VICTIM_PORT"]),
        int(os.environ["E2E_ATTACKER_PORT"]),
        os.environ.get("E2E_SCHEME", "http"),
    )


@pytest.fixture(scope="session")
def secure() -> Iterator[Site]:
    """Where a playground with https runs; for the whole run, since its tests lie apart in it."""
    with playground_with_https() as found:
        yield found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of this worker: a second one can't be started next to it."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browsers(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browsers]:
    running = Browsers(playwright, long_way=request.config.getoption("--long-way"))
    yield running
    running.close()


@pytest.fixture
def browser_for(playwright: Playwright) -> Iterator[Callable[[str], Browser]]:
    """Browsers of a test's own, by profile: a proof needs one besides the one that records."""
    with ExitStack() as stack:
        yield cache(lambda profile: stack.enter_context(launch(playwright, profile)))


@pytest.fixture
def context(browsers: Browsers, profile: str) -> Iterator[BrowserContext]:
    """A fresh browser context of the test's profile."""
    with profiles.fresh_context(browsers.get(profile)) as fresh:
        yield fresh


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each lesson that was walked, each application, and each profile's cells."""
    said = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    _print_lessons(terminalreporter, said)
    _print_second_tries(terminalreporter)
    _print_applications(terminalreporter, said)
    _print_mutants(terminalreporter)
    _print_cells(terminalreporter)


def _print_second_tries(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each test that `make test` tried a second time, and why."""
    for report in terminalreporter.stats.get("rerun", []):
        crash = getattr(report.longrepr, "reprcrash", None)
        why = crash.message.partition("\n")[0] if crash else "see above"
        terminalreporter.line(f"tried a second time: {report.nodeid}: {why}")


def _print_applications(
    terminalreporter: pytest.TerminalReporter, said: list[dict[str, object]]
) -> None:
    attacks: collections.Counter[str] = collections.Counter()
    for one in said:
        if "application" in one:
            attacks[str(one["application"])] += int(str(one["attacks"]))
    if not attacks:
        return
    terminalreporter.section("the applications")
    for application, count in sorted(attacks.items()):
        terminalreporter.line(f"{application}: {count} blocked, as many forged without its lines")
    terminalreporter.line(f"{len(attacks)} applications, {attacks.total()} attacks, each both ways")


def _print_mutants(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many changed applications were judged, and how many of them rightly."""
    reports = [
        (dict(report.user_properties), report.duration)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    said = [(one, seconds) for one, seconds in reports if "mutant" in one]
    if not said:
        return
    kinds = collections.Counter((one["mutant"], one["judged"]) for one, _ in said)
    broken = sum(count for (label, _), count in kinds.items() if label == "broken")
    terminalreporter.section("the changed applications")
    terminalreporter.line(
        f"{broken} broken, {kinds['broken', 'broken']} of them found; "
        f"{len(said) - broken} sound, {kinds['sound', 'broken']} false alarms; "
        f"{sum(bool(one['not-judged']) for one, _ in said)} not judged in full; "
        f"{sum(seconds for _, seconds in said):.0f} s of browser time"
    )


def _print_lessons(
    terminalreporter: pytest.TerminalReporter, said: list[dict[str, object]]
) -> None:
    walks = sorted(
        (walk for walk in said if "lesson" in walk), key=lambda walk: str(walk["lesson"])
    )
    if walks:
        terminalreporter.section("the lessons")
    for walk in walks:
        line = f"lesson {walk['lesson']}: {walk['steps']} steps, {walk['seconds']:.1f} s"
        terminalreporter.line(line)


def _print_cells(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line a profile: cells, confirmed, refuted, seconds of browser time; and one for
    each cell of which a shortcut said nothing."""
    counts: dict[str, collections.Counter[str]] = {}
    again: list[str] = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            said = dict(report.user_properties)
            profile = said.get("cell-profile")
            if "cell-tried-again" in said:
                again.append(str(said["cell-tried-again"]))
            if profile:
                count = counts.setdefault(str(profile), collections.Counter())
                count[outcome] += 1
                count["seconds"] += report.duration
    if not counts:
        return
    terminalreporter.section("the matrix")
    for profile, count in counts.items():
        cells = count["passed"] + count["failed"]
        terminalreporter.line(
            f"{profile}: {cells} cells, {count['passed']} confirmed, {count['failed']} refuted, "
            f"{count['seconds']:.0f} s of browser time"
        )
    proved = sum(count["passed"] for count in counts.values())
    total = len(provable_cells())
    if profiles.WEBKIT in counts:
        total += len(list(matrix.load(matrix.WEBKIT_FILE).cells()))
    rest = "; the rest by make matrix-full" if proved < total else ""
    terminalreporter.line(f"proved {proved:,} of {total:,} cells{rest}")
    for why in again:
        terminalreporter.line(f"tried again the long way: {why}")
    terminalreporter.line(f"{time.monotonic() - _begin:.0f} s in all")
