"""A request under way while its lab is reset or removed: it counts wholly before or not at all."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import close_old_connections, connection, connections
from django.db.models.signals import post_save

from victim_site.bank import feed, labs, middleware
from victim_site.bank.models import Account, Attempt, Lab, Session, Transfer
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in, state

# Each commits, since that is what is tested.
pytestmark = pytest.mark.django_db(transaction=True)
with_two_connections = pytest.mark.skipif(
    "postgresql" not in settings.DATABASES["default"]["ENGINE"],
    reason="Two transactions write at once on PostgreSQL only; make test starts one.",
)

OWNER = "--for-mine"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PAYMENT = {"to": "mallory", "amount": "100"}
MALLORY = {"username": "mallory", "password": PASSWORDS["mallory"]}
FRAMED = CROSS_SITE | {"sec-fetch-dest": "iframe"}
PREFLIGHT = CROSS_SITE | {"access-control-request-method": "POST"}
HANDSHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": base64.b64encode(b"sixteen bytes ok").decode(),
}

# A lab, and a request of somebody who has signed in there.
Row = tuple[str, Callable[[Bank], Any]]
ACTS: dict[str, Row] = {
    "a sign-in": ("no-defense", lambda bank: bank.forged("/login", MALLORY)),
    "a sign-out": ("no-defense", lambda bank: bank.get("/logout")),
    "a payment": ("no-defense", lambda bank: bank.forged("/transfer", PAYMENT)),
    "a payment by script": (
        "no-defense",
        lambda bank: bank.post("/api/transfer", PAYMENT, content_type="application/json"),
    ),
    "a payment's second step": (
        "no-defense--with-two-step",
        lambda bank: bank.post("/transfer/confirm", PAYMENT),
    ),
    "an e-mail address": ("no-defense", lambda bank: bank.forged("/email", {"email": "x@y.org"})),
    "a password": ("no-defense", lambda bank: bank.forged("/password", {"new_password": "new"})),
    "a picture": (
        "no-defense",
        lambda bank: bank.forged("/avatar", {"avatar": SimpleUploadedFile("cat.png", PNG)}),
    ),
    "a message": (
        "no-defense--with-fragment-request",
        lambda bank: bank.post("/inbox/read/welcome"),
    ),
}
LOGGED: dict[str, Row] = {
    "a refused payment": ("csrf-token", lambda bank: bank.forged("/transfer", PAYMENT)),
    "a skipped step": (
        "no-defense--with-two-step",
        lambda bank: bank.post("/api/transfer", PAYMENT, content_type="application/json"),
    ),
    "a stranger's payment": (
        "no-defense",
        lambda bank: Bank(bank.lab).forged("/transfer", PAYMENT),
    ),
    "a preflight": ("no-defense", lambda bank: bank.options("/api/transfer", headers=PREFLIGHT)),
    "a framed form": ("no-defense", lambda bank: bank.get("/transfer", headers=FRAMED)),
    "a statement feed": ("no-defense", lambda bank: bank.get(feed.PATH, headers=HANDSHAKE)),
}
RENEWED: dict[str, Row] = {
    "a renewed session": ("no-defense--with-cookie-refresh", lambda bank: bank.get("/lantern-id")),
}


def given(rows: dict[str, Row]) -> pytest.MarkDecorator:
    values = [(lab + OWNER, send) for lab, send in rows.values()]
    return pytest.mark.parametrize(("lab", "send"), values, ids=rows)


def is_new(lab: str) -> bool:
    """Tell whether a lab is as nobody had ever been there, and its customers signed out."""
    seen = state(lab)
    untouched = {
        username: {
            "balance": 1000,
            "email": f"{username}@bank.localhost",
            "sessions": 0,
            "password_changed": False,
            "identity": "",
        }
        for username in PASSWORDS
    }
    pictures = [bytes(account.avatar) for account in Account.objects.filter(lab__label=lab)]
    return (
        seen["accounts"] == untouched
        and seen["attempts"] == []
        and pictures == [b"", b""]
        and not Transfer.objects.exists()
        and not Session.objects.filter(account__isnull=False).exists()
    )


@given(ACTS | LOGGED | RENEWED)
def test_a_request_that_entered_a_lab_before_its_reset_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, lab: str, send: Callable[[Bank], Any]
) -> None:
    alice = signed_in(lab)
    enter = middleware._enter_lab

    def enter_and_reset(request: Any) -> None:
        enter(request)
        labs.reset(lab)

    monkeypatch.setattr(middleware, "_enter_lab", enter_and_reset)
    answer = send(alice)

    assert is_new(lab)
    assert answer.status_code == 400


def test_a_feed_of_a_lab_that_was_reset_shows_nobodys_account() -> None:
    lab = f"no-defense{OWNER}"
    signed_in(lab)
    alice = Account.objects.get(lab__label=lab, username="alice")

    labs.reset(lab)

    assert '"name": null' in feed._statement(alice.pk)


# --- Two connections ------------------------------------------------------------------------------


def waiting() -> bool:
    """Tell whether a transaction waits for another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@contextmanager
