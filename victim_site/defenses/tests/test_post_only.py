"""`post-only`: what would act is accepted by POST alone."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from victim_site.conftest import signed_in
from victim_site.defenses.base import all_defenses

METHODS = {"GET": True, "HEAD": True, "PUT": True, "BREW": True, "POST": False}


@pytest.mark.parametrize(("method", "refused"), METHODS.items())
def test_only_the_method_post_passes(method: str, refused: bool) -> None:
    request = RequestFactory().generic(method, "/transfer")

    verdict = all_defenses()["post-only"].refusal(request)

    assert (verdict.code if verdict else None) == ("get-refused" if refused else None)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize(
    "path", ["/transfer?to=mallory&amount=10", "/logout", "/email?email=a@b.c"]
)
def test_a_refused_get_says_405_and_which_method_is_allowed(method: str, path: str) -> None:
    alice = signed_in("post-only")
    before = alice.state["accounts"]

    answer = getattr(alice, method)(path)

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert alice.state["accounts"] == before


@pytest.mark.django_db
def test_a_get_without_fields_still_shows_the_form() -> None:
    assert signed_in("post-only").get("/transfer").status_code == 200


@pytest.mark.django_db
def test_a_forged_post_still_acts() -> None:
    alice = signed_in("post-only")

    alice.forged("/transfer", {"to": "mallory", "amount": "100"})

    assert alice.balances == (900, 1100)
