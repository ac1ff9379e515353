"""The grammar of labels; which names exist is tested in `victim_site/tests/test_label.py`."""

from __future__ import annotations

import pytest

from catalogue.labels import LONGEST_LABEL, Names, is_label, split, with_weakness, without_owner

GOOD = [
    "no-defense",
    "csrf-token",
    "post-only--csrf-token",
    "samesite-strict--with-open-redirect",
    "csrf-token--for-otter42",
    "csrf-token--for-abcdefghijkl",
    "a--b--with-c--with-d--for-e",
    "no-defense--with-two-step--for-a-b",
    "2--3",
    "formal",
    "without",
    "a" * 63,
]
BAD = {
    "empty": "",
    "upper case": "No-Defense",
    "underscore": "csrf_token",
    "dot": "a.b",
    "slash": "a/b",
    "at sign": "a@b",
    "port": "a:80",
    "line break at the end": "no-defense\n",
    "other digits": "a٣",
    "leading hyphen": "-a",
    "trailing hyphen": "a-",
    "three hyphens": "a---b",
    "trailing separator": "a--",
    "weakness first": "with-open-redirect",
    "owner first": "for-otter42",
    "weakness before a defense": "a--with-b--c",
    "owner before a weakness": "a--for-b--with-c",
    "two owners": "a--for-b--for-c",
    "owner too long": "a--for-abcdefghijklm",
    "owner without a name": "a--for",
    "weakness without a name": "a--with",
    "reserved community": "community",
    "reserved www": "a--www",
    "too long": "a" * 64,
}


@pytest.mark.parametrize("label", GOOD)
def test_a_well_formed_label_is_accepted(label: str) -> None:
    assert is_label(label)


@pytest.mark.parametrize("label", BAD.values(), ids=BAD)
def test_anything_else_is_refused(label: str) -> None:
    assert not is_label(label)


def test_a_label_is_split_into_what_it_names() -> None:
    assert split("a--b--with-c--with-d--for-e-f") == Names(("a", "b"), ("c", "d"), "e-f")


def test_the_label_without_its_owner_is_the_lab_that_everyone_shares() -> None:
    assert without_owner("a--with-b--for-me") == without_owner("a--with-b") == "a--with-b"


WEAK = {
    "a weakness": ("a", "b", "a--with-b"),
    "before the owner": ("a--for-me", "b", "a--with-b--for-me"),
    "after another weakness": ("a--with-c", "b", "a--with-c--with-b"),
    "one that it has": ("a--with-b--for-me", "b", "a--with-b--for-me"),
    "none": ("a--for-me", "", "a--for-me"),
    "one that has no room": ("a" * LONGEST_LABEL, "b", "a" * LONGEST_LABEL),
}


@pytest.mark.parametrize(("label", "weakness", "weak"), WEAK.values(), ids=WEAK)
def test_a_weakness_is_added_once_and_where_it_fits(label: str, weakness: str, weak: str) -> None:
    assert with_weakness(label, weakness) == weak
