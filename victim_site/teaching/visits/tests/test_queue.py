"""The queue of visits: who may ask for one, who makes it when, and the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.kept import victim_key
from catalogue.missions import all_missions
from victim_site.bank import labs
from victim_site.conftest import Site, playground, signed_in
from victim_site.teaching.missions.solving import solve
from victim_site.teaching.visits import queue
from victim_site.teaching.visits.models import Delivery, Visit, Worker

pytestmark = pytest.mark.django_db

LAB = "no-defense--for-otter42"
ASKED = {"owner": "abc", "name": "otter42", "lab": LAB, "file": "/exploit"}
JPEG = "/9j/"
TOKEN = "x" * 32


@pytest.fixture(autouse=True)
def a_key_of_its_own(tmp_path: Path) -> Iterator[None]:
    with override_settings(KEY_DIR=tmp_path):
        yield


def program(key: str = "") -> Site:
    """Return a program with the key; without browsers' headers."""
    site = playground()
    site.cookies["csrftoken"] = TOKEN
    site.defaults |= {
        "HTTP_AUTHORIZATION": f"Bearer {key or victim_key(settings.KEY_DIR)}",
        "HTTP_X_CSRFTOKEN": TOKEN,
        "HTTP_ORIGIN": site.origin,
    }
    return site


def post(path: str, body: Any, site: Site | None = None) -> Any:
    site = site or program()
    return site.post(f"/api/visits{path}", json.dumps(body), content_type="application/json")


def take(worker: str = "one", *profiles: str) -> dict[str, Any]:
    answer = post("/next", {"worker": worker, "profiles": profiles or ["chromium"]})
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = answer.json()
    return said


def deliver(**changed: Any) -> str:
    answer = post("", ASKED | changed)
    assert answer.status_code == 202, answer.content
    return str(answer.json()["id"])


def told(key: str, owner: str = "abc") -> dict[str, Any]:
    answer = program().get(f"/api/visits/of/{owner}/{key}")
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = answer.json()
    return said


def report(visit: int, what: str, worker: str = "one", **said: Any) -> int:
    status: int = post(f"/{visit}/{what}", {"worker": worker, **said}).status_code
    return status


@pytest.mark.parametrize("path", ["", "/next", "/leave", "/1/begin", "/1/end"])
def test_without_the_key_nothing_is_taken(path: str) -> None:
    assert post(path, ASKED, program("wrong")).status_code == 401
    assert post(path, ASKED, playground()).status_code == 403, "Django's token comes first"


@pytest.mark.parametrize("path", ["", "/of/abc", "/of/abc/x", "/of/abc/x/chromium"])
def test_without_the_key_nothing_is_told(path: str) -> None:
    assert playground().get(f"/api/visits{path}").status_code == 401
    assert program("wrong").get(f"/api/visits{path}").status_code == 401


def test_the_public_document_doesnt_describe_the_queue() -> None:
    assert "visits" not in playground().get("/api/openapi.json").content.decode()


def test_a_delivery_tells_whether_its_labs_mission_is_solved() -> None:
    take()
    lab = "mystery-granite--for-otter42"
    key = deliver(lab=lab)
    asked_for = {"slug": "granite", "title": all_missions()["granite"].title}
    assert told(key)["mission"] == asked_for | {"solved": False}
    solve("otter42", "granite")
    assert told(key)["mission"] == asked_for | {"solved": True}
    assert told(deliver())["mission"] is None


