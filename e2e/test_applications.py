"""The applications whose lines the pages advise, attacked with these lines and without.

For each: its own forms and scripts work; what its defense stops in the lab is blocked here for the
same kind of reason; and without the lines the same attacks are forged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from catalogue import matrix
from catalogue.applications import FILES, Application, applications, every_application
from csrf_proof import attacker, profiles, trial, windows
from csrf_proof.application.choice import arsenal
from csrf_proof.arsenal import Attack, Shot
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN
from csrf_proof.reasons import COOKIE_NOT_KEPT, REASONS
from csrf_proof.serving import serve
from csrf_proof.visitor import Prepared
from csrf_proof.watching import IGNORED
from csrf_proof.watching import POLICY as POLICY_BROKEN
from csrf_proof.windows import cookie_header
from e2e.applications import (
    Running,
    Target,
    forged_fields,
    running,
    sign_in,
)
from e2e.bank import PASSWORDS
from e2e.conftest import Browsers
from e2e.hostile import HostilePage

PROFILE = profiles.ORDER[0]
PATHS = {
    "transfer": "/transfer",
    "login": "/login",
    "change-password": "/password",
    "statement": "/statement/feed",
    "connect-account": "/lighthouse/connect",
}
API, FEED = "/api/transfer", PATHS["statement"]
# Whose applications act on GET too, since it's GET that the defense is about, or GET as well.
ACT_ON_GET = {
    "browser-default",
    "post-only",
    "reauthentication",
    "resource-isolation",
    "samesite-lax",
    "samesite-strict",
}
# Defenses that are about more than requests that act.
FRAMING, READING, HASTE = "no-framing", "websocket-origin", "delayed-button"
ELSEWHERE = "oauth-state"
# Milliseconds after which nobody is in a hurry.
A_MOMENT = 600
# Attacks that need a weakness are tried where the defense is about it, and its application has it.
WITH_WEAKNESS = {
    "content-policy": {"injected-script-post", "dangling-markup"},
    "per-form-token": {"form-hijack"},
    "oauth-state": {"connect-account-get"},
}
# Flask-WTF answers 400 where others answer 403.
REFUSALS = {("session-token", "Flask"): 400}
# What these applications answer to a transfer of somebody who isn't signed in.
SIGNED_OUT = 400
# Where no request shows that an attack was stopped, what the browser says on the console.
BY_PAGE = {
    "frame-refused": "frame-ancestors",
    "csp-refused": POLICY_BROKEN,
    "press-ignored": IGNORED,
}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Trial:
    """An attack that a defense stops in the lab, and the reason there."""

    attack: Attack
    position: str
    reason: str

    def __str__(self) -> str:
        return f"{self.attack.slug}.{self.position}"


@cache
def stopped() -> dict[str, list[Trial]]:
    """Return what each defense stops in the lab, of what is forged there without one, in the order
    of the matrix."""
    cells: dict[str, list[matrix.Cell]] = {}
    for cell in matrix.load().cells():
        if cell.profile == PROFILE and cell.cookie_age != "old":
            cells.setdefault(cell.defense.partition("--with-")[0], []).append(cell)
    forged = {
        (cell.attack, cell.position)
        for cell in cells[matrix.CONTROL]
        if cell.outcome == matrix.FORGED
    }
    return {
        defense: [
            Trial(arsenal().attacks[cell.attack], cell.position, str(cell.verdict or cell.reason))
            for cell in column
            if cell.outcome == trial.BLOCKED and (cell.attack, cell.position) in forged
        ]
        for defense, column in cells.items()
    }


def trials(application: Application) -> tuple[Trial, ...]:
    """Return what the application can be tried with of the attacks that its defense stops."""
    return tuple(
        one
        for one in stopped()[application.slug]
        if _can_be_tried(application, one.attack, one.position)
    )


def _can_be_tried(application: Application, attack: Attack, position: str) -> bool:
    source, slug = application.source, application.slug
    if attack.needs:
        return attack.slug in WITH_WEAKNESS.get(slug, ())
    if attack.slug == "websocket-hijack":
        return slug == READING
    if attack.slug == "clickjacking":
        return slug == FRAMING
    if attack.opens and slug != HASTE:
        return False  # Few of these applications have a payment link.
    return (
        position in {CROSS_SITE, SUBDOMAIN}
        and action_of(attack) in PATHS
        and (attack.path != API or API in source)
        and (attack.method == "POST" or slug in ACT_ON_GET)
        # The address of the application's form holds no token.
        and attack.slug != "token-leak-referer"
    )


def action_of(attack: Attack) -> str:
    """Return what an attack does here: these applications have no sign-out to forge."""
    return "transfer" if "transfer" in attack.actions else attack.action


def one_trial_for_each_reason() -> Iterator[tuple[Application, Trial]]:
    """Yield what is tried without `--all-cells`: each reason once, and not always by the first that
    it fits."""
    every = [
        (application, one) for application in every_application() for one in trials(application)
    ]
    for turn, reason in enumerate(dict.fromkeys(one.reason for _, one in every)):
        fitting = [pair for pair in every if pair[1].reason == reason]
        yield fitting[turn % len(fitting)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "plan" not in metafunc.fixturenames:
        return
    if metafunc.config.getoption("--all-cells"):
        plans = [(application, trials(application)) for application in every_application()]
    else:
        plans = [(application, (tried,)) for application, tried in one_trial_for_each_reason()]
    metafunc.parametrize(
        "plan",
        plans,
        ids=lambda plan: (
            f"{plan[0].slug}-{plan[0].framework}-{plan[1][0] if plan[1] else 'nothing'}"
        ),
    )


Plan = tuple[Application, tuple[Trial, ...]]


@pytest.mark.sample(8)
def test_what_the_defense_stops_is_forged_without_its_lines(
    plan: Plan, browsers: Browsers, record_property: Callable[[str, object], None]
) -> None:
    application, tried = plan
    with running(application, application.source) as here:
        be_honest(application, here, browsers, others=refused)
        wrong = [said for one in tried if (said := blocked(application, here, one, browsers))]
    with running(application, application.without) as here:
        be_honest(application, here, browsers, others=taken)
        wrong += [said for one in tried if (said := forged(here, one, browsers))]
    assert wrong == []
    record_property("application", f"{application.slug} in {application.framework}")
    record_property("attacks", len(tried))


# Honest visitors, and methods that a browser asks for in advance from another site


def be_honest(
    application: Application, here: Running, browsers: Browsers, others: Callable[[int, bool], bool]
) -> None:
    """Sign in, send money by form, and by script with each method, as the pages do.

    `others` says of each method what must become of it from another site: status, and if it acted.
    """
    with windows.fresh(browsers.get(PROFILE)) as window:
        page = window.page
        page.on("dialog", lambda dialog: dialog.accept("wonderland"))
        sign_in(page, here)
        left = balance(here, page) - 10
        if page.get_by_label("Your password again").count():
            page.get_by_label("Your password again").fill("wonderland")
        send = page.get_by_role("button", name="Send", exact=True)
        if application.slug == HASTE:
            send.hover()
            page.wait_for_timeout(A_MOMENT)
        send.click()
        page.locator("#balance", has_text=str(left)).wait_for()
        if page.get_by_label("New password").count():
            page.get_by_label("New password").fill(PASSWORDS["alice"])
            page.get_by_role("button", name="Change").click()
            page.get_by_text("new passwords so far: 1").wait_for()
        if FEED in application.source:
            page.locator("#feed", has_text="balance").wait_for()
        for method in UNSAFE if API in application.source else ():
            left -= 10
            status = page.evaluate("method => send(method).then(answer => answer.status)", method)
            assert (status, balance(here, page)) == (200, left), method
            status = as_from_another_site(here, page, method)
            assert others(status, balance(here, page) != left), (method, status)
            left = balance(here, page)
        if application.slug == ELSEWHERE:
            connect(here, page)
        survive(here, page)


def connect(here: Running, page: Page) -> None:
    """Let alice's identity at another service open her account; the way back works once."""
    page.goto(f"{here.url}/lighthouse")
    page.get_by_role("button", name="Go to Lighthouse").click()
    page.get_by_label("Password").fill("wonderland")
    page.get_by_role("button", name="Sign in").click()
    with page.expect_request("**/lighthouse/connect?*") as back:
        page.get_by_role("button", name="Continue to the bank").click()
    page.locator("#identity", has_text="alice").wait_for()
    path = back.value.url.removeprefix(here.url)
    cookies = {"Cookie": cookie_header(page.context, here.url)}
    for nonsense in (path, *AT_LIGHTHOUSE):
        status, _ = here.request("GET", nonsense, cookies)
        assert 400 <= status < 500, nonsense


