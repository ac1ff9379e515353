"""A forged sign-in whose answer no window shows: it's the browser that decides about the cookie."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from csrf_proof.serving import serve
from e2e.bank import PASSWORDS, Lab, Site, sign_in_by_hand
from e2e.hostile import HostilePage

MALLORY = f"username=mallory&password={PASSWORDS['mallory']}"
WAYS = {
    "a hidden frame": '<iframe name="f" hidden></iframe><form method="post" action="BANK/login" '
    'target="f"><input name="username" value="mallory"><input name="password" value="'
    f'{PASSWORDS["mallory"]}"></form><script>document.forms[0].submit()</script>',
    "fetch": '<script>fetch("BANK/login", {method: "POST", mode: "no-cors", '
    f'credentials: "include", body: new URLSearchParams("{MALLORY}")}})</script>',
    "an image": f'<img src="BANK/login?{MALLORY.replace("&", "&amp;")}" alt="">',
}
LABELS = ("no-defense", "samesite-lax", "samesite-strict", "browser-default")
KEEPS_IT = ("no-defense", "chromium")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("first", ["nobody", "alice"])
@pytest.mark.each_browser
@pytest.mark.sample(12)
def test_it_is_forged_only_where_the_browser_keeps_the_cookie(
    first: str, label: str, way: str, profile: str, context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, label)
    if first == "alice":
        sign_in_by_hand(context, lab)
    before = [attempt["id"] for attempt in lab.state()["attempts"]]
    HostilePage.page = f"<!doctype html><title>Unseen</title>{WAYS[way].replace('BANK', lab.url)}"
    page = context.new_page()
    with serve(HostilePage) as port:
        page.goto(f"http://evil.localhost:{port}/")
        attempt, _ = lab.wait_for("login", max(before, default=0))
        page.wait_for_load_state()
    assert (attempt["outcome"], attempt["confirmed"]) == ("applied", False)

    page.goto(lab.url)

    kept = (label, profile) == KEEPS_IT
    now = page.get_attribute("main", "data-user")
    assert now == ("mallory" if kept else "alice" if first == "alice" else None)
    (attempt,) = (a for a in lab.state()["attempts"] if a["id"] == attempt["id"])
    assert attempt["confirmed"] == kept
