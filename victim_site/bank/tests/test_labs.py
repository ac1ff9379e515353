"""The life of a lab: its first visit, its reset, and how it makes room for others."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from victim_site.bank import labs
from victim_site.bank.models import Account, Attempt, Lab, Session, Transfer
from victim_site.conftest import Bank, signed_in, state

pytestmark = pytest.mark.django_db

LAB = "no-defense--for-mine"
OTHER = "no-defense--for-other"
FIRST_ACCOUNT = {"balance": 1000, "sessions": 0, "password_changed": False, "identity": ""}
FIRST_STATE = {
    "alice": FIRST_ACCOUNT | {"email": "alice@bank.localhost"},
    "mallory": FIRST_ACCOUNT | {"email": "mallory@bank.localhost"},
}
PNG = b"\x89PNG\r\n\x1a\n"


def labels() -> set[str]:
    return set(Lab.objects.values_list("label", flat=True))


def age(label: str, minutes: int) -> None:
    idle_since = timezone.now() - timedelta(minutes=minutes)
    Lab.objects.update_or_create(label=label, defaults={"last_seen": idle_since})


def test_the_first_visit_makes_the_lab_with_both_accounts() -> None:
    Bank(LAB).get("/login")

    accounts = Account.objects.filter(lab__label=LAB).values_list("username", "balance")
    assert set(accounts) == {("alice", 1000), ("mallory", 1000)}


def test_the_second_visit_makes_nothing() -> None:
    Bank(LAB).get("/login")

    Bank(LAB).get("/login")

    assert (Lab.objects.count(), Account.objects.count()) == (1, 2)


def test_a_first_visit_may_be_an_act() -> None:
    bank = Bank(LAB)

    bank.get("/login?username=alice&password=wonderland")
    bank.get("/transfer?to=mallory&amount=10")

    assert bank.balances == (990, 1010)


def test_the_api_shows_the_first_state_of_a_lab_that_was_never_visited() -> None:
    shown = state(LAB)

    assert (shown["lab"], shown["accounts"], shown["attempts"]) == (LAB, FIRST_STATE, [])


def test_the_api_brings_no_lab_into_being() -> None:
    state(LAB)

    assert labels() == set()


def test_a_bad_label_brings_no_lab_into_being() -> None:
    Bank("csrf-tokem").get("/login")

    assert labels() == set()


def busy(lab: str) -> Bank:
    """Change everything that a lab holds, and return who did."""
    alice = signed_in(lab)
    signed_in(lab, "mallory")
    alice.get("/transfer?to=mallory&amount=10")
    alice.get("/email?email=a@b.cd")
    alice.post("/avatar", {"avatar": SimpleUploadedFile("cat.png", PNG)})
    alice.get("/password?new_password=new")
    return alice


def test_a_reset_restores_everything() -> None:
    alice = busy(LAB)

    labs.reset(LAB)

    after = state(LAB)
    assert (after["accounts"], after["attempts"]) == (FIRST_STATE, [])
    assert (Transfer.objects.count(), Session.objects.count()) == (0, 0)
    assert alice.get("/").status_code == 302
    alice.sign_in()
    assert alice.get("/avatar/image").status_code == 404


def test_a_reset_touches_no_other_lab() -> None:
    alice = busy(OTHER)
    busy(LAB)
    before = state(OTHER)

    labs.reset(LAB)

    assert state(OTHER) == before
    assert alice.get("/").status_code == 200
    assert Transfer.objects.count() == 1


def test_a_reset_of_a_lab_that_was_never_visited_makes_none() -> None:
    labs.reset(LAB)

    assert labels() == set()


def test_after_a_reset_the_first_password_signs_in() -> None:
    busy(LAB)

    labs.reset(LAB)

    assert signed_in(LAB).get("/").status_code == 200


def test_signing_in_is_no_change_of_password() -> None:
    alice = signed_in(LAB)

    assert alice.state["accounts"]["alice"]["password_changed"] is False


def test_a_changed_password_is_told_by_every_process_alike() -> None:
    # Each process makes the stored form of the first password itself.
    program = (
        "import django; django.setup();"
        "from victim_site.bank.labs import first_password as first;"
        "print(first('alice'), first('mallory'))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "victim_site.config.settings"}

    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"SECRET_KEY": "another"},
        capture_output=True,
        text=True,
        check=True,
    )

    signed_in(LAB)
    stored = dict(Account.objects.values_list("username", "password"))
    assert elsewhere.stdout.split() == [stored["alice"], stored["mallory"]]


def test_beyond_the_limit_the_longest_idle_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labs, "MOST_LABS", 3)
    age("no-defense--for-a", 70)
    age("no-defense--for-b", 90)
    age("no-defense--for-c", 5)

    Bank(LAB).get("/login")

    assert labels() == {"no-defense--for-a", "no-defense--for-c", LAB}


def test_a_lab_that_goes_takes_all_that_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labs, "MOST_LABS", 1)
    busy(OTHER)
    age(OTHER, 61)

    Bank(LAB).get("/login")

    assert Account.objects.count() == 2
    assert (Transfer.objects.count(), Session.objects.count(), Attempt.objects.count()) == (0, 0, 0)


def test_no_lab_younger_than_an_hour_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labs, "MOST_LABS", 2)
    age("no-defense--for-a", 59)
    age("no-defense--for-b", 0)

    answer = Bank(LAB).get("/login")

    assert answer.status_code == 503
    assert "too many labs" in answer.content.decode()
    assert labels() == {"no-defense--for-a", "no-defense--for-b"}


def test_a_lab_that_is_there_is_served_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = signed_in(LAB)
    monkeypatch.setattr(labs, "MOST_LABS", 1)

    assert alice.get("/").status_code == 200
    assert Bank(LAB).get("/login").status_code == 200


@pytest.mark.parametrize("visit", ["anonymous", "signed in"])
def test_a_visit_counts_as_use(monkeypatch: pytest.MonkeyPatch, visit: str) -> None:
    monkeypatch.setattr(labs, "MOST_LABS", 2)
    bank = signed_in(LAB) if visit == "signed in" else Bank(LAB)
    bank.get("/login")
    age(LAB, 120)
    age(OTHER, 90)

    bank.get("/login")
    Bank("no-defense--for-new").get("/login")

    assert labels() == {LAB, "no-defense--for-new"}


def test_the_page_of_a_full_playground_keeps_what_the_lab_declares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(labs, "MOST_LABS", 0)

    answer = Bank("no-framing").get("/login")

    assert (answer.status_code, answer["X-Frame-Options"]) == (503, "DENY")


def test_two_hundred_labs_are_two_hundred_banks() -> None:
    banks = [Bank(f"no-defense--for-{number}") for number in range(200)]
    for bank in banks:
        bank.get("/login")

    for bank in banks[:5]:
        bank.sign_in()
        bank.get("/transfer?to=mallory&amount=10")

    assert [bank.balances for bank in banks[:6]] == [(990, 1010)] * 5 + [(1000, 1000)]
    assert Lab.objects.count() == 200