def test_a_visit_is_asked_for_made_and_judged() -> None:
    assert program().get("/api/visits").json() == {"browsers": []}
    assert post("", ASKED).status_code == 503
    assert take() == {}
    assert program().get("/api/visits").json() == {"browsers": ["chromium"]}
    key = deliver(click="Win")
    assert told(key)["state"] == "waiting"
    assert told(key)["place"] == 1

    visit = take()

    assert visit.pop("visit")
    assert visit == {
        "profile": "chromium",
        "bank": "http://no-defense--for-otter42.bank.localhost:8000",
        "site": "bank.localhost",
        "address": "http://exploit-abc.localhost:9000/exploit",
        "click": "Win",
        "stay": 20,
    }
    pk = Visit.objects.get().pk
    alice = signed_in(LAB)
    assert told(key)["state"] == "running"
    assert report(pk, "begin") == 204
    alice.forged("/transfer", {"to": "mallory", "amount": "100"})
    seen = {
        "method": "POST",
        "url": "http://x/",
        "kind": "document",
        "status": 200,
        "failed": "",
        "cookies_sent": ["sessionid"],
        "cookies_withheld": ["csrftoken"],
        "cookies_why": {"csrftoken": "cookie-lax"},
    }
    assert report(pk, "end", requests=[seen], screenshot=JPEG) == 204

    said = told(key)
    assert (said["state"], said["place"]) == ("over", None)
    (browser,) = said["browsers"]
    assert (browser["state"], browser["outcome"], browser["reason"]) == ("done", "forged", None)
    evidence = browser["evidence"]
    assert evidence["requests"] == [seen]
    assert evidence["accounts"]["before"]["alice"]["balance"] == 1000
    assert evidence["accounts"]["after"]["alice"]["balance"] == 900
    (attempt,) = evidence["attempts"]
    assert (attempt["action"], attempt["outcome"]) == ("transfer", "applied")
    assert program().get(f"/api/visits/of/abc/{key}/chromium").json() == {"jpeg": JPEG}


def test_what_a_defense_stopped_is_blocked_with_its_reason() -> None:
    take()
    lab = "csrf-token--for-otter42"
    key = deliver(lab=lab)
    take()
    pk = Visit.objects.get().pk
    alice = signed_in(lab)
    report(pk, "begin")
    alice.forged("/transfer", {"to": "mallory", "amount": "100"})
    report(pk, "end")

    (browser,) = told(key)["browsers"]
    assert (browser["outcome"], browser["reason"]) == ("blocked", "origin-mismatch")
    assert "Origin" in browser["sentence"]


def test_a_lab_that_is_reset_during_a_visit_is_judged_by_what_it_notes_afterwards() -> None:
    take()
    key = deliver()
    pk = take()["visit"]
    alice = signed_in(LAB)
    report(pk, "begin")
    alice.forged("/transfer", {"to": "mallory", "amount": "100"})
    labs.reset(LAB)
    alice.forged("/transfer", {"to": "mallory", "amount": "100"})

    assert report(pk, "end") == 204

    (browser,) = told(key)["browsers"]
    assert (browser["outcome"], browser["reason"]) == ("blocked", "session-ended")
    assert browser["evidence"]["accounts"]["after"]["alice"]["balance"] == 1000


def test_a_visit_that_failed_proves_nothing() -> None:
    take()
    key = deliver()
    take()
    report(Visit.objects.get().pk, "end", problem="The browser didn't start.")
    (browser,) = told(key)["browsers"]
    assert (browser["state"], browser["outcome"]) == ("failed", None)
    assert browser["sentence"] == "The browser didn't start."


LABS = {
    "somebody else's": ("no-defense--for-heron7", 403),
    "nobody's": ("no-defense", 202),
    "a mistyped one": ("no-defence--for-otter42", 400),
    "no label": ("../x", 400),
    "too long": ("a" * 300, 422),
}


@pytest.mark.parametrize(("lab", "status"), LABS.values(), ids=LABS)
def test_a_delivery_is_to_a_lab_of_ones_own(lab: str, status: int) -> None:
    take()
    assert post("", ASKED | {"lab": lab}).status_code == status
    assert Delivery.objects.exists() is (status == 202)


def test_in_a_room_a_lab_without_an_owner_is_everybodys() -> None:
    take()
    with override_settings(ROOM=True):
        assert post("", ASKED | {"lab": "no-defense"}).status_code == 403
        assert post("", ASKED).status_code == 202


@pytest.mark.parametrize(
    "changed",
    [
        {"file": "//evil.example/"[:1]},
        {"file": "/a\n"},
        {"file": "/a?b"},
        {"owner": "a.b"},
        {"owner": ""},
        {"browsers": "chromium"},
        {"browsers": ["netscape"]},
        {"click": "x" * 200},
        {"stay": 61},
    ],
)
def test_a_malformed_delivery_is_refused(changed: dict[str, Any]) -> None:
    take()
    assert post("", ASKED | changed).status_code in {400, 422}
    assert not Delivery.objects.exists()


