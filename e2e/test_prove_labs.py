"""The engine, which sees only forms and pages, judges the bank's labs as the matrix does, which
sees into the bank."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Browser, Page

from catalogue import matrix
from csrf_proof.address import address
from csrf_proof.application.action import Action
from csrf_proof.application.choice import (
    BY_CLICK,
    EMPTY_TOKEN,
    POSITIONS,
    WITH_TOKEN,
    NotApplicable,
    arsenal,
    general,
)
from csrf_proof.application.proof import Proof
from csrf_proof.application.verdict import APPLICATION, BOTH, BROWSER, Try, Verdict
from csrf_proof.arsenal import Attack
from csrf_proof.reasons import PREFLIGHT_REFUSED, REASONS
from csrf_proof.trial import NotJudged
from e2e.bank import PASSWORDS, Lab, Site, honest, sign_in_on

MATRIX = matrix.load()
STOPS_GET = "post-only"
# What is tried without `--all-cells`: a token, a cookie and checks, sound and flawed.
SAMPLE = {
    ("chromium", "csrf-token"),
    ("chromium", "json-any-type"),
    ("chromium-no-3pc", "origin-suffix"),
    ("firefox", "samesite-lax--post-only"),
}
SAMPLE_ATTACKS = {
    "empty-token-post",
    "form-post",
    "link-get",
    "null-origin-post",
    "text-plain-json",
}
BEFORE = 1000


class Bank:
    """A lab as its customers see it. Alice uses a browser; mallory and reading the state, HTTP."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._alice = lab.sign_in()
        self._mallory = lab.sign_in("mallory")
        self.form = lab.open("/transfer", self._alice)[0].text

    def action(self, pay: Callable[[Page, str], None]) -> Action:
        return Action(
            lambda page: sign_in_on(page, self._lab, "alice"),
            pay,
            self.balance,
            reset=self.pay_back,
            attacker=lambda page: sign_in_on(page, self._lab, "mallory"),
            name="pay mallory",
            like="1",
        )

    def lacks_token(self, attack: Attack) -> bool:
        """Tell whether an attack is about a token, and the form has none. A password can be left
        empty too; nobody else's could be sent."""
        token = bool(honest(self.form).fields)
        if attack.slug == EMPTY_TOKEN:
            return not token and "current_password" not in self.form
        return attack.slug in WITH_TOKEN and not token

    def balance(self) -> str:
        """Return what alice's page says that she has."""
        found = re.search(r'id="balance"[^>]*>(\d+)<', self._lab.open("/", self._alice)[0].text)
        assert found, f"alice isn't signed in to {self._lab.label} any more"
        return found.group(1)

    def pay_back(self, _: Page) -> None:
        """Let mallory give alice back what she got."""
        said = {"to": "alice", "amount": str(BEFORE - int(self.balance()))}
        if "current_password" in self.form:
            said["current_password"] = PASSWORDS["mallory"]
        self._lab.send("/transfer", said, self._mallory)


def send_money(page: Page, amount: str) -> None:
    page.goto("/transfer")
    pay(page, "main form", amount)
    page.wait_for_selector(".notice")


def pay_quickly(page: Page, amount: str) -> None:
    """Pay with the form that a script sends, as JSON and to another address."""
    page.goto("/")
    pay(page, "#quick", amount)
    page.wait_for_selector("#quick-result:not(:empty)")


def pay(page: Page, form: str, amount: str) -> None:
    page.fill(f"{form} input[name=to]", "mallory")
    page.fill(f"{form} input[name=amount]", amount)
    if page.is_visible(f"{form} input[name=current_password]"):
        page.fill(f"{form} input[name=current_password]", PASSWORDS["alice"])
    page.click(f"{form} button")


def labels() -> Sequence[str]:
    """Return the labs of the matrix, each alone and together with `post-only`.

    Those with a weakness are about another way in.
    """
    alone = [label for label in MATRIX.labels if "--with-" not in label]
    return [*alone, *(f"{label}--{STOPS_GET}" for label in alone if lets_get_through(label))]


