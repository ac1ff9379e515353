"""`no-framing`: two headers on every page of the bank, and on no page of another lab."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http.response import HttpResponseBase

from victim_site.conftest import Bank, signed_in

pytestmark = pytest.mark.django_db
Ask = Callable[[str, str], HttpResponseBase]


def anonymous(lab: str, path: str) -> HttpResponseBase:
    return Bank(lab).get(path)


def customer(lab: str, path: str) -> HttpResponseBase:
    return signed_in(lab).get(path)


# Who asks for which page, and the status that it has.
PAGES = {
    "the sign-in page": (anonymous, "/login", 200),
    "a redirect": (anonymous, "/", 302),
    "the account": (customer, "/", 200),
    "a form": (customer, "/transfer", 200),
    "a payment link": (customer, "/pay?to=mallory&amount=5", 200),
    "an act that is done": (customer, "/transfer?to=mallory&amount=5", 303),
    "an act that is invalid": (customer, "/transfer?to=mallory&amount=-5", 422),
    "a page that is not there": (anonymous, "/nowhere", 404),
    "a method that is not allowed": (anonymous, "/avatar", 405),
    "a request that is broken": (customer, "/transfer?to=%00&amount=5", 400),
    "too many fields": (customer, "/transfer?" + "&".join(f"a{n}=" for n in range(101)), 400),
}


def framing(answer: HttpResponseBase) -> tuple[str | None, str | None]:
    return answer.get("Content-Security-Policy"), answer.get("X-Frame-Options")


@pytest.mark.parametrize(("ask", "path", "status"), PAGES.values(), ids=PAGES.keys())
def test_every_page_forbids_framing(ask: Ask, path: str, status: int) -> None:
    answer = ask("no-framing", path)

    assert answer.status_code == status
    assert framing(answer) == ("frame-ancestors 'none'", "DENY")


def test_a_refusal_forbids_framing() -> None:
    answer = Bank("no-framing--origin-check").post("/transfer", {"to": "mallory", "amount": "5"})

    assert answer.status_code == 403
    assert framing(answer) == ("frame-ancestors 'none'", "DENY")


@pytest.mark.parametrize("lab", ["no-defense", "rule-of-thumb", "samesite-strict"])
@pytest.mark.parametrize(("ask", "path", "status"), PAGES.values(), ids=PAGES.keys())
def test_no_page_of_another_lab_does(lab: str, ask: Ask, path: str, status: int) -> None:
    assert framing(ask(lab, path)) == (None, None)


def test_a_stack_that_holds_it_forbids_framing() -> None:
    assert framing(anonymous("django-default", "/login")) == ("frame-ancestors 'none'", "DENY")
