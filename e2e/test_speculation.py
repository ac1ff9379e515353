"""Speculation rules on a subdomain: what Chromium loads ahead of time, and what the log says."""

from __future__ import annotations

import json

import pytest

from csrf_proof import profiles
from csrf_proof.serving import serve
from e2e.bank import Lab, Site, browser_cookies
from e2e.conftest import Browsers
from e2e.hostile import HostilePage

ACT = "/transfer?to=mallory&amount=7"
# What isn't there or can't be read, and a lab that doesn't exist.
NOWHERE = (
    "/nowhere?to=mallory",
    "/transfer/?to=mallory&amount=7",
    "/%00",
    "/transfer?to=%00&amount=7",
    "/transfer?to=mallory&amount=%ff",
    "/transfer?to=nobody&amount=7",
    "/api/transfer?to=mallory&amount=7",
    f"/transfer?{'to=mallory&' * 500}",
)


def rules(kind: str, *addresses: str) -> str:
    listed = json.dumps({kind: [{"source": "list", "eagerness": "immediate", "urls": addresses}]})
    return f'<!doctype html><title>Rules</title><script type="speculationrules">{listed}</script>'


@pytest.mark.parametrize("kind", ["prefetch", "prerender"])
@pytest.mark.parametrize("chromium", ["chromium", "chromium-no-3pc"])
def test_strict_is_sent_and_only_the_purpose_and_the_referer_say_whose_idea_it_was(
    chromium: str, kind: str, browsers: Browsers, site: Site
) -> None:
    lab = Lab(site, "samesite-strict--resource-isolation")
    HostilePage.page = rules(kind, f"{lab.url}{ACT}")
    with (
        serve(HostilePage) as port,
        profiles.fresh_context(browsers.get(chromium)) as context,
    ):
        context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        context.new_page().goto(f"http://community.{lab.host}:{port}/")
        attempt, state = lab.wait_for("transfer", 0)

    assert state["accounts"]["alice"]["balance"] == 993
    assert attempt["sec_fetch_site"] == "none"
    assert attempt["sec_purpose"].startswith("prefetch")
    assert ("prerender" in attempt["sec_purpose"]) == (kind == "prerender")
    assert attempt["referer"] == f"http://community.{lab.host}:{port}/"
    assert attempt["initiator"] == "page"


def test_addresses_that_do_not_exist_change_nothing_and_break_nothing(
    browsers: Browsers, site: Site
) -> None:
    lab = Lab(site, "no-defense")
    elsewhere = lab.url.replace("no-defense", "no-such-defense")
    addresses = [*(f"{lab.url}{path}" for path in NOWHERE), f"{elsewhere}{ACT}", "http://", "%"]
    # The last one acts, so all that come before it have been asked for by then.
    HostilePage.page = rules("prefetch", *addresses, f"{lab.url}{ACT}")
    with (
        serve(HostilePage) as port,
        profiles.fresh_context(browsers.get("chromium")) as context,
    ):
        context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        page = context.new_page()
        statuses: list[int] = []
        page.on("response", lambda response: statuses.append(response.status))
        page.goto(f"http://community.{lab.host}:{port}/")
        lab.wait_for("transfer", 0)
        page.wait_for_timeout(2000)

    assert max(statuses) < 500
    assert lab.state()["accounts"]["alice"]["balance"] == 993
    assert [attempt["outcome"] for attempt in lab.state()["attempts"]] == ["applied", "applied"]
