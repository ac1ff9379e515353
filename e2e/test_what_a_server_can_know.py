"""No page says what the bank can't know: situations are made in browsers, and read afterwards."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from csrf_proof import profiles
from csrf_proof.reasons import REASONS
from csrf_proof.serving import serve
from e2e.bank import Lab, Site, browser_cookies, sign_in_by_hand
from e2e.conftest import Browsers
from e2e.hostile import REDIRECT, HostilePage
from e2e.situations import (
    CLAIMS,
    PAY,
    SHORT_LINK,
    TOKEN_CLAIMS,
    TOKENS,
    VISITOR,
    Facts,
    Situation,
    never,
    situations,
    token_situations,
)
from tools.run import ROOT

SECONDS = 1.5  # What is sent ahead of time comes late, or never.


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serve(HostilePage) as found:
        yield found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make every situation in every browser, or in one browser after another without
    `--all-cells`; in the last case those of all labs but one are left out, too."""
    if "situation" not in metafunc.fixturenames:
        return
    wanted = metafunc.config.getoption("--profile") or list(profiles.STATED)
    every = metafunc.config.getoption("--all-cells")
    pairs = [
        (profile, situation)
        for number, situation in enumerate(situations(all_labs=every))
        for place, profile in enumerate(profiles.STATED)
        if profile in wanted and (every or number % len(profiles.STATED) == place)
    ]
    names = [f"{profile}: {situation.name}" for profile, situation in pairs]
    metafunc.parametrize(("made_in", "situation"), pairs, ids=names)