def test_an_owner_has_one_visit_at_a_time_and_others_dont_wait_for_it() -> None:
    take("one", "chromium", "firefox")
    deliver(browsers=["chromium", "firefox"])
    other = deliver(owner="def")

    first, second, third = take("one"), take("two", "chromium", "firefox"), take("three", "firefox")

    assert first["address"].startswith("http://exploit-abc.")
    assert second["address"].startswith("http://exploit-def.")
    assert third == {}
    assert told(other, "def")["state"] == "running"
    report(first["visit"], "end")
    assert take("three", "firefox")["profile"] == "firefox"


def test_a_worker_gets_only_what_its_browsers_can_do() -> None:
    take("one", "chromium", "firefox")
    deliver(browsers=["firefox"])
    assert take("two", "chromium") == {}
    assert take("one", "chromium", "firefox")["profile"] == "firefox"


def age(visit: int, **by: float) -> None:
    Visit.objects.filter(pk=visit).update(started=timezone.now() - timedelta(**by))


def test_a_lost_workers_visit_is_made_again_once() -> None:
    take()
    key = deliver()
    first = take("one")
    assert take("two") == {}
    age(first["visit"], minutes=2)

    again = take("two")
    assert again["visit"] == first["visit"]
    assert report(first["visit"], "end", worker="one") == 409, "it isn't the first one's any more"
    age(first["visit"], minutes=2)
    assert take("three") == {}

    (browser,) = told(key)["browsers"]
    assert (browser["state"], browser["outcome"]) == ("failed", None)
    assert "twice" in browser["sentence"]


def test_a_long_visit_is_lost_later(monkeypatch: pytest.MonkeyPatch) -> None:
    take()
    deliver(stay=60)
    visit = take("one")
    assert visit["stay"] == 60
    age(visit["visit"], seconds=90)
    assert take("two") == {}
    age(visit["visit"], seconds=120)
    assert take("two")["visit"] == visit["visit"]


def test_a_worker_that_asks_again_or_leaves_gives_its_visit_back() -> None:
    take()
    deliver()
    first = take("one")
    assert take("one")["visit"] == first["visit"]
    assert Visit.objects.get().tries == 2
    assert post("/leave", {"worker": "one", "profiles": []}).status_code == 204
    assert Visit.objects.get().state == "failed"
    assert not Worker.objects.exists()
    assert post("", ASKED).status_code == 503


def test_what_no_browser_took_in_time_is_over() -> None:
    take()
    key = deliver()
    Delivery.objects.update(made=timezone.now() - timedelta(hours=1))
    take()
    assert told(key)["browsers"][0]["state"] == "failed"


def test_a_worker_that_is_silent_is_gone() -> None:
    take()
    Worker.objects.update(seen=timezone.now() - timedelta(minutes=2))
    assert post("", ASKED).status_code == 503


def test_the_queue_has_an_end_for_one_and_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    take()
    for _ in range(queue.MOST_OF_OWNER):
        key = deliver()
    assert told(key)["place"] == queue.MOST_OF_OWNER
    assert post("", ASKED).status_code == 429
    monkeypatch.setattr(queue, "MOST_WAITING", queue.MOST_OF_OWNER)
    assert post("", ASKED | {"owner": "def"}).status_code == 503


def test_old_deliveries_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "KEPT_OF_OWNER", 2)
    take()
    keys = []
    for _ in range(4):
        keys.append(deliver())
        report(take()["visit"], "end")
    assert program().get(f"/api/visits/of/abc/{keys[0]}").status_code == 404
    newest = program().get("/api/visits/of/abc").json()["deliveries"]
    assert [each["id"] for each in newest] == keys[:1:-1]


def test_a_list_of_deliveries_costs_the_same_however_long_it_is() -> None:
    take()
    counted = []
    for _ in range(3):
        deliver()
        report(take()["visit"], "end")
        with CaptureQueriesContext(connection) as queries:
            assert program().get("/api/visits/of/abc").status_code == 200
        counted.append(len(queries))
    assert len(set(counted)) == 1, counted


def test_another_owner_isnt_told_anything() -> None:
    take()
    key = deliver()
    assert program().get(f"/api/visits/of/def/{key}").status_code == 404
    assert program().get("/api/visits/of/def").json() == {"deliveries": []}


def test_a_picture_is_a_picture() -> None:
    take()
    key = deliver()
    for text in ("", "not base64", "PHN2Zz4="):
        report(take()["visit"], "end", screenshot=text)
        assert program().get(f"/api/visits/of/abc/{key}/chromium").json() == {"jpeg": ""}
        Visit.objects.update(state="waiting")