def closing() -> Iterator[None]:
    """Close this thread's connection in the end, so that the test's database can be removed."""
    close_old_connections()
    try:
        yield
    finally:
        connections.close_all()


def while_under_way(send: Callable[[], Any], meanwhile: Callable[[], Any]) -> tuple[Any, Any]:
    """Start the second while the first has written its attempt and not committed yet.

    The first goes on once the second waits or has ended. Return what both returned.
    """
    written, go_on = threading.Event(), threading.Event()

    def pause(**_: Any) -> None:
        written.set()
        assert go_on.wait(20)

    def first() -> Any:
        with closing():
            return send()

    def second() -> Any:
        assert written.wait(20)
        with closing():
            return meanwhile()

    post_save.connect(pause, sender=Attempt)
    try:
        with ThreadPoolExecutor(2) as pool:
            results = pool.submit(first), pool.submit(second)
            assert written.wait(20)
            while not waiting() and not results[1].done():
                time.sleep(0.01)
            go_on.set()
            return results[0].result(), results[1].result()
    finally:
        go_on.set()
        post_save.disconnect(pause, sender=Attempt)


@with_two_connections
@given(ACTS | LOGGED)
def test_a_reset_waits_for_a_request_under_way_and_undoes_it(
    lab: str, send: Callable[[Bank], Any]
) -> None:
    alice = signed_in(lab)

    answer, _ = while_under_way(lambda: send(alice), lambda: labs.reset(lab))

    assert is_new(lab)
    assert answer.status_code < 500


@with_two_connections
def test_a_lab_with_a_request_under_way_is_not_the_one_that_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = f"no-defense{OWNER}"
    alice = signed_in(lab)
    signed_in("no-defense--for-idle")
    monkeypatch.setattr(labs, "MOST_LABS", 2)
    monkeypatch.setattr(labs, "KEPT_FOR", timedelta(hours=-1))  # Every lab counts as idle.

    answer, visit = while_under_way(
        lambda: alice.forged("/transfer", PAYMENT),
        lambda: Bank("no-defense--for-new").get("/login"),
    )

    assert (answer.status_code, visit.status_code) == (303, 200)
    assert alice.balances == (900, 1100)
    assert set(Lab.objects.values_list("label", flat=True)) == {lab, "no-defense--for-new"}


@with_two_connections
def test_payments_in_both_directions_at_once_all_arrive() -> None:
    lab = f"no-defense{OWNER}"
    rounds = 40
    start = threading.Barrier(2)
    customers = {"mallory": signed_in(lab), "alice": signed_in(lab, "mallory")}

    def pay(to: str) -> set[int]:
        statuses = set()
        with closing():
            for _ in range(rounds):
                start.wait(20)
                statuses.add(customers[to].post("/transfer", {"to": to, "amount": 1}).status_code)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(pay, customers))

    assert statuses == [{303}, {303}]
    assert state(lab)["accounts"]["alice"]["balance"] == 1000
    assert Transfer.objects.count() == 2 * rounds
