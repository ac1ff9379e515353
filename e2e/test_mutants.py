"""The engine, which sees only forms and pages, judges changed applications as their labels say.

The labels are in `mutants.toml`, derived by hand from what each change means.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from catalogue import mutants
from catalogue.mutants import BY_FORM, BY_SCRIPT, Mutant
from csrf_proof import windows
from csrf_proof.address import address
from csrf_proof.application.action import Action
from csrf_proof.application.choice import NotApplicable
from csrf_proof.application.proof import Proof
from csrf_proof.application.tries import (
    MOST_DECISIVE,
    NOT_APPLICABLE,
    NOT_JUDGED,
    all_tries,
    decisive,
)
from csrf_proof.application.verdict import Try
from csrf_proof.profile_names import PROFILES
from csrf_proof.trial import BLOCKED, FORGED, NotJudged
from e2e.applications import Running, running, sign_in
from e2e.bank import PASSWORDS

MUTANTS = mutants.read()
# What is tried without `--all-cells`: broken and sound, Django and Flask, a form and a script.
SAMPLE = {
    "origin-prefix-flask",
    "own-token-masked-flask",
    "site-not-of-the-api-django",
    "unsaid-with-origin-flask",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mutant" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-cells")
        wanted = metafunc.config.getoption("--profile") or PROFILES
        chosen = [m for m in MUTANTS if m.profile in wanted and (every or m.id in SAMPLE)]
        metafunc.parametrize("mutant", chosen, ids=lambda mutant: mutant.id)


def test_every_change_is_another_application_with_attacks_that_there_are() -> None:
    assert len({(m.source, m.by, m.profile) for m in MUTANTS}) == len(MUTANTS)
    assert len({m.id for m in MUTANTS}) == len(MUTANTS)
    assert {m.id for m in MUTANTS} >= SAMPLE
    known = set(all_tries(PROFILES))
    for mutant in MUTANTS:
        compile(mutant.source, mutant.id, "exec")
        assert mutant.source != mutant.application.source
        assert mutant.meaning.endswith(".")
        assert {*tries(mutant, mutant.forged), *tries(mutant, mutant.blocked)} <= known, mutant.id
        assert not {*mutant.forged} & {*mutant.blocked}
        assert mutant.by in {BY_FORM, BY_SCRIPT}


def test_there_are_enough_of_both_kinds() -> None:
    count = collections.Counter(mutant.is_sound for mutant in MUTANTS)
    assert count.total() >= 100
    assert min(count[True], count[False]) >= 40


@pytest.mark.long
@pytest.mark.sample(2)
def test_a_changed_application_is_judged_by_what_the_change_means(
    mutant: Mutant,
    browser_for: Callable[[str], Browser],
    record_property: Callable[[str, object], None],
) -> None:
    with running(mutant.application, mutant.source) as here:
        proof = Proof(address(here.url), action(here, mutant.by, browser_for), browser_for)
        came = {one: (outcome, said) for one, outcome, said in results(mutant, proof)}
        outcomes = collections.Counter(outcome for outcome, _ in came.values())
        record_property("mutant", "sound" if mutant.is_sound else "broken")
        record_property("judged", "broken" if outcomes[FORGED] else "sound")
        record_property("not-judged", outcomes[NOT_JUDGED])
    wrong = [
        f"{one.id}: {outcome}, {said}"
        for one, (outcome, said) in came.items()
        if outcome != (FORGED if one in tries(mutant, mutant.forged) else BLOCKED)
    ]
    assert wrong == [], mutant.meaning


def tries(mutant: Mutant, named: tuple[str, ...]) -> list[Try]:
    """Return what the list names, such as `form-post from subdomain`."""
    parted = (text.partition(" from ") for text in named)
    return [Try(attack, position, mutant.profile) for attack, _, position in parted]


def results(mutant: Mutant, proof: Proof) -> Iterator[tuple[Try, str, str]]:
    """Try what the label names; of a sound application the decisive attacks first, of which some
    don't apply."""
    tried = set()
    for one in decisive(mutant.profile) if mutant.is_sound else ():
        outcome, said = judged(proof, one)
        if outcome != NOT_APPLICABLE:
            tried.add(one)
            yield one, outcome, said
        if len(tried) == MOST_DECISIVE:
            break
    for one in tries(mutant, (*mutant.forged, *mutant.blocked)):
        if one not in tried:
            yield one, *judged(proof, one)


def judged(proof: Proof, one: Try) -> tuple[str, str]:
    """Return the result of a try, and who stopped it or why nothing can be said."""
    try:
        verdict = proof.verdict(one)
    except NotApplicable as why:
        return NOT_APPLICABLE, str(why)
    except NotJudged as why:
        return NOT_JUDGED, str(why)
    return verdict.outcome, f"stopped by {verdict.stopped_by} ({verdict.reason})"


def action(here: Running, by: str, browser_for: Callable[[str], Browser]) -> Action:
    """Return how alice pays mallory, by the application's form or script, and sees what she has."""
    with windows.fresh(browser_for("chromium")) as window:
        sign_in(window.page, here)
        cookies = windows.cookie_header(window.context, here.url)

    def balance() -> str:
        account = here.account_by(cookies)
        assert account is not None, "alice isn't signed in any more"
        return account[1]

    return Action(
        lambda page: sign_in(page, here),
        {BY_FORM: pay_by_form, BY_SCRIPT: pay_by_script}[by],
        balance,
        attacker=lambda page: sign_in(page, here, "mallory"),
        name="pay mallory",
        like="1",
    )


def pay_by_form(page: Page, amount: str) -> None:
    page.get_by_label("Amount").fill(amount)
    again = page.get_by_label("Your password again")
    if again.count():
        again.fill(PASSWORDS["alice"])
    page.locator("#send").click()


def pay_by_script(page: Page, _: str) -> None:
    """Let the page's own script pay what it pays."""
    page.evaluate("send('POST')")
