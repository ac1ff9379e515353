"""Pages that a learner has put together: made of numbers, never of words in an address."""

from __future__ import annotations

import re

import pytest

from attacker_site.tests.conftest import ARSENAL, Document, Get
from attacker_site.tests.test_exploits import HOSTS, LAB
from catalogue.gaps import Exercise, exercise_of
from csrf_proof.arsenal import Attack

EXERCISES = {
    attack.slug: (attack, found)
    for attack in ARSENAL.attacks.values()
    if (found := exercise_of(attack))
}
# When the page was asked for, which is in its link to what is behind it.
WHEN = re.compile(r"at=\d+")


@pytest.mark.parametrize(("attack", "exercise"), EXERCISES.values(), ids=EXERCISES)
def test_with_all_right_choices_it_is_the_attacks_page_byte_for_byte(
    get_any: Get, attack: Attack, exercise: Exercise
) -> None:
    host, query = HOSTS[attack.launched_from[0]]
    fill = ".".join(map(str, exercise.right))

    own = get_any(f"/{attack.slug}/?{query}", host)
    chosen = get_any(f"/{attack.slug}/try/{fill}/?{query}", host)

    assert own.status_code == chosen.status_code == 200
    assert WHEN.sub("", own.text) == WHEN.sub("", chosen.text)
    assert dict(own.headers) == dict(chosen.headers)


def test_a_choice_is_in_the_page_and_in_what_is_shown_of_it(get: Get) -> None:
    page = get(f"/form-post/try/0.0.2/?lab={LAB}").text
    behind = get(f"/form-post/try/0.0.2/behind/?lab={LAB}")
    hold = get(f"/form-post/try/0.0.2/hold/?lab={LAB}").text
    still = get(f"/form-post/try/0.0.2/still/?lab={LAB}")

    assert 'method="get"' in page
    assert 'method="post"' not in page
    assert "get" in behind.text.partition('id="served"')[2].partition("</pre>")[0]
    # It would be about the attack's own page.
    assert "The request that it causes" not in behind.text
    assert f"/form-post/try/0.0.2/?lab={LAB}" in Document(behind.text).addresses()
    links = {link.partition("#")[0] for link in Document(hold).addresses()}
    assert {f"/form-post/try/0.0.2/?lab={LAB}", f"/form-post/try/0.0.2/still/?lab={LAB}"} <= links
    assert 'method="get"' in still.text
    assert "sandbox" in still.headers["Content-Security-Policy"]


@pytest.mark.parametrize("page", ["", "hold/", "still/", "behind/"])
@pytest.mark.parametrize(
    "choices", ["0.0", "9.0.0", "-1.0.0", "<b>.0.0", "method=get", "0.0.0.0", "²", "%00"]
)
def test_anything_but_numbers_that_exist_is_a_404_with_a_sentence(
    get: Get, choices: str, page: str
) -> None:
    answer = get(f"/form-post/try/{choices}/{page}?lab={LAB}")

    assert answer.status_code == 404
    assert "name a choice for each gap" in answer.text
    assert choices not in answer.text


def test_an_attack_without_an_exercise_has_no_such_page(get: Get) -> None:
    assert get(f"/image-get/try/0/?lab={LAB}").status_code == 404
    assert get(f"/no-such-attack/try/0/?lab={LAB}").status_code == 404


def test_it_is_refused_as_the_page_itself_is(get: Get) -> None:
    assert get("/form-post/try/1.0.2/?lab=.").status_code == 400
    assert get(f"/form-post/try/1.0.2/?lab={LAB}&action=nothing").status_code == 400
    assert get(f"/form-post/try/1.0.2/?lab={LAB}", method="POST").status_code == 405