# What another service may bring back if it doesn't work, or isn't what it says.
AT_LIGHTHOUSE = (
    "/lighthouse/connect",
    "/lighthouse/connect?code=&state=",
    "/lighthouse/connect?code=x&code=y&state=x&state=y",
    f"/lighthouse/connect?code={'x' * 1000}&state={'x' * 1000}",
    "/lighthouse/connect?code=%00%ff&state=%00%ff%C3%A4",
)
# What breaks applications that expect good input: method, path, type and body.
BROKEN = (
    ("GET", "/pay?source=x&to=%00", "", ""),
    ("POST", "/login", "application/json", '{"username": [], "password": null}'),
    ("POST", "/login", "application/json", '{"username": "nobody", "password": null}'),
    ("POST", "/transfer", "application/json", '{"current_password": "\\ud800"}'),
    ("POST", "/transfer", "multipart/form-data; boundary=x", "--x\r\n\r\n\r\n--x--"),
    ("PUT", API, "application/json", "[" * 100_000),
    ("PUT", API, "application/json", '{"to": [], "amount": {}, "current_password": "\\ud800"}'),
    ("POST", API, "multipart/form-data; boundary=x", "--x\r\n\r\n\r\n--x--"),
    ("GET", API, "application/json", json.dumps(forged_fields("transfer"))),
)


