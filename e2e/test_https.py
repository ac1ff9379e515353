"""What changes when the bank speaks https, and what does not: `matrix-https.toml`, in browsers."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from catalogue import matrix
from csrf_proof import profiles, windows
from e2e import guide
from e2e.bank import Lab, Site, cookie_header, honest, sign_in_by_hand
from e2e.conftest import Browsers
from e2e.test_matrix import try_out

MATRIX = matrix.load(matrix.HTTPS_FILE)
PROFILES = MATRIX.profiles
# Profiles that differ from another in one thing.
LIKE = {"chromium-no-3pc": "chromium", "firefox-no-origin": "firefox"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "expected" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    cells = [c for c in MATRIX.cells() if c.profile in (option("--profile") or PROFILES)]
    if not option("--all-cells"):
        cells = usual(cells)
    # Those of one kind of browser next to each other.
    cells.sort(key=lambda cell: (PROFILES.index(cell.profile), cell.cookie_age))
    metafunc.parametrize("expected", cells, ids=lambda cell: cell.name)


def usual(cells: list[matrix.Cell]) -> list[matrix.Cell]:
    """Return what is tried without `--all-cells`: one cell for each attack, position and reason.

    Of a profile that is like another only what differs.
    """
    reasons = {(cell.profile, *square(cell)): cell.reason for cell in MATRIX.cells()}
    kept: dict[tuple[str | None, ...], matrix.Cell] = {}
    for cell in cells:
        like = LIKE.get(cell.profile)
        if not like or cell.reason != reasons[like, *square(cell)]:
            key = (cell.profile, cell.attack, cell.position, cell.reason, cell.cookie_age)
            kept.setdefault(key, cell)
    return list(kept.values())


def square(cell: matrix.Cell) -> tuple[str, ...]:
    return (cell.attack, cell.position, cell.defense, cell.cookie_age)


@pytest.mark.sample(16)
def test_cell_over_https(expected: matrix.Cell, browsers: Browsers, secure: Site) -> None:
    lab = Lab(secure, expected.defense)
    ages = profiles.ages(expected.attack, expected.cookie_age)
    with windows.fresh(browsers.get(expected.profile, *ages)) as window:
        try_out(expected, window, lab)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("foreign-token-post/cross-site/session-token", id="the attacker signs in"),
        pytest.param("websocket-hijack/cross-site/post-only", id="feed and loot"),
    ],
)
def test_what_else_travels_does_so_over_https(browsers: Browsers, secure: Site, name: str) -> None:
    name = f"chromium/{name}"
    (cell,) = (cell for cell in matrix.load().cells() if cell.name == name)
    with windows.fresh(browsers.get("chromium")) as window:
        try_out(cell, window, Lab(secure, cell.defense))


@pytest.mark.parametrize("label", ["host-prefix", "samesite-lax"])
def test_an_honest_user_signs_in_and_pays_over_https(
    browsers: Browsers, profile: str, secure: Site, label: str
) -> None:
    lab = Lab(secure, label)
    with profiles.fresh_context(browsers.get(profile)) as context:
        sign_in_by_hand(context, lab)
        (session,) = (c for c in context.cookies() if c["name"].endswith("sessionid"))
        assert session["secure"]
        page = context.new_page()
        page.goto(lab.url)
        page.click("#quick button")
        page.wait_for_selector("#quick-result:text-is('Paid 10.')")
    assert lab.state()["accounts"]["alice"]["balance"] == 990


def test_over_https_the_session_cookie_goes_out_once(secure: Site) -> None:
    lines = [line for line in Lab(secure, "no-defense").sign_in() if "sessionid" in line]
    assert len(lines) == 1
    assert "Secure" in lines[0]


def test_three_clicks_lead_to_a_forged_request_over_https(browsers: Browsers, secure: Site) -> None:
    with profiles.fresh_context(browsers.get("chromium")) as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(secure.playground)
        page.click("text=See an image sign you out")
        page.click("main form[action='/login'] button")
        guide.there_and_back(page, "image-get")
        page.click("text=See what happened")
        expect(page.locator("h1")).to_have_text("A kitten signed you out")
    assert [address for address in asked if not address.startswith("https://")] == []


# Django's strict look at the Referer. (The cells of `firefox-no-origin` show it in a browser.)
# A token is there each time, so that nothing else is amiss.
@pytest.mark.parametrize(
    ("referer", "over_http", "over_https"),
    [
        ("", None, "referer-missing"),
        ("https://evil.localhost/page", None, "referer-mismatch"),
        ("http://{host}/page", None, "referer-mismatch"),
        ("https://{host}/page", None, None),
    ],
    ids=["none", "another site", "the bank without https", "the bank"],
)
def test_without_an_origin_django_asks_for_a_referer_over_https_alone(
    site: Site, secure: Site, referer: str, over_http: str | None, over_https: str | None
) -> None:
    for where, reason in ((site, over_http), (secure, over_https)):
        lab = Lab(where, "csrf-token")
        cookies = cookie_header(lab.sign_in())
        form = where.request(lab.host, "GET", "/transfer", {"Cookie": cookies})
        fields = {**honest(form.text).fields, "to": "mallory", "amount": "100"}
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        if referer:
            headers["Referer"] = referer.format(host=f"{lab.host}:{where.victim_port}")
        where.request(lab.host, "POST", "/transfer", headers, urlencode(fields))
        assert lab.state()["attempts"][-1]["reason"] == reason, where.scheme
        assert lab.state()["accounts"]["alice"]["balance"] == (1000 if reason else 900)


def test_plain_http_is_told_what_to_do(secure: Site) -> None:
    answer = replace(secure, scheme="http").get("playground.localhost", "/")
    assert answer.status == 400
    assert "begin the address with https://" in answer.text
