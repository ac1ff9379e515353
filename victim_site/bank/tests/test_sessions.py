"""Sessions: what is loaded, what is saved, and what is kept in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from victim_site.bank.models import Session
from victim_site.bank.sessions import SessionStore
from victim_site.conftest import Bank, signed_in

pytestmark = pytest.mark.django_db
LAB = "no-defense"


def test_a_page_needs_two_queries_and_not_the_picture() -> None:
    alice = signed_in(LAB)
    alice.get("/")
    with CaptureQueriesContext(connection) as sent:
        assert alice.get("/").status_code == 200
    assert len(sent) == 2
    assert not any('"avatar"' in query["sql"] for query in sent)


def test_a_sign_in_writes_its_session_in_one_transaction() -> None:
    visitor = Bank(LAB)
    visitor.get("/login")
    with CaptureQueriesContext(connection) as sent:
        visitor.post("/login", {"username": "alice", "password": "wonderland"})
    saves = [q["sql"] for q in sent if q["sql"].startswith('UPDATE "bank_session" SET "session_d')]
    assert len(saves) == 1
    assert visitor.get("/").status_code == 200


def test_what_changes_after_a_save_is_saved_too() -> None:
    store = SessionStore()
    store["read"] = ["a"]
    store.save()
    store["read"].append("b")
    store.save()
    assert SessionStore(store.session_key)["read"] == ["a", "b"]


def test_a_session_in_memory_is_nobody_elses() -> None:
    store = SessionStore()
    store["read"] = ["a"]
    store.save()
    first, second = SessionStore(store.session_key), SessionStore(store.session_key)
    first["read"].append("b")
    assert second["read"] == ["a"]


@pytest.mark.parametrize("gone", ["expired", "deleted", "tampered with"])
def test_a_session_that_is_gone_signs_nobody_in(gone: str) -> None:
    alice = signed_in(LAB)
    assert alice.get("/").status_code == 200
    sessions = Session.objects.all()
    if gone == "expired":
        sessions.update(expire_date=timezone.now() - timedelta(seconds=1))
    elif gone == "deleted":
        sessions.delete()
    else:
        session = sessions.get()
        sessions.update(session_data=session.session_data[:-1] + "~")
    assert alice.get("/").status_code == 302


def test_the_strip_is_that_of_the_lab_and_of_who_looks() -> None:
    pages = {}
    for lab in ("post-only", "no-defense"):
        for _ in range(2):
            pages[lab, False] = Bank(lab).get("/login").content.decode()
            pages[lab, True] = signed_in(lab).get("/").content.decode()
    for (lab, known), page in pages.items():
        assert f'/labs/{lab}/"' in page
        assert ("data-signed-in" in page) is known
