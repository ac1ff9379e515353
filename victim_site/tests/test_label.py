"""The grammar of labels: what names a lab, and with which sentence everything else is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalogue.labels import LONGEST_LABEL, BadLabel
from victim_site.conftest import Site, signed_in, state
from victim_site.defenses.base import all_defenses
from victim_site.label import parse, stacks

ACCEPTED = {
    "no defense": ("no-defense", []),
    "one defense": ("csrf-token", ["csrf-token"]),
    "two, in the order of checking": ("session-token--post-only", ["session-token", "post-only"]),
    "the other order": ("post-only--session-token", ["post-only", "session-token"]),
    "a stack": ("rule-of-thumb", ["post-only", "csrf-token"]),
    "a stack expands in place": (
        "origin-check--rule-of-thumb--no-framing",
        ["origin-check", "post-only", "csrf-token", "no-framing"],
    ),
    "an owner": ("csrf-token--for-otter42", ["csrf-token"]),
    "an owner with a hyphen": ("csrf-token--for-a-b", ["csrf-token"]),
    "the longest owner": (f"no-defense--for-{'a' * 12}", []),
    "an owner that is a reserved word": ("no-defense--for-with", []),
    "the longest label": (
        "origin-check--fetch-metadata--session-token--no-framing--for-ab",
        ["origin-check", "fetch-metadata", "session-token", "no-framing"],
    ),
}
REFUSED = {
    "nothing": ("", "“” is not a valid name"),
    "unknown": ("sessiontoken", "no defense called “sessiontoken”"),
    "misspelt": ("csrf-tokem", "no defense called “csrf-tokem”"),
    "misspelt next to a right one": ("post-only--csrf-tokem", "no defense called “csrf-tokem”"),
    "a module, but no defense": ("reasons", "no defense called “reasons”"),
    "repeated": ("csrf-token--csrf-token", "“csrf-token” is named twice"),
    "repeated through a stack": ("csrf-token--rule-of-thumb", "“csrf-token” is named twice"),
    "repeated after a stack": ("rule-of-thumb--post-only", "“post-only” is named twice"),
    "two stacks that share": ("rule-of-thumb--flask-default", "“post-only” is named twice"),
    "two SameSite": (
        "samesite-lax--samesite-strict",
        "contradict each other: both determine SameSite",
    ),
    "SameSite and its absence": ("browser-default--samesite-lax", "contradict each other"),
    "SameSite through a stack": ("django-default--samesite-strict", "contradict each other"),
    "no-defense before another": ("no-defense--post-only", "“no-defense” can’t be combined"),
    "no-defense after another": ("post-only--no-defense", "“no-defense” can’t be combined"),
    "no-defense with a stack": ("no-defense--rule-of-thumb", "“no-defense” can’t be combined"),
    "community": ("community", "“community” is a reserved word"),
    "community with a defense": ("no-defense--community", "“community” is a reserved word"),
    "for": ("for", "“for” is a reserved word"),
    "with": ("no-defense--with", "“with” is a reserved word"),
    "www": ("www", "“www” is a reserved word"),
    "an unknown weakness": ("no-defense--with-luck", "no weakness called “luck”"),
    "a weakness named twice": ("no-defense--with-two-step--with-two-step", "named twice"),
    "two weaknesses that contradict": (
        "no-defense--with-markup-injection--with-script-injection",
        "contradict each other",
    ),
    "a defense after a weakness": ("no-defense--with-luck--post-only", "before weaknesses"),
    "a weakness alone": ("with-luck", "begins with a defense"),
    "an owner alone": ("for-otter42", "begins with a defense"),
    "an owner of 13": (f"no-defense--for-{'a' * 13}", "at most 12 characters"),
    "two owners": ("no-defense--for-a--for-b", "comes last, and only once"),
    "an owner before a defense": ("no-defense--for-a--post-only", "comes last, and only once"),
    "an empty owner": ("no-defense--for-", "“for-” is not a valid name"),
    "64 characters": (
        "origin-check--fetch-metadata--session-token--no-framing--for-abc",
        "at most 63 characters, and this one has 64",
    ),
    "non-ASCII": ("csrf-tökén", "“csrf-tökén” is not a valid name"),
    "a digit of another script": ("no-defense--for-٣", "is not a valid name"),
    "upper case": ("CSRF-token", "“CSRF-token” is not a valid name"),
    "an empty part": ("post-only----csrf-token", "“” is not a valid name"),
    "an empty first part": ("--post-only", "“” is not a valid name"),
    "an empty last part": ("post-only--", "“” is not a valid name"),
    "three hyphens": ("post-only---csrf-token", "“-csrf-token” is not a valid name"),
    "an underscore": ("csrf_token", "is not a valid name"),
    "a dot": ("no-defense.post-only", "is not a valid name"),
    "a newline at the end": ("no-defense\n", "is not a valid name"),
    "a space": (" no-defense", "is not a valid name"),
}


@pytest.mark.parametrize(("text", "slugs"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_label_stands_for_the_defenses_that_it_names(text: str, slugs: list[str]) -> None:
    assert parse(text).slugs == slugs


@pytest.mark.parametrize(("text", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_label_with_a_mistake_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadLabel) as refusal:
        parse(text)

    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("slug", sorted({*all_defenses(), *stacks()}))
def test_every_defense_and_stack_is_a_label(slug: str) -> None:
    assert parse(f"{slug}--for-otter42").owner == "otter42"


PIECES = [
    *all_defenses(),
    *stacks(),
    "for-otter42",
    "for-",
    "with-luck",
    "community",
    "csrf-tokem",
    "",
    "-",
    "A",
]


@given(text=st.text(max_size=70) | st.lists(st.sampled_from(PIECES), max_size=5).map("--".join))
@example(text="post-only--csrf-tokem")
@settings(max_examples=500, deadline=None)
def test_any_text_is_refused_or_gives_exactly_the_defenses_that_its_parts_name(text: str) -> None:
    try:
        label = parse(text)
    except BadLabel:
        return

    parts = [part for part in text.split("--") if not part.startswith(("for-", "with-"))]
    named = [slug for part in parts for slug in stacks().get(part, {"members": [part]})["members"]]
    assert [defense.slug for defense in label.defenses] == named
    assert len(text) <= LONGEST_LABEL


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["NO-DEFENSE--for-Case.bank.localhost", "No-Defense--FOR-case.BANK.LOCALHOST"]
)
def test_a_host_in_upper_case_is_the_same_lab(host: str) -> None:
    alice = signed_in("no-defense--for-case")
    shouting = Site(host)
    shouting.cookies = alice.cookies

    shouting.get("/transfer?to=mallory&amount=10")

    assert alice.balances == (990, 1010)


# Host names are case-insensitive, and hold letters, digits, hyphens and dots.
AS_HOST = {name: text for name, (text, _) in REFUSED.items() if re.fullmatch("[a-z0-9.-]*", text)}


@pytest.mark.parametrize("text", AS_HOST.values(), ids=AS_HOST.keys())
def test_a_host_with_a_bad_label_is_no_bank(text: str) -> None:
    answer = Site(f"{text}.bank.localhost").get("/")

    assert answer.status_code == 404
    assert "Lantern Bank" not in answer.content.decode()


def test_the_page_for_a_bad_label_lists_what_there_is() -> None:
    page = Site("csrf-tokem.bank.localhost").get("/").content.decode()

    missing = [slug for slug in {*all_defenses(), *stacks()} if f">{slug}<" not in page]
    assert missing == []


@pytest.mark.django_db
def test_the_api_names_the_expanded_defenses() -> None:
    assert state("rule-of-thumb--for-api")["defenses"] == ["post-only", "csrf-token"]