def survive(here: Running, page: Page) -> None:
    """See that bad input of somebody who is signed in changes nothing, and isn't a failure."""
    before = balance(here, page)
    for method, path, content_type, body in BROKEN:
        for cookies in ({}, {"Cookie": cookie_header(page.context, here.url)}):
            headers = {**cookies, "Content-Type": content_type, "Origin": here.url}
            headers |= {"X-Requested-With": "fetch", "Referer": f"{here.url}/"}
            status, text = here.request(method, path, headers, body)
            assert status < 500, (method, path, body[:50])
            assert "nobody has" not in text
            assert status != 302 or path != "/login", body
    assert balance(here, page) == before


def refused(status: int, acted: bool) -> bool:
    return 400 <= status < 500 and not acted


def taken(status: int, acted: bool) -> bool:
    return status == 200 and acted


def balance(here: Running, page: Page) -> int:
    account = here.account(page.context)
    assert account is not None
    return int(account[1])


def as_from_another_site(here: Running, page: Page, method: str) -> int:
    """Send a request with the cookies of a browser, and all else as it would send it for another
    site that was allowed to; return the status."""
    headers = {
        "Cookie": cookie_header(page.context, here.url),
        "Content-Type": "text/plain;charset=UTF-8",
        "Origin": "http://evil.example",
        "Referer": "http://evil.example/",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
    }
    status, _ = here.request(method, API, headers, json.dumps(forged_fields("transfer")))
    return status


# Where a browser says nothing of the site: over plain http, to any host but this machine's own


