"""What is not meant to be attacked holds: the teaching side, other labs, and the world outside."""

from __future__ import annotations

import collections
import json
import re
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from catalogue import matrix
from csrf_proof import profiles
from csrf_proof.serving import serve
from e2e import attacks
from e2e.accessibility import Judge
from e2e.bank import Lab, Site, browser_cookies, sign_in_by_hand
from e2e.conftest import Browsers
from e2e.hostile import HostilePage

# What an attacker would send along, so that nothing but the defense is in the way.
FIELDS = {"choice": "forged", "name": "eve", "cookies": "3"}
INPUTS = "".join(f'<input name="{name}" value="{value}">' for name, value in FIELDS.items())
ATTEMPTS = [
    f'<img src="ADDRESS?{urlencode(FIELDS)}">',
    (
        f'<form method="post" action="ADDRESS">{INPUTS}</form>'
        "<script>document.forms[0].submit()</script>"
    ),
    f"""<script>fetch("ADDRESS", {{method: "POST", mode: "no-cors", credentials: "include",
        body: new URLSearchParams("{urlencode(FIELDS)}")}})</script>""",
]
LESSON = "/lessons/the-image/"
# What doesn't make a page look different: whose lab it is, a query, which square of the matrix.
SAME = re.compile(r"--for-[a-z0-9]+|\?.*|(?<=/matrix/)[0-9.]+$")


@pytest.fixture
def hostile() -> Iterator[str]:
    """The address of an attacker's site of the test's own."""
    with serve(HostilePage) as port:
        yield f"http://evil.localhost:{port}/"


def requests_that_end(page: Page) -> list[str]:
    """Return a list that fills with the addresses of requests that are over, well or not."""
    ended: list[str] = []
    page.on("requestfinished", lambda request: ended.append(request.url))
    page.on("requestfailed", lambda request: ended.append(request.url))
    return ended


def unsafe_addresses(site: Site, lab: str) -> set[str]:
    """Return every address of the teaching side that takes an unsafe method, as it tells itself:
    the POST operations of its OpenAPI document, and the forms on its pages."""
    document = json.loads(site.get("playground.localhost", "/api/openapi.json").body)
    found = {path for path, methods in document["paths"].items() if set(methods) - {"get"}}
    for path in (f"/labs/{lab}/", "/lessons/", LESSON, "/self-check/?cookies=0"):
        page = site.get("playground.localhost", path).text
        found |= set(re.findall(r'<form method="post" action="([^"]+)"', page))
    return {site.playground + path.replace("{lab}", lab) for path in found}


def own_cookies(context: BrowserContext, site: Site) -> dict[str, str]:
    """Return what the teaching side keeps in the browser, but for the token's mask."""
    found = {cookie["name"]: cookie["value"] for cookie in context.cookies(site.playground)}
    return {name: value for name, value in found.items() if name != "csrftoken"}


def test_the_teaching_side_survives_the_attacks_that_it_shows(
    request: pytest.FixtureRequest, profile: str, site: Site, hostile: str
) -> None:
    if profile == "chromium-no-3pc" and not request.config.option.all_cells:
        pytest.skip("part of make matrix-full: it sends less than the others")
    context: BrowserContext = request.getfixturevalue("context")
    lab = Lab(site, "no-defense")
    lab.sign_in()
    page = context.new_page()
    page.goto(f"{site.playground}{LESSON}")  # So that the visitor has a CSRF cookie, and a name.
    page.check("input[value=get-refused]")
    page.click("text=That’s my prediction")
    page.wait_for_selector("text=Prediction saved")
    before, cookies = lab.state(), own_cookies(context, site)
    assert before["attempts"], "a reset would not show"
    addresses = unsafe_addresses(site, lab.label)
    assert len(addresses) == 6, addresses
    for address in addresses:
        for attempt in ATTEMPTS:
            HostilePage.page = attempt.replace("ADDRESS", address)
            attacker = context.new_page()
            ended = requests_that_end(attacker)
            attacker.goto(hostile, wait_until="commit")
            deadline = time.monotonic() + 10
            while not any(one.partition("?")[0] == address for one in ended):
                assert time.monotonic() < deadline, f"{attempt} was never sent"
                attacker.wait_for_timeout(20)
    assert lab.state() == before
    assert own_cookies(context, site) == cookies
    page.goto(f"{site.playground}{LESSON}")
    assert page.is_checked("input[value=get-refused]"), "a prediction was forged, or forgotten"

    page.goto(f"{site.playground}/labs/{lab.label}/")
    page.click("text=Reset this lab")  # The control: the page's own button does reset.
    page.wait_for_selector("text=Nothing yet")
    assert lab.state()["attempts"] == []


