"""Which name a mistyped one is taken for, and when none is better than a wrong one."""

from __future__ import annotations

import pytest

from catalogue.spelling import closest

KNOWN = ["csrf-token", "form-post", "ping-post", "samesite-lax", "samesite-strict"]
MEANT = {
    "two letters swapped": ("form-pots", "form-post"),
    "a wrong letter": ("csrf-tokem", "csrf-token"),
    "no hyphen": ("csrftoken", "csrf-token"),
    "an underscore": ("csrf_token", "csrf-token"),
    "upper case": ("CSRF-TOKEN", "csrf-token"),
    "a beginning that two have": ("samesite-stric", "samesite-strict"),
    "the name itself": ("form-post", "form-post"),
    "half a name": ("post", ""),
    "another word": ("banana", ""),
    "nothing": ("", ""),
    "a very long one": ("form-post" * 1000, ""),
}


@pytest.mark.parametrize(("typed", "meant"), MEANT.values(), ids=MEANT)
def test_a_name_is_taken_for_the_one_that_is_most_like_it(typed: str, meant: str) -> None:
    assert closest(typed, KNOWN) == meant


def test_where_nothing_is_known_nothing_is_meant() -> None:
    assert closest("form-post", []) == ""