@pytest.mark.parametrize("application", applications("fetch-metadata"), ids=FILES)
def test_without_sec_fetch_site_the_origin_decides(
    application: Application, browsers: Browsers
) -> None:
    with (
        running(application, application.source) as here,
        windows.fresh(browsers.get(PROFILE)) as window,
    ):
        sign_in(window.page, here)
        before = balance(here, window.page)
        headers = {
            "Cookie": cookie_header(window.context, here.url),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(forged_fields("transfer"))
        from_elsewhere = {**headers, "Origin": "http://evil.example"}
        assert here.request("POST", "/transfer", from_elsewhere, body)[0] == 403
        assert balance(here, window.page) == before
        own = {**headers, "Origin": here.url}
        assert here.request("POST", "/transfer", own, body)[0] == 302
        assert balance(here, window.page) == before - 100


# Cookies that another host plants


@pytest.mark.parametrize("application", applications("host-prefix"), ids=FILES)
def test_no_subdomain_plants_a_session(application: Application, browsers: Browsers) -> None:
    with running(application, application.source) as here:
        be_honest(application, here, browsers, others=refused)
        names, name = planted(here, browsers)
        assert names
        assert all(cookie.startswith("__Host-") for cookie in names)
        assert name is None
    with running(application, application.without) as here:
        assert planted(here, browsers)[1] == "mallory"


def planted(here: Running, browsers: Browsers) -> tuple[set[str], str | None]:
    """Plant mallory's session from a subdomain in a browser that nobody is signed in with.

    Returns the names of the cookies that the application sets, and who is signed in then.
    """
    mallory = here.attacker()
    mallory.sign_in()
    scripts = [
        f"document.cookie = {json.dumps(f'{name}={value}; Domain={here.host}; Path=/')};"
        for name, value in mallory.cookies.items()
    ]
    HostilePage.page = f"<script>{''.join(scripts)}</script>Planted."
    with serve(HostilePage) as port, windows.fresh(browsers.get(PROFILE)) as window:
        window.page.goto(f"{here.url}/login")
        window.page.goto(f"http://community.{here.host}:{port}/")
        window.page.get_by_text("Planted.").wait_for()
        window.page.goto(f"{here.url}/")
        account = here.account(window.context)
        return set(mallory.cookies), account[0] if account else None


# Attacks


def launch(
    here: Running, tried: Trial, browsers: Browsers, wait_for: trial.Awaited
) -> trial.Result:
    """Try an attack on a running application."""
    attack, action = tried.attack, action_of(tried.attack)
    prepared = Prepared()
    # Where a script sends the forms, they have no token to take.
    if attack.slug in arsenal().servers and "onsubmit" not in here.request("GET", "/login", {})[1]:
        prepared = arsenal().prepare(attack, here.attacker())
    shot = Shot(
        attack=attack,
        origin=here.url,
        action_path=PATHS[action],
        forged=forged_fields(action),
        prepared=prepared,
    )
    with (
        attacker.serving(arsenal(), shot, tried.position) as server,
        windows.fresh(browsers.get(PROFILE)) as window,
    ):
        stolen = (lambda: len(server.loot)) if action == "statement" else (lambda: 0)
        target = Target(here, window.context, shot.path, stolen)
        return trial.run(window, attack, server.address, target, path=shot.path, wait_for=wait_for)


def blocked(application: Application, here: Running, tried: Trial, browsers: Browsers) -> str:
    """Return what is wrong with how the application blocks an attack, or nothing."""
    code = tried.reason
    result = launch(
        here, tried, browsers, "sign" if code == "frame-refused" else trial.awaited(code)
    )
    if result.outcome != trial.BLOCKED:
        return f"{tried}: it was forged"
    if code in BY_PAGE:
        said = " ".join(result.evidence.console)
        return "" if BY_PAGE[code] in said and not result.record else f"{tried}: {said}"
    reason = REASONS[code]
    said = str(REFUSALS.get((application.slug, application.framework), reason.status))
    if reason.by == "browser":
        # After a sign-in, what counts is the cookie, and not what the server answered.
        said = code if code == COOKIE_NOT_KEPT.code else str(SIGNED_OUT)
    return "" if result.reason == said else f"{tried}: {result.reason}, not {said}"


def forged(here: Running, tried: Trial, browsers: Browsers) -> str:
    """Return what is wrong with an attack on the application without its defense, or nothing."""
    result = launch(here, tried, browsers, "act")
    return "" if result.outcome == trial.FORGED else f"{tried}: {result.reason} without the lines"
