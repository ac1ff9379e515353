"""`no-defense`: every request with the session cookie acts."""

from __future__ import annotations

import pytest

from victim_site.conftest import CROSS_SITE, signed_in

pytestmark = pytest.mark.django_db
SITES = {
    "same-origin": {"sec-fetch-site": "same-origin"},
    "same-site": {
        "sec-fetch-site": "same-site",
        "origin": "http://community.x.bank.localhost:9000",
    },
    "cross-site": CROSS_SITE,
    "an opaque origin": {"sec-fetch-site": "cross-site", "origin": "null"},
    "no headers": {},
}


@pytest.mark.parametrize("headers", SITES.values(), ids=SITES.keys())
@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_a_request_acts_wherever_it_comes_from(method: str, headers: dict[str, str]) -> None:
    alice = signed_in("no-defense")
    fields = {"to": "mallory", "amount": "100"}
    data = {"query_params": fields} if method == "head" else {"data": fields}

    getattr(alice, method)("/transfer", headers=headers, **data)

    assert alice.balances == (900, 1100)
    assert alice.attempts[-1]["verdicts"] == []
