"""The short walk from the start page, and the scene at its end."""

from __future__ import annotations

import re

import pytest

from victim_site.conftest import Bank, playground, signed_in
from victim_site.teaching import descriptions
from victim_site.teaching.labs.views.scene import ATTACK, LAB
from victim_site.teaching.tests.audit import audit

pytestmark = pytest.mark.django_db

KITTEN = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "no-cors",
    "sec-fetch-dest": "image",
    "referer": "http://evil.localhost:9000/",
}
FIND = f"/labs/{LAB}/attempt/?by-others&since=0"


def scene() -> str:
    """Return the page that the walk ends with."""
    answer = playground().get(FIND)
    assert answer.status_code == 302
    return audit(answer["Location"])


def test_the_short_walk_ends_with_what_the_kitten_did_and_one_next_step() -> None:
    signed_in(LAB).get("/logout", headers=KITTEN)

    page = scene()

    assert "<h1>A kitten signed you out</h1>" in page
    assert "kitten" in descriptions.attacks()[ATTACK].picture_shows
    assert f'alt="{descriptions.attacks()[ATTACK].picture_shows}"' in page
    assert "Referer: http://evil.localhost:9000/" in page
    assert "Cookie: sessionid=…" in page
    assert re.findall(r'class="button big" href="([^"]+)"', page) == ["/lessons/get-and-post/"]


def test_where_the_browser_sent_no_cookie_the_scene_does_not_say_that_anything_happened() -> None:
    signed_in(LAB)
    Bank(LAB).get("/logout", headers=KITTEN)

    page = scene()

    assert "<h1>A kitten tried to sign you out</h1>" in page
    assert "(no cookie)" in page
    assert f"#try={ATTACK}.subdomain" in page


def test_other_attempts_have_no_scene() -> None:
    visitor = signed_in(LAB)
    visitor.forged("/transfer", {"to": "mallory", "amount": "7"})

    assert "#attempt-" in playground().get(FIND)["Location"]
    number = visitor.attempts[-1]["id"]
    answer = playground().get(f"/labs/{LAB}/attempts/{number}/scene/")
    assert answer["Location"] == f"/labs/{LAB}/attempts/{number}/"
    assert playground().get(f"/labs/{LAB}/attempts/{number + 1}/scene/").status_code == 404


@pytest.mark.parametrize(
    ("agent", "position"),
    [("Mozilla/5.0 Chrome/156.0", "cross-site"), ("Mozilla/5.0 Firefox/153.0", "subdomain")],
)
def test_the_short_walk_begins_where_it_works_in_such_a_browser(agent: str, position: str) -> None:
    page = playground().get("/", headers={"user-agent": agent}).content.decode()

    assert f"#try={ATTACK}.{position}" in page
