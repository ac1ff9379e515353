"""A mistyped name in an address: the answer says what was probably meant, and where the list is."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from victim_site.conftest import Bank, playground

pytestmark = pytest.mark.django_db

BANK = settings.ADDRESSES.bank
MISTYPED = {
    "an attack": ("/attacks/form-pots/", "/attacks/form-post/"),
    "a defense": ("/defenses/csrf_token/", "/defenses/csrf-token/"),
    "a stack": ("/defenses/everthing/", "/defenses/everything/"),
    "a weakness": ("/weaknesses/opne-redirect/", "/weaknesses/open-redirect/"),
    "a weakness as a label has it": (
        "/weaknesses/with-open-redirect/",
        "/weaknesses/open-redirect/",
    ),
    "a lesson": ("/lessons/post-alnoe/", "/lessons/post-alone/"),
    "a lesson as its file is called": ("/lessons/03-post-alone/", "/lessons/post-alone/"),
    "a lesson's presenter view": ("/lessons/post-alnoe/present/", "/lessons/post-alone/"),
    "a lab": ("/labs/csrf-tokem/", "/labs/csrf-token/"),
    "a lab's log": ("/labs/csrf-tokem/log/", "/labs/csrf-token/"),
    "a lab in upper case": ("/labs/NO-DEFENSE/", "/labs/no-defense/"),
    "every part of a lab": (
        "/labs/post-olny--csrf-tokem--with-opne-redirect--for-otter42/",
        "/labs/post-only--csrf-token--with-open-redirect--for-otter42/",
    ),
    "a weakness without its word": (
        "/labs/no-defense--open-redirect/",
        "/labs/no-defense--with-open-redirect/",
    ),
    "a lab to aim at": (
        "/your-own-exploit/?lab=%3Cb%3Ecsrf-tokem",
        "/labs/csrf-token/",
    ),
}
# What is like nothing, or would make no lab either.
NOT_MEANT = [
    "/attacks/banana/",
    "/defenses/banana/",
    "/weaknesses/banana/",
    "/lessons/banana/",
    "/lessons/13/",
    "/lessons/0/",
    f"/lessons/{'9' * 5000}/",
    "/labs/banana/",
    "/labs/csrf-token--banana/",
    "/labs/csrf-token--csrf-tokem/",
    "/labs/samesite-lax--samesite-stric/",
    f"/labs/{'csrf-tokem--' * 20}no-defense/",
]
MEANT = re.compile('<p>Did you mean <a href="([^"]*)">([^<]*)</a>[?]</p>')


@pytest.mark.parametrize(("typed", "meant"), MISTYPED.values(), ids=MISTYPED)
def test_a_mistyped_name_gets_the_one_that_was_meant(typed: str, meant: str) -> None:
    answer = playground().get(typed)

    page = answer.content.decode()
    _, folder, name, _ = meant.split("/")
    assert answer.status_code == 404
    assert MEANT.findall(page) == [(meant, name)]
    assert f'<a href="/{folder}/">list of {folder}</a>' in page
    assert "<b>" not in page
    assert playground().get(meant).status_code == 200


@pytest.mark.parametrize("typed", NOT_MEANT)
def test_where_no_name_is_alike_the_list_is_offered_alone(typed: str) -> None:
    answer = playground().get(typed)

    page = answer.content.decode()
    folder = typed.split("/")[1]
    assert answer.status_code == 404
    assert "Did you mean" not in page
    assert f'<a href="/{folder}/">list of {folder}</a>' in page


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("csrf-tokem", "csrf-token"),
        ("csrf-tokem--for-otter42", "csrf-token--for-otter42"),
        ("no-defense--with-opne-redirect", "no-defense--with-open-redirect"),
    ],
)
def test_the_host_of_no_lab_leads_to_the_lab_that_was_meant(typed: str, meant: str) -> None:
    answer = Bank(typed).get("/transfer?to=mallory&amount=5")

    assert answer.status_code == 404
    assert MEANT.findall(answer.content.decode()) == [(f"{BANK(meant)}/", meant)]
    assert "<h2>Defenses</h2>" in answer.content.decode()


@pytest.mark.parametrize("typed", ["banana", "no-defense.csrf-tokem", f"{'a.' * 5000}x", "www"])
def test_the_host_of_no_lab_says_what_there_is_where_none_is_alike(typed: str) -> None:
    answer = Bank(typed).get("/")

    assert answer.status_code == 404
    assert "Did you mean" not in answer.content.decode()
    assert "<h2>Defenses</h2>" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("/lessons/3/", "/lessons/post-alone/"),
        ("/lessons/03/", "/lessons/post-alone/"),
        ("/lessons/12/", "/lessons/nothing-helps/"),
        ("/lessons/3/present/", "/lessons/post-alone/present/"),
    ],
)
def test_the_number_of_a_lesson_leads_to_it(typed: str, page: str) -> None:
    answer = playground().get(typed)

    assert (answer.status_code, answer["Location"]) == (302, page)
