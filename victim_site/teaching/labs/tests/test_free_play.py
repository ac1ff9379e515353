"""Free play: a choice makes a lab or says what to do, and none is a 500."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from catalogue.labels import LONGEST_LABEL
from victim_site.conftest import playground
from victim_site.label import parse, stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs import choices
from victim_site.teaching.labs.tests.reading import ask

pytestmark = pytest.mark.django_db

SIX = ("post-only", "csrf-token", "samesite-strict", "origin-check", "no-framing", "host-prefix")


def query(*defenses: str, **others: Any) -> str:
    fields = {"defense": defenses, **others}
    return "/play/?" + urlencode({key: value for key, value in fields.items() if value}, True)


def formed(page: str) -> str:
    """Return the label that a page of free play has formed."""
    return re.sub(r"<[^>]+>", "", page.partition('<p class="formed')[2].partition("<b>")[2]).split(
        "." + settings.ADDRESSES.domains.bank
    )[0]


def ways_out(page: str) -> dict[str, str]:
    """Return the links that a page offers next to its sentences, by what they say."""
    boxes = re.findall(r'<div class="problem">(.*?)</div>', page, re.DOTALL)
    links = re.findall(r'<a href="([^"#]*)#result">(.*?)</a>', "".join(boxes))
    return {re.sub(r"<[^>]+>", "", text): address for address, text in links}


def has_lab(page: str) -> bool:
    return ">Go</a>" in page


# --- Forming a label ------------------------------------------------------------------------------

CHOICES = {
    "nothing": (query(), "no-defense"),
    "one": (query("csrf-token"), "csrf-token"),
    "two, which are asked in the order of the page": (
        query("csrf-token", "post-only"),
        "post-only--csrf-token",
    ),
    "a flawed one behind a sound one": (
        query("token-if-present", "post-only"),
        "post-only--token-if-present",
    ),
    "a stack behind a defense": (
        query("rule-of-thumb", "origin-check"),
        "origin-check--rule-of-thumb",
    ),
    "a weakness": (query(weakness="open-redirect"), "no-defense--with-open-redirect"),
    "two weaknesses and an owner": (
        query("json-only", weakness=["two-step", "cors-reflect"], owner="otter42"),
        "json-only--with-cors-reflect--with-two-step--for-otter42",
    ),
    "the bank without any defense, by name": (query("no-defense"), "no-defense"),
    "an owner with space around it": (query("post-only", owner=" fox "), "post-only--for-fox"),
}


@pytest.mark.parametrize(("path", "label"), CHOICES.values(), ids=CHOICES)
def test_a_choice_makes_a_label(path: str, label: str) -> None:
    page = ask(path)

    assert formed(page) == label
    assert f"{len(label)} of {LONGEST_LABEL} characters" in page
    assert f'href="{parse(label).url}/"' in page
    assert f'href="/labs/{label}/"' in page
    assert f'href="/compare/?a={label}&' in page


def test_every_defense_stack_and_weakness_is_a_chip_once() -> None:
    chips = re.findall(r'type="checkbox" name="([a-z]+)" value="([a-z0-9-]+)"', ask("/play/"))

    named = {*descriptions.defenses(), *stacks()} - {"no-defense"}
    assert sorted(chips) == sorted(
        [("defense", slug) for slug in named]
        + [("weakness", slug) for slug in descriptions.weaknesses()]
    )


def test_every_launch_is_an_option_once() -> None:
    options = re.findall(r'<option value="([a-z0-9.-]+)"', ask("/play/"))

    assert sorted(options) == sorted(".".join(row) for row in expectations.the_matrix().rows)


def test_what_is_chosen_stays_chosen() -> None:
    page = ask(
        query("post-only", weakness="two-step", owner="fox", **{"try": "link-get.subdomain"})
    )

    assert re.findall(r'value="([^"]*)"[^>]* checked>', page) == ["post-only", "two-step"]
    assert re.findall(r'value="([^"]*)" selected>', page) == ["link-get.subdomain"]
    assert 'name="owner" value="fox"' in page


def test_the_walk_and_what_is_expected_are_those_of_the_choice() -> None:
    page = ask(query("post-only", owner="fox", **{"try": "link-get.subdomain"}))

    assert f'href="{parse("post-only--for-fox").url}/#try=link-get.subdomain.click"' in page
    assert "</svg> blocked</span>" in page
    assert '<code class="why">get-refused</code>' in page


def test_where_the_matrix_has_no_cell_the_page_says_so() -> None:
    assert "The matrix has no cell" in ask(query("post-only", "origin-check"))


def test_a_stack_that_is_the_choice_is_named_and_speaks_for_it() -> None:
    page = ask(query("post-only", "csrf-token"))

    assert 'is the stack <a href="/defenses/rule-of-thumb/">' in page
    assert '<code class="why">origin-mismatch</code>' in page


@pytest.mark.parametrize("defenses", [("rule-of-thumb",), ("post-only",)])
def test_a_stack_that_is_not_the_choice_or_is_its_name_is_not_named(defenses: tuple[str]) -> None:
    assert "A shorter name" not in ask(query(*defenses))


# --- Attacks that need a weakness -----------------------------------------------------------------

REDIRECT = {"try": "onsite-redirect-get.cross-site"}


def test_a_weakness_that_the_attack_needs_is_offered_and_used() -> None:
    page = ask(query("samesite-strict", owner="fox", **REDIRECT))

    weak = "samesite-strict--with-open-redirect--for-fox"
    assert formed(page) == "samesite-strict--for-fox"
    assert f'href="{parse(weak).url}/#try=onsite-redirect-get.cross-site' in page
    assert formed(ask(ways_out(page)["Choose open-redirect too"])) == weak
    assert "</svg> forged</span>" in page


def test_a_weakness_that_is_there_is_not_offered() -> None:
    assert ways_out(ask(query(weakness="open-redirect", **REDIRECT))) == {}


def test_a_weakness_that_does_not_fit_is_said_not_to() -> None:
    page = ask(query("unbound-signed-double-submit", "fetch-metadata-same-site", **REDIRECT))

    assert "It cannot be added here: A label can have at most 63 characters" in page
    assert has_lab(page)
    assert not has_lab(ask(ways_out(page)["Choose it, and see what to take off"]))


# --- Choices that make no lab ---------------------------------------------------------------------

# What is chosen, what is said, and what is offered.
NO_LAB: dict[str, tuple[str, str, set[str]]] = {
    "two that settle the same": (
        query("samesite-lax", "samesite-strict", "post-only"),
        "“samesite-lax” and “samesite-strict” contradict each other",
        {"Take off samesite-lax", "Take off samesite-strict"},
    ),
    "two weaknesses that settle the same": (
        query(weakness=["script-injection", "markup-injection"]),
        "contradict each other: both determine how a payment note is shown",
        {"Take off markup-injection", "Take off script-injection"},
    ),
    "a defense that a stack has": (
        query("post-only", "rule-of-thumb"),
        "“post-only” is named twice, perhaps as part of a stack.",
        {"Take off post-only", "Take off rule-of-thumb"},
    ),
    "no defense and one": (
        query("no-defense", "post-only"),
        "“no-defense” can’t be combined with other defenses.",
        {"Take off no-defense", "Take off post-only"},
    ),
    "an owner in capitals": (
        query("post-only", owner="Fox"),
        "“for-Fox” is not a valid name",
        {"Leave the owner out"},
    ),
    "an owner that is too long": (
        query("post-only", owner="a" * 2000),
        "An owner can have at most 12 characters.",
        {"Leave the owner out"},
    ),
    "an owner that says more": (
        query("post-only", owner="x--csrf"),
        "The owner (for-…) comes last, and only once.",
        {"Leave the owner out"},
    ),
    "an unknown defense": (
        query("csrf-tokem", "post-only"),
        "There is no defense called “csrf-tokem”.",
        {"Go on with the rest"},
    ),
    "a very long unknown weakness": (
        query(weakness="w" * 3000),
        f"There is no weakness called “{'w' * choices.LONGEST_QUOTE}”.",
        {"Go on with the rest"},
    ),
    "a defense among the weaknesses": (
        query(weakness="post-only"),
        "There is no weakness called “post-only”.",
        {"Go on with the rest"},
    ),
    "one twice": (
        query("post-only", "post-only"),
        "“post-only” is chosen twice.",
        {"Go on with the rest"},
    ),
    "an unknown attack": (
        query(**{"try": "form-pots.cross-site"}),
        "There is no attack “form-pots.cross-site”.",
        {"Go on with the rest"},
    ),
    "a position that the attack has not": (
        query(**{"try": "image-get.lookalike"}),
        "There is no attack “image-get.lookalike”.",
        {"Go on with the rest"},
    ),
}


@pytest.mark.parametrize(("path", "sentence", "offered"), NO_LAB.values(), ids=NO_LAB)
def test_what_makes_no_lab_is_explained_with_ways_out(
    path: str, sentence: str, offered: set[str]
) -> None:
    page = ask(path)

    assert sentence in page
    assert not has_lab(page)
    assert set(ways_out(page)) == offered
    assert all(has_lab(ask(address)) for address in ways_out(page).values())


def test_of_many_contradictions_one_after_the_other_is_said() -> None:
    page = ask(query("session-token", "token-if-present", "token-in-url"))
    pages = 0
    while not has_lab(page):
        page = ask(next(iter(ways_out(page).values())))
        pages += 1

    assert pages == 2
    assert formed(page) == "token-in-url"


# --- Labels that are too long ---------------------------------------------------------------------


def test_a_label_that_is_too_long_offers_a_stack() -> None:
    page = ask(query(*SIX, owner="fox"))

    assert f"and this one has {len('--'.join((*SIX, 'for-fox')))}. Use a stack" in page
    assert not has_lab(page)
    (offer,) = ways_out(page)
    assert offer.startswith("Take everything, which adds resource-isolation")
    assert formed(ask(ways_out(page)[offer])) == "everything--for-fox"


def test_an_owner_that_makes_a_label_too_long_may_be_left_out() -> None:
    three = ("check-after-effect", "fetch-metadata-same-site", "get-only-refused")

    assert ways_out(ask(query(*three, owner="otter42"))).keys() == {"Leave the owner out"}


def test_where_no_stack_helps_the_page_says_so() -> None:
    path = query("unbound-signed-double-submit", "fetch-metadata-same-site", "json-type-contains")

    assert "No stack has all of this: take something off." in ask(path)


def test_what_says_the_same_comes_before_what_says_more() -> None:
    offers = choices.shorter(
        ["post-only", "csrf-token", "samesite-lax", "no-framing", "origin-check"]
    )

    assert offers[:2] == [
        ("origin-check", "django-default"),
        ("samesite-lax", "origin-check", "no-framing", "rule-of-thumb"),
    ]


@given(
    chosen=st.sets(
        st.sampled_from([*expectations.columns(), *(f.slug for f in descriptions.flawed())])
    ),
    rest=st.sampled_from(["", "--for-otter42", "--with-open-redirect--with-two-step"]),
)
@hypothesis_settings(max_examples=200, deadline=None)
def test_every_offer_is_a_lab_that_says_the_same_or_more(chosen: set[str], rest: str) -> None:
    defenses = tuple(slug for slug in choices.defenses_in_order() if slug in chosen)

    for offer in choices.shorter(defenses, rest):
        assert set(parse("--".join(offer) + rest).slugs) >= set(choices.expanded(defenses))


# --- The visitor's own name -----------------------------------------------------------------------


def test_the_name_from_the_lessons_is_filled_in() -> None:
    page = ask(query("post-only"), learner="otter42")

    assert formed(page) == "post-only--for-otter42"
    assert 'name="owner" value="otter42"' in page


@pytest.mark.parametrize("owner", ["", "fox"])
def test_what_the_visitor_says_goes_before_it(owner: str) -> None:
    page = ask(f"/play/?owner={owner}", learner="otter42")

    assert formed(page) == "no-defense" + (f"--for-{owner}" if owner else "")


@pytest.mark.parametrize(
    "cookie",
    ["", "Otter", "otter--42", "-", "a" * 13, "x--with-two-step", "otter 42", '"><b>', "ä"],
)
def test_a_name_that_is_none_is_treated_as_absent(cookie: str) -> None:
    assert formed(ask("/play/", learner=cookie)) == "no-defense"
    assert "--for-" not in ask("/compare/", learner=cookie)


# --- Any query ------------------------------------------------------------------------------------

NAMES = [*choices.defenses_in_order(), *descriptions.weaknesses(), "form-post.cross-site", "x" * 70]
FIELDS = st.tuples(
    st.sampled_from(["defense", "weakness", "owner", "try", "a", "b", "attack", "position"]),
    st.sampled_from(NAMES) | st.text(max_size=30),
)
SPELLED = st.lists(FIELDS, max_size=40).map(lambda fields: urlencode(fields, errors="replace"))


@given(text=SPELLED | st.text(st.characters(max_codepoint=255)))
@example(text="defense=%00&owner=%ff&try=.")
@example(text="defense=post-only&" * 101)
@example(text="owner=" + "%F0%9F%A6%A6" * 500)
@example(text="try=" + "x" * 100_000)
@hypothesis_settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("path", ["/play/", "/compare/"])
def test_any_query_is_survived(path: str, text: str) -> None:
    assert playground().get(path, QUERY_STRING=text).status_code in {200, 400}


def test_what_a_query_holds_is_escaped() -> None:
    text = quote("<script>x</script>")
    fields = "&".join(
        f"{name}={text}" for name in ("defense", "weakness", "owner", "try", "a", "b")
    )

    for path in ("/play/", "/compare/"):
        page = playground().get(f"{path}?{fields}&attack={text}&position={text}").content.decode()
        assert "<script>x" not in page
