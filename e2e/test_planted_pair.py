"""What a token in the session can't stop before there is a session: a subdomain that plants both
the sign-in form's cookie and the field that goes with it. The prefix `__Host-` stops it.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from csrf_proof.serving import serve
from e2e.bank import PASSWORDS, Lab, Site
from e2e.hostile import HostilePage

PAGE = """<!doctype html>
<script>document.cookie = "{prefix}signin_token=planted; Domain={host}; Path=/{secure}";</script>
<form method="post" action="{url}/login">
<input name="username" value="mallory"><input name="password" value="{password}">
<input name="token" value="planted">
</form>
<script>document.forms[0].submit();</script>
"""


@pytest.mark.parametrize(
    ("label", "prefix", "forged", "reason"),
    [
        ("session-token", "", 1, None),
        ("host-prefix--session-token", "", 0, "token-wrong"),
        ("host-prefix--session-token", "__Host-", 0, "token-wrong"),
    ],
)
def test_a_subdomain_signs_a_visitor_in_by_planting_a_pair_unless_the_cookie_has_the_prefix(
    label: str, prefix: str, forged: int, reason: str | None, context: BrowserContext, site: Site
) -> None:
    lab = Lab(site, label)
    page = context.new_page()
    page.goto(f"{lab.url}/login")
    HostilePage.page = PAGE.format(
        prefix=prefix,
        host=lab.host,
        secure="; Secure" if prefix else "",
        url=lab.url,
        password=PASSWORDS["mallory"],
    )
    with serve(HostilePage) as port:
        page.goto(f"http://community.{lab.host}:{port}/")
        attempt, state = lab.wait_for("login", 0)

    assert (attempt["reason"], state["accounts"]["mallory"]["sessions"]) == (reason, forged)
