"""What a token can't stop before there is a session: a subdomain that has opened the sign-in form
itself, and plants both its cookie and its field. The prefix `__Host-` stops it, and so does a check
of the sender.
"""

from __future__ import annotations

import json
from html import escape

import pytest
from playwright.sync_api import BrowserContext

from csrf_proof.serving import serve
from csrf_proof.visitor import hidden_fields
from e2e.bank import PASSWORDS, Lab, Site
from e2e.hostile import HostilePage

PREFIX = "__Host-"


def page_with_pair(lab: Lab, prefix: str) -> str:
    """Return a page that plants what the sign-in form gives to anybody, and sends a sign-in.

    `prefix` is what the names of the cookies begin with.
    """
    form, _ = lab.open("/login", [])
    fields = hidden_fields(form.text)
    pairs = [line.partition(";")[0].removeprefix(PREFIX) for line in form.set_cookies]
    assert fields
    assert pairs
    there = f"; Domain={lab.host}; Path=/" + "; Secure" * bool(prefix)
    planted = (f"document.cookie = {json.dumps(prefix + pair + there)};" for pair in pairs)
    fields |= {"username": "mallory", "password": PASSWORDS["mallory"]}
    inputs = (f'<input name="{name}" value="{escape(value)}">' for name, value in fields.items())
    return (
        f"<!doctype html><script>{''.join(planted)}</script>"
        f'<form method="post" action="{lab.url}/login">{"".join(inputs)}</form>'
        "<script>document.forms[0].submit();</script>"
    )


@pytest.mark.parametrize(
    ("label", "prefix", "reason"),
    [
        ("session-token", "", None),
        ("per-form-token", "", None),
        ("signed-double-submit", "", None),
        ("naive-double-submit", "", None),
        ("host-prefix--session-token", "", "token-wrong"),
        ("host-prefix--session-token", PREFIX, "token-wrong"),
        ("host-prefix--per-form-token", PREFIX, "token-wrong"),
        ("host-prefix--naive-double-submit", PREFIX, "token-wrong"),
        ("origin-check--session-token", "", "origin-mismatch"),
        ("fetch-metadata--naive-double-submit", "", "fetch-site-same-site"),
        ("csrf-token", "", "origin-mismatch"),
    ],
)
@pytest.mark.each_browser
@pytest.mark.sample(8)
def test_a_subdomain_signs_a_visitor_in_by_planting_a_pair_unless_something_else_stops_it(
    label: str, prefix: str, reason: str | None, context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, label)
    page = context.new_page()
    page.goto(f"{lab.url}/login")
    HostilePage.page = page_with_pair(lab, prefix)
    with serve(HostilePage) as port:
        page.goto(f"http://community.{lab.host}:{port}/")
        attempt, _ = lab.wait_for("login", 0)

    assert attempt["reason"] == reason
    page.goto(lab.url)
    assert page.get_attribute("main", "data-user") == ("mallory" if reason is None else None)
