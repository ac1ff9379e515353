"""`resource-isolation`: other sites may lead a visitor to the bank, and load nothing of it.

The rows named "published" are the cases of "Protect your resources from web attacks with Fetch
Metadata" (web.dev), under "How to implement a Resource Isolation Policy", steps 1 to 3 and 5.
On purpose the playground differs in three ways, and the rows named "here" say so: step 4 (addresses
meant for other sites) is left out, since the bank has none; an *empty* Sec-Fetch-Site, which no
browser sends, counts as an unknown value and not as none sent; and the policy is asked of acts
only, not of every page.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from victim_site.conftest import CROSS_SITE, Bank, signed_in
from victim_site.defenses.base import all_defenses
from victim_site.defenses.tests.odd import ODD

LAB = "resource-isolation"
PAYMENT = {"to": "mallory", "amount": "100"}
REFUSED = "fetch-site-cross-site"
# Method, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, reason.
CASES = {
    "published 1: a browser without the headers": ("POST", None, None, None, None),
    "published 2: same-origin": ("POST", "same-origin", "cors", "empty", None),
    "published 2: same-site": ("POST", "same-site", "cors", "empty", None),
    "published 2: none, by the visitor": ("GET", "none", "navigate", "document", None),
    "published 3: a followed link": ("GET", "cross-site", "navigate", "document", None),
    "published 3: a frame": ("GET", "cross-site", "navigate", "iframe", None),
    "published 3: object": ("GET", "cross-site", "navigate", "object", REFUSED),
    "published 3: embed": ("GET", "cross-site", "navigate", "embed", REFUSED),
    "published 5: a form that posts": ("POST", "cross-site", "navigate", "document", REFUSED),
    "published 5: an image": ("GET", "cross-site", "no-cors", "image", REFUSED),
    "published 5: a script": ("GET", "cross-site", "no-cors", "script", REFUSED),
    "published 5: fetch": ("POST", "cross-site", "cors", "empty", REFUSED),
    "published 5: HEAD isn't a GET": ("HEAD", "cross-site", "navigate", "document", REFUSED),
    "a frame that posts": ("POST", "cross-site", "navigate", "iframe", REFUSED),
    "a beacon": ("POST", "cross-site", "no-cors", "empty", REFUSED),
    "a prefetch": ("GET", "cross-site", "no-cors", "empty", REFUSED),
    "HEAD by fetch": ("HEAD", "cross-site", "no-cors", "empty", REFUSED),
    "PUT": ("PUT", "cross-site", "cors", "empty", REFUSED),
    "a preflight": ("OPTIONS", "cross-site", "cors", "empty", REFUSED),
    "an old frame": ("GET", "cross-site", "navigate", "frame", None),
    "a page, and no word of where it goes": ("GET", "cross-site", "navigate", None, None),
    "cross-site, and no word of how": ("GET", "cross-site", None, None, REFUSED),
    "navigate in upper case": ("GET", "cross-site", "NAVIGATE", "document", REFUSED),
    "the mode of older drafts": ("GET", "cross-site", "nested-navigate", "iframe", REFUSED),
    "a socket": ("GET", "cross-site", "websocket", "empty", REFUSED),
    "same-site posts a form": ("POST", "same-site", "navigate", "document", None),
    "same-site loads an image": ("GET", "same-site", "no-cors", "image", None),
    "none posts": ("POST", "none", "navigate", "document", None),
    "an unknown site posts": ("POST", "same-planet", "navigate", "document", REFUSED),
    "an unknown site opens a page": ("GET", "same-planet", "navigate", "document", None),
    "upper case is an unknown site": ("POST", "Same-Origin", "cors", "empty", REFUSED),
    "two values are an unknown site": ("POST", "same-origin, none", "cors", "empty", REFUSED),
    "here: an empty site posts": ("POST", "", None, None, REFUSED),
    "here: an empty site opens a page": ("GET", "", "navigate", "document", None),
}


@pytest.mark.parametrize(
    ("method", "site", "mode", "dest", "reason"), CASES.values(), ids=CASES.keys()
)
def test_verdict(
    method: str, site: str | None, mode: str | None, dest: str | None, reason: str | None
) -> None:
    sent = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    headers = {name: value for name, value in sent.items() if value is not None}
    request = RequestFactory().generic(method, "/transfer", headers=headers)

    verdict = all_defenses()[LAB].refusal(request)

    assert (verdict.code if verdict else None) == reason


@pytest.mark.parametrize("origin", ["http://evil.localhost:9000", "null"])
def test_the_origin_is_not_looked_at(origin: str) -> None:
    request = RequestFactory().post(
        "/transfer", headers={"sec-fetch-site": "same-origin", "origin": origin}
    )

    assert all_defenses()[LAB].refusal(request) is None


@pytest.mark.django_db
class TestInTheBank:
    def test_the_banks_own_form_is_accepted(self) -> None:
        alice = signed_in(LAB)

        alice.honest("/transfer", PAYMENT)

        assert alice.balances == (900, 1100)

    def test_another_sites_form_is_refused(self) -> None:
        alice = signed_in(LAB)

        answer = alice.forged("/transfer", PAYMENT)

        assert answer.status_code == 403
        assert alice.attempts[-1]["reason"] == REFUSED
        assert alice.balances == (1000, 1000)

    def test_a_forged_sign_in_is_refused(self) -> None:
        bank = Bank(LAB)

        bank.forged("/login", {"username": "mallory", "password": "mischief"})

        assert bank.attempts[-1]["reason"] == REFUSED
        assert bank.state["accounts"]["mallory"]["sessions"] == 0

    def test_an_image_cannot_sign_the_visitor_out(self) -> None:
        alice = signed_in(LAB)

        alice.get("/logout", headers=CROSS_SITE | {"sec-fetch-mode": "no-cors"})

        assert alice.attempts[-1]["reason"] == REFUSED
        assert alice.state["accounts"]["alice"]["sessions"] == 1

    def test_here_a_page_that_does_not_act_may_be_loaded_by_anyone(self) -> None:
        answer = Bank(LAB).get("/login", headers=CROSS_SITE | {"sec-fetch-mode": "no-cors"})

        assert answer.status_code == 200

    @pytest.mark.parametrize("header", ["SITE", "MODE", "DEST"])
    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_any_bytes_and_lengths_are_refused(self, header: str, value: str) -> None:
        alice = signed_in(LAB)

        odd: dict[str, Any] = {f"HTTP_SEC_FETCH_{header}": value}

        answer = alice.post("/transfer", PAYMENT, headers=CROSS_SITE, **odd)

        assert answer.status_code == 403
        assert alice.balances == (1000, 1000)
