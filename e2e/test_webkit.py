"""WebKit, where it's installed: `matrix-webkit.toml`, over https."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext

from catalogue import matrix
from csrf_proof import windows
from csrf_proof.browsers import BrowserMissing
from csrf_proof.profiles import WEBKIT
from csrf_proof.webkit import WebKit, WebKitMissing
from csrf_proof.windows import Window
from e2e.attacks import all_attacks
from e2e.bank import Lab, Site, sign_in_by_hand
from e2e.conftest import Browsers
from e2e.target import LabTarget
from e2e.test_matrix import try_out


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "expected" in metafunc.fixturenames:
        all_cells = metafunc.config.getoption("--all-cells")
        cells = list(matrix.load(matrix.WEBKIT_FILE).cells()) if all_cells else []
        metafunc.parametrize("expected", cells, ids=lambda cell: cell.name)


class SignsInByHand(LabTarget):
    """Only a cookie that the bank itself sets is kept with all that the bank says of it."""

    def sign_in(self, context: BrowserContext, *, by_hand: bool) -> None:
        sign_in_by_hand(context, self._lab)


@pytest.fixture(scope="session")
def webkitgtk() -> Iterator[WebKit | None]:
    try:
        with WebKit() as running:
            yield running
    except WebKitMissing:
        yield None


@pytest.fixture
def window(webkitgtk: WebKit | None, browsers: Browsers) -> Iterator[Window]:
    if webkitgtk:
        with webkitgtk.window() as one:
            yield one
        return
    try:
        browser = browsers.get(WEBKIT)
    except BrowserMissing:
        pytest.skip("WebKit isn't here: apt-get install webkit2gtk-driver xvfb")
    with windows.fresh(browser) as one:
        yield one


def test_cell_in_webkit(
    expected: matrix.Cell,
    window: Window,
    secure: Site,
    record_property: Callable[[str, str], None],
) -> None:
    record_property("cell-profile", WEBKIT)
    lab = Lab(secure, expected.defense)
    try_out(expected, window, lab, SignsInByHand(lab, all_attacks()[expected.attack]))