def test_each_claim_is_part_of_a_sentence() -> None:
    """Else a sentence that was reworded is no longer looked at."""
    said = [reason.about("the bank").sentence for reason in REASONS.values()]
    for file in (ROOT / "victim_site/teaching/labs").glob("*.py"):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        said += [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
    unsaid = [
        claim
        for claim in (*CLAIMS, *TOKEN_CLAIMS)
        if not any(claim in sentence for sentence in said)
    ]
    assert [claim for claim in unsaid if CLAIMS.get(claim) is not never] == []


@pytest.mark.each_browser
@pytest.mark.sample(30)
def test_no_sentence_is_untrue(
    made_in: str, situation: Situation, browsers: Browsers, site: Site, port: int
) -> None:
    lab = Lab(site, situation.lab)
    lab.state()
    with profiles.fresh_context(browsers.get(made_in)) as context:
        if situation.signed_in == "this browser":
            context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        elif situation.signed_in == "another browser":
            lab.sign_in()
        for path, value in zip(("/", "/transfer"), situation.planted, strict=False):
            junk = {"name": "sessionid", "value": value, "domain": f".{lab.host}", "path": path}
            context.add_cookies([junk])  # type: ignore[list-item]
        before = lab.state()
        page = context.new_page()
        make(page, situation, lab, site, port)
        attempt = arrived(page, lab, before, situation)
        if attempt is None:
            pytest.skip("this browser sends nothing here, so nothing is said")
        effect = had_effect(context, lab, situation, before)
        facts = Facts(made_in, situation, "sessionid" in attempt["cookies"], effect)
    text, forged = shown(site, lab, attempt["id"])
    untrue = [claim for claim, holds in CLAIMS.items() if claim in text and not holds(facts)]
    assert untrue == [], (facts, text)
    assert not forged or effect, (facts, text)


@pytest.mark.parametrize(("lab_of", "deed"), token_situations())
@pytest.mark.each_browser
@pytest.mark.sample(4)
def test_no_sentence_about_a_token_is_untrue(
    lab_of: str, deed: str, browsers: Browsers, site: Site
) -> None:
    # One browser after another, since it's the bank alone that judges a token.
    number = token_situations().index((lab_of, deed))
    made_in = profiles.ORDER[number % len(profiles.ORDER)]
    lab = Lab(site, lab_of)
    field, cookie = TOKENS[lab_of]
    with profiles.fresh_context(browsers.get(made_in)) as context:
        page = sign_in_by_hand(context, lab)
        page.goto(f"{lab.url}/transfer")
        page.fill("input[name=to]", "mallory")
        page.fill("input[name=amount]", "7")
        do(deed, page, lab, field, cookie)
        last = lab.state()["attempts"][-1]["id"]
        page.click("main form button")
        attempt, _ = lab.wait_for("transfer", last)
    text, _ = shown(site, lab, attempt["id"])
    came = deed not in {"the field is removed", "the field is emptied"}
    facts = came, deed != "the cookie is deleted"
    untrue = [claim for claim, holds in TOKEN_CLAIMS.items() if claim in text and not holds(*facts)]
    assert untrue == [], text
    assert attempt["reason"] is None or [one for one in TOKEN_CLAIMS if one in text], text


def do(deed: str, page: Page, lab: Lab, field: str, cookie: str) -> None:
    """Do to the open form what happened to its token."""
    at = f"main input[name={field}]"
    if deed == "the field is removed":
        page.eval_on_selector(at, "field => field.remove()")
    elif deed == "the field is emptied":
        page.eval_on_selector(at, "field => { field.value = ''; }")
    elif deed == "the cookie is deleted":
        page.context.clear_cookies(name=cookie)
    elif deed == "the form is older than the sign-in":
        sign_in_by_hand(page.context, lab)
    else:
        browser = page.context.browser
        assert browser
        with profiles.fresh_context(browser) as theirs:
            other = sign_in_by_hand(theirs, lab, "mallory")
            other.goto(f"{lab.url}/transfer")
            value = other.input_value(at)
            cookies = {one["name"]: one for one in theirs.cookies(lab.url)}
        if deed == "the field is another customer's":
            page.eval_on_selector(at, "(field, value) => { field.value = value; }", value)
        else:
            page.context.add_cookies([cookies[cookie]])  # type: ignore[list-item]


def make(page: Page, situation: Situation, lab: Lab, site: Site, port: int) -> None:
    """Make the request of a situation in a browser."""
    if situation.sender == VISITOR:
        page.goto(lab.url + PAY, wait_until="commit")
        return
    evil = site.domains.evil
    redirects = f"http://{evil}:{port}{REDIRECT}"
    HostilePage.location = lab.url + PAY
    if situation.sender == SHORT_LINK:
        page.goto(redirects, wait_until="commit")
        return
    HostilePage.page = situation.page.html.replace("BANK", lab.url).replace("EVIL", redirects)
    community = urlsplit(site.addresses.community(lab.label)).hostname
    host = evil if situation.where == "cross-site" else community
    page.goto(f"http://{host}:{port}/", wait_until="commit")


def arrived(
    page: Page, lab: Lab, before: dict[str, Any], situation: Situation
) -> dict[str, Any] | None:
    """Return the attempt that a situation has left, or None if the browser sent no request."""
    last = before["attempts"][-1]["id"] if before["attempts"] else 0
    early = situation.page.early
    for _ in range(int((SECONDS if early else 10) / 0.05)):
        found = [a for a in lab.state()["attempts"] if a["id"] > last and a["kind"] == "act"]
        if found:
            first: dict[str, Any] = found[0]
            return first
        page.wait_for_timeout(50)
    assert early, f"no request arrived: {situation.name}"
    return None


def had_effect(
    context: BrowserContext, lab: Lab, situation: Situation, before: dict[str, Any]
) -> bool:
    """Tell whether the money is gone, or the victim is in the attacker's account."""
    if situation.page.action == "transfer":
        balance = lab.state()["accounts"]["alice"]["balance"]
        return bool(balance != before["accounts"]["alice"]["balance"])
    page = context.new_page()
    page.goto(lab.url)
    greeting = page.query_selector("h1.greeting")
    return greeting is not None and "mallory" in greeting.inner_text()


def shown(site: Site, lab: Lab, number: int) -> tuple[str, bool]:
    """Return what the log and the picture say of an attempt, and whether they call it forged."""
    said = []
    for path in (f"/labs/{lab.label}/log/", f"/labs/{lab.label}/attempts/{number}/"):
        answer = site.get(site.domains.playground, path)
        assert answer.status == 200, answer.text
        said.append(answer.text)
    log, picture = said
    entry = log.partition(f'id="attempt-{number}"')[2].partition("</li>")[0]
    picture = picture.partition('class="picture')[2].partition("</ol>")[0]
    assert entry, "the attempt isn't in the log"
    assert picture, "the page has no picture"
    text = html.unescape(re.sub(r"<[^>]+>|\s+", " ", f"{entry} {picture}"))
    return re.sub(r" +", " ", text), 'class="outcome forged"' in entry
