"""`preflight-required`: the API needs the type application/json or the header, by every method.

The types are those of `json-only`'s tests: all that the Fetch standard calls safelisted are
refused, and so are others that aren't JSON.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from victim_site.conftest import CROSS_SITE, Bank, signed_in
from victim_site.defenses.base import all_defenses
from victim_site.defenses.tests.odd import ODD
from victim_site.defenses.tests.test_json_only import CASES, JSON

LAB = "preflight-required"
REFUSED = "no-preflight"
API = "/api/transfer"
PAYMENT = '{"to": "mallory", "amount": 100}'
TYPES = {name: (kind, reason) for name, (method, kind, reason) in CASES.items() if method == "POST"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"]


def verdict(method: str, path: str = API, **meta: Any) -> str | None:
    request = RequestFactory().request(REQUEST_METHOD=method, PATH_INFO=path, **meta)
    reason = all_defenses()[LAB].refusal(request)
    return reason.code if reason else None


@pytest.mark.parametrize(("kind", "reason"), TYPES.values(), ids=TYPES)
def test_only_json_is_a_type_that_is_enough(kind: str | None, reason: str | None) -> None:
    meta = {} if kind is None else {"CONTENT_TYPE": kind}

    assert verdict("POST", **meta) == (reason and REFUSED)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_looked_at(method: str) -> None:
    assert verdict(method) == REFUSED
    assert verdict(method, CONTENT_TYPE="text/plain") == REFUSED
    assert verdict(method, CONTENT_TYPE=JSON) is None
    assert verdict(method, HTTP_X_REQUESTED_WITH="fetch") is None


@pytest.mark.parametrize("value", ["", "XMLHttpRequest", "\xff", "x" * 9000])
def test_the_value_of_the_header_does_not_matter(value: str) -> None:
    assert verdict("POST", CONTENT_TYPE="text/plain", HTTP_X_REQUESTED_WITH=value) is None


@pytest.mark.parametrize("path", ["/", "/transfer", "/api", "/avatar", "/apis/transfer"])
def test_what_is_not_the_api_is_left_alone(path: str) -> None:
    assert verdict("POST", path) is None


@given(kind=st.text() | st.text("aplictonjs/;, =").map("text/plain;".__add__))
@settings(max_examples=200, deadline=None)
def test_any_other_text_is_refused(kind: str) -> None:
    assert verdict("POST", CONTENT_TYPE=kind) == REFUSED


@pytest.mark.django_db
class TestInTheBank:
    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
    def test_what_a_form_can_send_moves_no_money(self, kind: str) -> None:
        alice = signed_in(LAB)

        answer = alice.post(API, PAYMENT, content_type=kind, headers=CROSS_SITE)

        assert (answer.status_code, answer.json()["reason"]) == (403, REFUSED)
        assert alice.balances == (1000, 1000)
        assert alice.attempts[-1]["verdicts"] == [{"defense": LAB, "reason": REFUSED}]

    def test_the_banks_own_script_and_form_work(self) -> None:
        alice = signed_in(LAB)

        alice.post(API, PAYMENT, content_type=JSON, headers={"origin": alice.origin})
        alice.honest("/transfer", {"to": "mallory", "amount": "10"})

        assert alice.balances == (890, 1110)

    def test_a_form_elsewhere_is_not_its_business(self) -> None:
        alice = signed_in(LAB)

        alice.forged("/transfer", {"to": "mallory", "amount": "100"})

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_mutation_that_needs_no_preflight_changes_nothing(self, method: str) -> None:
        alice = signed_in(f"{LAB}--with-graphql")
        query = 'mutation { transfer(to: "mallory", amount: 100) { balance } }'

        answer = getattr(alice, method)("/api/graphql", {"query": query}, headers=CROSS_SITE)

        assert (answer.status_code, answer.json()["reason"]) == (403, REFUSED)
        assert alice.balances == (1000, 1000)

    def test_the_browsers_question_is_answered_no(self) -> None:
        asked = {
            "origin": "http://evil.localhost:9000",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        bank = Bank(LAB)

        answer = bank.options(API, headers=asked)

        assert not [name for name in answer.headers if name.startswith("Access-")]
        assert bank.attempts[-1]["reason"] == "cors-closed"

    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_a_type_of_any_bytes_and_length_is_refused(self, value: str) -> None:
        alice = signed_in(LAB)

        answer = alice.post(API, PAYMENT, content_type="x/x", CONTENT_TYPE=value)

        assert answer.status_code == 403
        assert alice.balances == (1000, 1000)