SPECULATION = """(rules) => {
  const script = document.createElement("script");
  script.type = "speculationrules";
  script.textContent = JSON.stringify(rules);
  document.head.append(script);
}"""


def test_a_page_of_the_bank_that_is_rendered_ahead_of_time_opens_no_feed(
    browsers: Browsers, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = sign_in_by_hand(context, lab)
        # The second address acts by being asked for, and shows that the browser does ask.
        addresses = ["/statement", "/transfer?to=mallory&amount=7"]
        page.evaluate(SPECULATION, {"prerender": [{"source": "list", "urls": addresses}]})
        attempt, _ = lab.wait_for("transfer", 0)
        assert attempt["sec_purpose"] == "prefetch;prerender"
        page.wait_for_timeout(2000)
        assert [a["kind"] for a in lab.state()["attempts"]] == ["act", "act"], "of the sign-in too"

        page.goto(f"{lab.url}/statement")  # The control: shown, it opens its feed.
        lab.wait_for("statement", 0, kind="websocket")


def test_speculation_by_another_page_changes_nothing_on_the_teaching_side(
    browsers: Browsers, site: Site, hostile: str
) -> None:
    lab = Lab(site, "no-defense")
    lab.sign_in()
    before = lab.state()
    addresses = [
        *unsafe_addresses(site, lab.label),
        *(
            f"{site.playground}{path}"
            for path in (LESSON, f"/labs/{lab.label}/", f"/labs/{lab.label}/log/", "/cookies/")
        ),
    ]
    rules = json.dumps({"prefetch": [{"source": "list", "urls": addresses}]})
    links = "".join(f'<link rel="prefetch" href="{address}">' for address in addresses)
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = context.new_page()
        page.goto(f"{site.playground}{LESSON}")
        cookies = own_cookies(context, site)
        ended = requests_that_end(page)
        HostilePage.page = f'{links}<script type="speculationrules">{rules}</script>'
        page.goto(hostile)
        deadline = time.monotonic() + 10
        while not set(addresses) <= {one.partition("?")[0] for one in ended}:
            assert time.monotonic() < deadline, "not all were asked for"
            page.wait_for_timeout(50)
        page.wait_for_timeout(1000)
        assert own_cookies(context, site) == cookies
    assert lab.state() == before


# Where the bank has no token cookie, there is none to toss.
@pytest.mark.parametrize("label", ["no-defense", "naive-double-submit"])
@pytest.mark.parametrize("position", sorted({position for _, position in matrix.load().rows}))
@pytest.mark.sample(2)
def test_no_attack_changes_another_lab(
    browsers: Browsers, site: Site, label: str, position: str
) -> None:
    other = Lab(site, label)
    # One browser for all, since what an attack leaves behind might matter only to the next.
    with profiles.fresh_context(browsers.get("chromium")) as context:
        sign_in_by_hand(context, other)
        state, cookies = other.state(), context.cookies(other.url)
        assert cookies
        expected = matrix.load()
        for attack in (attack for attack, where in expected.rows if where == position):
            # A new one each: alice's money does not last for all.
            target = Lab(site, expected.lab(attack, label))
            context.add_cookies(browser_cookies(target.sign_in(), target.host))
            last = target.state()["attempts"][-1]["id"]
            attacks.launch(context.new_page(), site, attack, position, target.label)
            action = attacks.all_attacks()[attack].action
            control = expected.lab(attack, matrix.CONTROL)
            if expected.outcomes["chromium", attack, position, control] == matrix.NOT_SENT:
                continue
            target.wait_for(action, last, "websocket" if action == "statement" else "act")
        sign_in_by_hand(context, target)
        assert other.state() == state
        assert context.cookies(other.url) == cookies


def test_a_session_of_one_lab_opens_no_other(context: BrowserContext, site: Site) -> None:
    mine, other = Lab(site, "no-defense"), Lab(site, "no-defense")
    page = sign_in_by_hand(context, mine)
    page.goto(other.url)
    assert page.url == f"{other.url}/login"


@pytest.mark.long
def test_no_page_asks_the_outside_and_none_is_hard_to_use(
    request: pytest.FixtureRequest, browsers: Browsers, site: Site
) -> None:
    """Crawl all three sites, signed in; watch every request; let axe judge a page of each kind,
    and with `--all-cells` ten."""
    most = 10 if request.config.option.all_cells else 1
    judged: collections.Counter[tuple[str, str, int]] = collections.Counter()
    lab, guarded = Lab(site, "no-defense"), Lab(site, "csrf-token")
    guarded.sign_in()
    site.request(guarded.host, "POST", "/transfer")  # So that its log has a refusal, too.
    hosts = {"playground.localhost", "evil.localhost", lab.host}
    unlinked = answers_without_a_link(site, lab)
    waiting = [
        *unlinked,
        # Before the logs that all share, which other tests fill.
        f"{site.playground}/labs/{lab.label}/",
        f"{site.playground}/labs/{guarded.label}/",
        f"{site.playground}/",
        f"http://evil.localhost:{site.attacker_port}/",
        f"{lab.url}/",
    ]
    shapes: set[str] = set()
    outside: list[str] = []
    hard_to_use: list[str] = []
    judge = Judge()
    with profiles.fresh_context(browsers.get("chromium")) as context:
        page = sign_in_by_hand(context, lab)

        def watch(address: str) -> None:
            host = urlsplit(address).hostname or ""
            if not (host.endswith(".localhost") or address.startswith(("data:", "about:"))):
                outside.append(address)

        context.on("request", lambda request: watch(request.url))
        while waiting:
            address = waiting.pop(0)
            shape = address if address in unlinked else SAME.sub("", address)
            mine = any(one.label in address for one in (lab, guarded))
            of_others = "/attempts/" in address and not mine
            kind = kind_of(address)
            # Hundreds of labs are linked, and their pages differ in nothing but the lab.
            enough = judged[kind] >= most and "labs" in kind
            if shape in shapes or is_exploit(address) or of_others or enough:
                continue
            shapes.add(shape)
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == unlinked.get(address, 200), address
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            # What is to be saved isn't a page.
            opened = "a[href]:not([download])"
            links = page.eval_on_selector_all(opened, "all => all.map(a => a.href)")
            waiting += [
                urljoin(address, link).partition("#")[0]
                for link in links
                if urlsplit(link).hostname in hosts
            ]
            judged[kind] += 1
            if address in unlinked or judged[kind] <= most:
                hard_to_use += judge.complaints(page)
    assert outside == []
    assert hard_to_use == []
    assert len(shapes) > 40, "the crawl missed most pages"


def kind_of(address: str) -> tuple[str, str, int]:
    """Return what pages of one template have in common: the site, a word, and how deep it lies."""
    parts = urlsplit(address)
    names = parts.path.strip("/").split("/")
    # The attacker's addresses begin with the name of an attack, the others' with what it is.
    word = names[-1] if parts.netloc.startswith("evil.") else names[0]
    return parts.netloc, word, len(names)


def answers_without_a_link(site: Site, lab: Lab) -> dict[str, int]:
    """Return what no page links to as it is here, each with its status."""
    port, compared = site.victim_port, "attack=form-post&position=cross-site"
    return {
        f"{site.playground}/self-check/?cookies=0": 200,
        f"{site.playground}/self-check/?cookies=3": 200,
        f"{site.playground}/compare/?a={lab.label}&b=rule-of-thumb&{compared}": 200,
        f"{site.playground}/compare/?a=nonsense&b=rule-of-thumb&{compared}": 200,
        f"{site.playground}/play/?d=samesite-lax&d=samesite-strict": 200,
        f"{site.playground}/labs/{lab.label}/attempts/0/": 404,
        f"{site.playground}/labs/nonsense/": 404,
        f"{site.playground}/nonsense/": 404,
        f"http://nonsense.bank.localhost:{port}/": 404,
        f"http://post-only.bank.localhost:{port}/transfer?to=mallory&amount=1": 405,
        f"{lab.url}/login": 200,
        f"{lab.url}/pay?to=mallory&amount=7": 200,
        f"http://evil.localhost:{site.attacker_port}/nonsense/": 404,
    }


@pytest.mark.long
def test_no_bait_is_hard_to_use(browsers: Browsers, site: Site) -> None:
    """Open every page that attacks, with a bank that answers nothing, so that it stays."""
    hard_to_use: list[str] = []
    judge = Judge()
    with profiles.fresh_context(browsers.get("chromium")) as context:
        context.route(re.compile(rf":{site.victim_port}/"), lambda route: route.fulfill(status=204))
        for attack in dict.fromkeys(attack for attack, _ in matrix.load().rows):
            position = attacks.all_attacks()[attack].positions[0]
            page = context.new_page()
            lab = Lab(site, matrix.load().lab(attack, "no-defense"))
            attacks.lure(page, site, attack, position, lab.label)
            page.wait_for_function("document.styleSheets.length > 0")
            assert page.is_visible("h1"), attack
            hard_to_use += judge.complaints(page)
            page.close()
    assert hard_to_use == []


def is_exploit(address: str) -> bool:
    """Tell whether opening the address would launch an attack."""
    parts = urlsplit(address)
    rows = {attack for attack, _ in matrix.load().rows}
    return parts.hostname == "evil.localhost" and parts.path.strip("/") in rows
