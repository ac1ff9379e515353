"""A bait page that is shown for a moment before it runs."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from attacker_site.tests.conftest import Document, Get
from attacker_site.tests.test_exploits import ATTACKS, HOSTS, LAB
from csrf_proof.arsenal import Attack


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_what_is_shown_may_do_nothing_and_leads_to_what_runs(get: Get, attack: Attack) -> None:
    host, query = HOSTS[attack.positions[0]]

    shown = get(f"/{attack.slug}/hold/?{query}", host)
    still = get(f"/{attack.slug}/still/?{query}", host)

    links = {urlsplit(link).path for link in Document(shown.text).addresses()}
    assert {f"/{attack.slug}/", f"/{attack.slug}/still/"} <= links
    assert attack.bait in shown.text
    policy = still.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(policy)


@pytest.mark.parametrize("page", ["hold", "still"])
def test_it_is_refused_as_the_page_itself_is(get: Get, page: str) -> None:
    assert get(f"/no-such-attack/{page}/?lab={LAB}").status_code == 404
    assert get(f"/form-post/{page}/?lab=.").status_code == 400
    assert get(f"/form-post/{page}/?lab={LAB}&action=nothing").status_code == 400
    assert get(f"/form-post/{page}/?lab={LAB}", method="POST").status_code == 405
