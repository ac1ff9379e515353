"""Two labs side by side, and what the page says where one cannot be shown."""

from __future__ import annotations

import re

import pytest

from victim_site.conftest import signed_in, state
from victim_site.label import parse
from victim_site.teaching.labs.tests.reading import ask

pytestmark = pytest.mark.django_db


def sides(page: str) -> list[str]:
    found = re.findall(r'<section aria-labelledby="place-.*?</section>', page, re.DOTALL)
    assert len(found) == 2
    return found


def shown(page: str) -> list[str | None]:
    """Return the lab that each side shows."""
    found = [re.search(r'<h2[^>]*><a href="/labs/([^/"]+)/">', side) for side in sides(page)]
    return [match and match[1] for match in found]


def test_two_labs_stand_side_by_side_each_with_its_own() -> None:
    signed_in("post-only--for-left").forged("/transfer", {"to": "mallory", "amount": "1"})
    signed_in("rule-of-thumb--for-right").forged("/transfer", {"to": "mallory", "amount": "1"})

    left, right = sides(
        ask("/compare/?a=post-only--for-left&b=rule-of-thumb--for-right&attack=form-post")
    )

    for side, lab, verdict in (
        (left, "post-only--for-left", "forged"),
        (right, "rule-of-thumb--for-right", "blocked"),
    ):
        assert f'href="{parse(lab).url}/#try=form-post.cross-site"' in side
        assert f'hx-get="/labs/{lab}/log/"' in side
        newest = side.partition('<li id="attempt-')[2].partition("</li>")[0]
        assert f"</svg> {verdict}</span>" in newest
        assert f"</svg> {verdict}</span>" in side.partition("Expected:")[2].partition("</div>")[0]


def test_what_only_one_lab_has_is_marked() -> None:
    left, right = sides(ask("/compare/?a=post-only&b=rule-of-thumb"))

    assert "only here" not in left
    assert re.findall(r"<code>([a-z-]+)</code></a> <span class=\"only\">", right) == ["csrf-token"]


def test_looking_at_two_labs_brings_none_into_being() -> None:
    ask("/compare/?a=post-only--for-nobody&b=csrf-token--for-nobody")

    assert state("post-only--for-nobody")["attempts"] == []


UNNAMED: dict[str, tuple[str, list[str]]] = {
    "nothing": ("", ["no-defense", "rule-of-thumb"]),
    "a first one": ("a=post-only--for-x", ["post-only--for-x", "rule-of-thumb--for-x"]),
    "the usual second one first": ("a=rule-of-thumb", ["rule-of-thumb", "no-defense"]),
    "a second one": ("b=csrf-token--for-x", ["no-defense--for-x", "csrf-token--for-x"]),
    "the usual first one second": ("b=no-defense", ["rule-of-thumb", "no-defense"]),
}


@pytest.mark.parametrize(("fields", "labs"), UNNAMED.values(), ids=UNNAMED)
def test_a_lab_that_is_not_named_is_the_usual_one(fields: str, labs: list[str]) -> None:
    assert shown(ask(f"/compare/?{fields}")) == labs


def test_labs_that_nobody_has_named_are_the_visitors_own() -> None:
    page = ask("/compare/", learner="otter42")

    assert shown(page) == ["no-defense--for-otter42", "rule-of-thumb--for-otter42"]


def test_both_have_the_weakness_that_the_attack_needs() -> None:
    page = ask("/compare/?a=samesite-strict&b=csrf-token&attack=onsite-redirect-get")

    assert shown(page) == [
        "samesite-strict--with-open-redirect",
        "csrf-token--with-open-redirect",
    ]
    assert "With the weakness that the attack needs." in page


# Which labs are named, what is said, and what is still shown.
BAD_SIDES: dict[str, tuple[str, str, list[str | None]]] = {
    "an unknown first one": (
        "a=csrf-tokem&b=post-only",
        "There is no defense called “csrf-tokem”.",
        [None, "post-only"],
    ),
    "a contradictory second one": (
        "a=post-only&b=samesite-lax--samesite-strict",
        "contradict each other",
        ["post-only", None],
    ),
    "a very long one": (
        f"a=post-only&b={'a' * 3000}",
        "at most 63 characters",
        ["post-only", None],
    ),
    "two bad ones": ("a=www&b=%00", "“www” is a reserved word.", [None, None]),
    "markup": ("a=post-only&b=%3Cscript%3E", "is not a valid name", ["post-only", None]),
    "the same twice": (
        "a=post-only&b=post-only",
        "Both sides are the same lab. Name another one here.",
        ["post-only", None],
    ),
    "the same with what the attack needs": (
        "a=no-defense&b=no-defense--with-open-redirect&attack=onsite-redirect-get",
        "Both sides are the same lab. Name another one here.",
        ["no-defense--with-open-redirect", None],
    ),
}


@pytest.mark.parametrize(("fields", "sentence", "labs"), BAD_SIDES.values(), ids=BAD_SIDES)
def test_a_side_that_is_no_lab_says_why_and_leaves_the_other(
    fields: str, sentence: str, labs: list[str | None]
) -> None:
    page = ask(f"/compare/?{fields}")

    assert sentence in page
    assert shown(page) == labs
    assert page.count('aria-invalid="true"') == labs.count(None)


NO_LAUNCHES = {
    "attack=form-pots": "There is no attack called “form-pots”. This is form-post.",
    "attack=image-get&position=same-origin": (
        "image-get is not launched from a script in the bank’s own page. This is from another site."
    ),
    "attack=image-get&position=moon": "image-get is not launched from “moon”.",
}


@pytest.mark.parametrize(("fields", "sentence"), NO_LAUNCHES.items(), ids=NO_LAUNCHES)
def test_an_attack_that_does_not_exist_is_said_not_to(fields: str, sentence: str) -> None:
    page = ask(f"/compare/?{fields}")

    assert sentence in page
    assert None not in shown(page)