def lets_get_through(label: str) -> bool:
    """Tell whether `post-only` still makes a difference when added to a label."""
    by_get = MATRIX.outcomes.get(("chromium", "form-get", "subdomain", label), matrix.FORGED)
    stands_alone = {STOPS_GET, matrix.CONTROL} & set(label.split("--"))
    return by_get == matrix.FORGED and not stands_alone


def expected(one: Try, label: str) -> str | None:
    """Return what the matrix says of a payment: `forged`, or why not; None if it says nothing."""
    attack = arsenal().attacks[one.attack]
    alone = label.removesuffix(f"--{STOPS_GET}")
    said = MATRIX.outcomes.get((one.profile, one.attack, one.position, alone))
    if said is None or "transfer" not in attack.actions or said == matrix.NOT_APPLICABLE:
        return None
    if attack.slug == BY_CLICK:
        return None  # The bank has a page of its own for it, which isn't the one tried here.
    if attack.action != "transfer" and "reauthentication" in label:
        return None  # The matrix has it for signing out, for which nobody needs a password.
    refused = alone != label and attack.method != "POST"
    return "get-refused" if refused and said == matrix.FORGED else said


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "label" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-cells")
        wanted = metafunc.config.getoption("--profile") or list(MATRIX.profiles)
        pairs = [
            (profile, label)
            for profile in wanted
            for label in labels()
            if every or (profile, label) in SAMPLE
        ]
        names = [f"{profile}/{label}" for profile, label in pairs]
        metafunc.parametrize(("tried_in", "label"), pairs, ids=names)


def test_the_sample_has_labs_of_the_matrix() -> None:
    assert {label for _, label in SAMPLE} <= set(labels())
    assert {attack.slug for attack in general()} >= SAMPLE_ATTACKS


@pytest.mark.sample(1)
@pytest.mark.long
def test_a_lab_is_judged_from_outside_as_the_matrix_says(
    tried_in: str,
    label: str,
    site: Site,
    browser_for: Callable[[str], Browser],
    request: pytest.FixtureRequest,
) -> None:
    lab = Lab(site, label)
    bank = Bank(lab)
    by_form = Proof(address(lab.url), bank.action(send_money), browser_for)
    by_script = Proof(address(lab.url), bank.action(pay_quickly), browser_for)
    every = request.config.option.all_cells
    attacks = [a for a in general() if every or a.slug in SAMPLE_ATTACKS]
    wrong = []
    for attack in attacks:
        for one in (Try(attack.slug, at, tried_in) for at in POSITIONS if at in attack.positions):
            should = matrix.NOT_APPLICABLE if bank.lacks_token(attack) else expected(one, label)
            # What sends JSON sends it to the address that takes it.
            said, agrees = came(by_script if attack.path else by_form, one, should)
            if not agrees:
                wrong.append(f"{one.id}: {should} by the matrix, {said} from outside")
    assert wrong == []


def came(proof: Proof, one: Try, should: str | None) -> tuple[str, bool]:
    """Return the result of a try, and whether that's what the matrix says, if it says anything."""
    try:
        verdict = proof.verdict(one)
    except NotApplicable as why:
        return str(why), should == matrix.NOT_APPLICABLE or should is None
    except NotJudged as why:
        return str(why), False
    said = verdict.reason or f"{verdict.outcome} ({verdict.stopped_by})"
    return said, should is None or agree(should, verdict)


def agree(should: str, verdict: Verdict) -> bool:
    """Tell whether a verdict agrees with the matrix, including who stopped the attack."""
    if matrix.FORGED in {should, verdict.outcome}:
        return should == verdict.outcome
    if should not in REASONS:
        return False
    if should == PREFLIGHT_REFUSED.code:
        return verdict.reason == should
    if verdict.stopped_by == APPLICATION and "host" not in verdict.evidence.headers:
        return True  # The application refuses it as well, and this browser doesn't tell more.
    who = BROWSER if REASONS[should].by == "browser" else APPLICATION
    return verdict.stopped_by in {who, BOTH}
