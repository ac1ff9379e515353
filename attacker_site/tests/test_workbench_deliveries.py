"""Sending an exploit to alice: what the secret host asks the teaching side, and what it tells."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from attacker_site.tests.conftest import Document, site
from attacker_site.tests.victim import Answer, Asked, Victim
from attacker_site.tests.workbench import FORM, Bench, new_owner
from attacker_site.workbench import deliveries

LAB = "no-defense--for-otter42"
ID = "a1b2c3"
JSON = "application/json"
EVIDENCE = {
    "accounts": {
        "before": {"alice": {"balance": 1000, "email": "alice@bank.localhost"}},
        "after": {"alice": {"balance": 900, "email": "<b>@evil.localhost"}},
    },
    "attempts": [
        {"id": 7, "method": "POST", "path": "/transfer", "outcome": "applied", "reason": None}
    ],
    "clicked": "<b>Win",
    "seconds": 1.2,
    "quiet": False,
    "navigation": ["http://x.localhost/<b>"],
    "requests": [
        {
            "method": "POST",
            "url": "http://x/<b>",
            "kind": "document",
            "status": 303,
            "failed": "",
            "cookies_sent": ["sessionid"],
            "cookies_withheld": ["other", "third"],
            "cookies_why": {"other": "cookie-lax"},
        }
    ],
    "console": ["<b>hello"],
    "refused": ["http://example.com/<b>"],
}


@dataclass
class Queue:
    """The teaching side, as far as it matters here."""

    state: str = "over"
    status: int = 202
    detail: Any = "No."
    browsers: tuple[str, ...] = ("chromium", "firefox")
    asked: list[Asked] = field(default_factory=list)
    # States that a delivery has one after the other, each time that somebody asks.
    coming: list[str] = field(default_factory=list)
    began: str = "2020-01-01T00:00:00.000Z"
    position: str = "cross-site"
    mission: dict[str, Any] | None = None

    def __call__(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        path = asked.path.removeprefix("/api/visits")
        if asked.method == "POST":
            said = {"id": ID} if self.status == 202 else {"detail": self.detail}
            return Answer(json.dumps(said), self.status)
        if path == "":
            return Answer(json.dumps({"browsers": self.browsers}))
        if path.endswith("/chromium"):
            return Answer(json.dumps({"jpeg": base64.b64encode(b"\xff\xd8picture").decode()}))
        if path.endswith(f"/{ID}"):
            self.state = self.coming.pop(0) if self.coming else self.state
            return Answer(json.dumps(self.told))
        if path.count("/") == 2:
            return Answer(json.dumps({"deliveries": [self.told]}))
        return Answer('{"detail": "Not Found"}', 404)

    @property
    def told(self) -> dict[str, Any]:
        done = self.state == "over"
        browser = {
            "browser": "chromium",
            "state": "done" if done else self.state,
            "outcome": "forged" if done else None,
            "reason": None,
            "sentence": "The bank did it." if done else "",
            "started": self.began,
            "ended": self.began if done else None,
            **({"evidence": EVIDENCE} if done else {}),
        }
        return {
            "id": ID,
            "lab": "csrf-token--for-otter42",
            "exploit": "http://exploit-x.localhost:9000/exploit",
            "file": "/exploit",
            "from": self.position,
            "state": self.state,
            "place": None if done else 3,
            "browsers": [browser],
            "mission": self.mission,
        }

    @property
    def delivered(self) -> dict[str, Any]:
        """What has been asked for last."""
        (*_, last) = [each for each in self.asked if each.method == "POST"]
        said: dict[str, Any] = json.loads(last.body)
        return said


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def bench(queue: Queue, tmp_path: Path) -> Iterator[Bench]:
    """An owner with something stored, next to a teaching side that has a victim's browser."""
    victim = Victim()
    victim.reply = queue
    with victim.running():
        found = new_owner(site(victim.address, tmp_path))
        found.store()
        yield found


def ask(bench: Bench, body: Any, **headers: Any) -> TestResponse:
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bench.send(bench.writing, "/api/deliveries", "POST", said, JSON, **headers)


def public(bench: Bench) -> str:
    return bench.reading.partition(".")[0].removeprefix("exploit-")


def test_a_program_delivers_and_asks_what_came_of_it(bench: Bench, queue: Queue) -> None:
    answer = ask(bench, {"lab": LAB, "exploit": "/exploit", "browsers": ["firefox"]})

    assert (answer.status_code, answer.get_json()) == (202, {"id": ID})
    assert queue.delivered == {
        "owner": public(bench),
        "name": "otter42",
        "lab": LAB,
        "file": "/exploit",
        "browsers": ["firefox"],
        "click": "",
        "stay": 20,
        "subdomain": False,
    }
    told = bench.write_page(f"/api/deliveries/{ID}").get_json()
    assert told["state"] == "over"
    assert told["browsers"][0]["outcome"] == "forged"


@pytest.mark.parametrize(
    ("solved", "says"),
    [(True, "You’ve solved “Granite”."), (False, "“Granite” isn’t solved yet.")],
)
def test_the_result_says_whether_the_labs_mission_is_solved(
    bench: Bench, queue: Queue, solved: bool, says: str
) -> None:
    queue.mission = {"slug": "granite", "title": "Granite", "solved": solved}
    page = bench.write_page(f"/deliveries/{ID}").text
    assert says in page
    assert "http://playground.localhost:8000/missions/granite/" in page
    queue.coming = ["running"]
    assert says not in bench.write_page(f"/deliveries/{ID}").text


def test_it_comes_with_the_key_and_both_halves_of_a_token(
    bench: Bench, queue: Queue, tmp_path: Path
) -> None:
    ask(bench, {"lab": LAB})

    headers = queue.asked[-1].headers
    assert headers["Host"] == "playground.localhost:8000"
    assert headers["Origin"] == "http://playground.localhost:8000"
    assert headers["Authorization"] == f"Bearer {(tmp_path / 'victim_key').read_text()}"
    assert headers["Cookie"] == f"csrftoken={headers['X-CSRFToken']}"


@pytest.mark.parametrize("exploit", ["", "/exploit", "http://{reading}/exploit"])
def test_an_exploit_may_be_named_by_its_file_or_address(
    bench: Bench, queue: Queue, exploit: str
) -> None:
    named = exploit.format(reading=bench.reading)
    assert ask(bench, {"lab": LAB, "exploit": named}).status_code == 202
    assert queue.delivered["file"] == "/exploit"


BAD = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no lab": b"{}",
    "a lab of another type": b'{"lab": 1}',
    "browsers of another type": b'{"lab": "a", "browsers": "chromium"}',
    "numbers as browsers": b'{"lab": "a", "browsers": [1]}',
    "another stay": b'{"lab": "a", "stay": 61}',
    "a stay of another type": b'{"lab": "a", "stay": [60]}',
    "brackets": b"[" * 9_000,
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_malformed_delivery_is_refused_in_a_sentence(
    bench: Bench, queue: Queue, body: bytes
) -> None:
    answer = ask(bench, body)
    assert answer.status_code == 400
    assert set(answer.get_json()) == {"error"}
    assert not [each for each in queue.asked if each.method == "POST"]


def test_what_isnt_stored_isnt_delivered(bench: Bench) -> None:
    answer = ask(bench, {"lab": LAB, "exploit": "/nothing"})
    assert answer.status_code == 409


@pytest.mark.parametrize(("status", "detail"), [(403, "Not yours."), (429, "Wait."), (503, "No.")])
def test_what_the_queue_refuses_is_told_in_its_words(
    bench: Bench, queue: Queue, status: int, detail: str
) -> None:
    queue.status, queue.detail = status, detail
    answer = ask(bench, {"lab": LAB})
    assert (answer.status_code, answer.get_json()["error"]) == (status, detail)
    page = bench.post({"formAction": "DELIVER_TO_VICTIM", "lab": LAB})
    told = bench.write_page(page.headers["Location"])
    assert told.status_code == status
    assert detail in told.text


def test_the_protocol_waits_until_the_visit_is_over(bench: Bench, queue: Queue) -> None:
    sent = bench.post({"responseBody": "new", "formAction": "DELIVER_TO_VICTIM", "lab": LAB})
    assert sent.headers["Location"] == f"/deliver-to-victim?lab={LAB}"
    assert bench.read().text == "new"
    queue.coming = ["waiting", "running", "running", "over"]

    answer = bench.write_page(sent.headers["Location"])

    assert (answer.status_code, answer.headers["Location"]) == (302, f"/deliveries/{ID}")
    assert queue.coming == []
    assert queue.delivered["lab"] == LAB


def test_without_a_lab_it_goes_to_the_latest(bench: Bench, queue: Queue) -> None:
    assert bench.write_page("/deliver-to-victim").status_code == 302
    assert queue.delivered["lab"] == "csrf-token--for-otter42"


def test_only_so_many_requests_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "PATIENCE", -1)
    monkeypatch.setattr(deliveries.Deliveries, "told", lambda *_: {"state": "waiting"})
    assert bench.write_page("/deliver-to-victim").status_code == 504


OTHERS = [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "null"}]


@pytest.mark.parametrize("headers", OTHERS)
def test_another_sites_page_delivers_nothing(
    bench: Bench, queue: Queue, headers: dict[str, Any]
) -> None:
    form = f"lab={LAB}&responseBody=theirs".encode()
    for answer in (
        ask(bench, {"lab": LAB}, **headers),
        bench.send(bench.writing, "/deliver-to-victim", **headers),
        bench.send(bench.writing, "/deliveries", "POST", form, FORM, **headers),
        bench.post({"formAction": "DELIVER_TO_VICTIM"}, **headers),
    ):
        assert answer.status_code == 403
    assert not [each for each in queue.asked if each.method == "POST"]
    assert bench.read().text == "hello"


def test_a_person_stores_and_delivers_with_one_click(bench: Bench, queue: Queue) -> None:
    page = bench.write_page(f"/?lab={LAB}")
    boxes = [
        one["name"] for one in Document(page.text).all("input") if one.get("type") == "checkbox"
    ]
    assert boxes == ["browser-chromium", "browser-firefox", "stay", "from"]
    body = f"responseBody=new&lab={LAB}&click=+Win+&browser-firefox=on&browser-chromium=on"

    answer = bench.send(bench.writing, "/deliveries", "POST", body.encode(), FORM)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/deliveries/{ID}")
    assert bench.read().text == "new"
    assert queue.delivered["browsers"] == ["firefox", "chromium"]
    assert queue.delivered["click"] == "Win"


def test_a_bad_lab_is_told_before_anything_is_stored(bench: Bench) -> None:
    body = b"responseBody=new&lab=..%2Fx"
    answer = bench.send(bench.writing, "/deliveries", "POST", body, FORM)
    assert answer.status_code == 400
    assert "isn’t a lab" in answer.text
    assert "new</textarea>" in answer.text
    assert bench.read().text == "hello"


def test_a_visit_that_isnt_over_shows_its_place_and_loads_again(bench: Bench, queue: Queue) -> None:
    queue.state = "waiting"
    page = bench.write_page(f"/deliveries/{ID}").text
    assert "number 3 in the queue" in page
    assert 'http-equiv="refresh"' in page


def test_what_came_of_it_is_shown_as_text(bench: Bench) -> None:
    answer = bench.write_page(f"/deliveries/{ID}")

    assert Document(answer.text).mistakes == []
    texts = ("Forged.", "1000 before, 900 after", "sessionid", "still busy", "See it as a picture")
    why = ("<code>other</code>: SameSite=Lax", "<code>third</code>: the request doesn’t show why")
    for text in (*texts, *why):
        assert text in answer.text
    assert "<b>" not in answer.text
    assert 'http-equiv="refresh"' not in answer.text
    picture = bench.write_page(f"/deliveries/{ID}/chromium.jpg")
    assert (picture.data, picture.mimetype) == (b"\xff\xd8picture", "image/jpeg")


@pytest.mark.parametrize("name", ["x", "..%2f", "%00", "a" * 99, "\u0661"])
def test_another_delivery_is_not_there(bench: Bench, name: str) -> None:
    for path in (
        f"/deliveries/{name}",
        f"/api/deliveries/{name}",
        f"/deliveries/{name}/chromium.jpg",
    ):
        assert bench.write_page(path).status_code == 404
    assert bench.write_page(f"/deliveries/{ID}/firefox.jpg").status_code == 404


def test_without_a_browser_the_visitor_is_the_victim(bench: Bench, queue: Queue) -> None:
    queue.browsers = ()
    page = bench.write_page().text
    assert "Deliver to alice" not in page
    assert "Be the victim yourself" in page
    assert "<code>make browsers</code>" in page, "what gives her one"
    queue.browsers = ("chromium",)
    assert "make browsers" not in bench.write_page().text


def test_while_the_teaching_side_is_down_everything_else_works(tmp_path: Path) -> None:
    bench = new_owner(site("127.0.0.1:1", tmp_path))
    assert bench.store().status_code == 303
    assert "Be the victim yourself" in bench.write_page().text
    answer = ask(bench, {"lab": LAB})
    assert answer.status_code == 503
    assert "no victim’s browser" in answer.get_json()["error"]
    assert bench.write_page("/deliver-to-victim").status_code == 503


def test_the_list_of_versions_says_what_each_did(bench: Bench, queue: Queue) -> None:
    assert "not known" in bench.write_page().text
    queue.began = "2100-01-01T00:00:00.000Z"
    row = bench.write_page().text.partition('<th scope="row">1</th>')[2].partition("</tr>")[0]
    assert f'href="/deliveries/{ID}"' in row
    assert "forged" in row


def test_a_long_stay_is_asked_for_in_every_way(bench: Bench, queue: Queue) -> None:
    form = f"responseBody=new&lab={LAB}&stay=60".encode()
    bench.send(bench.writing, "/deliveries", "POST", form, FORM)
    assert queue.delivered["stay"] == 60
    ask(bench, {"lab": LAB, "stay": 20})
    assert queue.delivered["stay"] == 20
    ask(bench, {"lab": LAB, "stay": 60})
    assert queue.delivered["stay"] == 60
    sent = bench.post({"formAction": "DELIVER_TO_VICTIM", "lab": LAB, "stay": "60"})
    assert sent.headers["Location"] == f"/deliver-to-victim?lab={LAB}&stay=60"
    bench.write_page("/deliver-to-victim?stay=20")
    assert queue.delivered["stay"] == 20
    bench.write_page(sent.headers["Location"])
    assert queue.delivered["stay"] == 60


def test_another_stay_is_refused_before_anything_is_stored(bench: Bench, queue: Queue) -> None:
    form = f"responseBody=new&lab={LAB}&stay=999".encode()
    answer = bench.send(bench.writing, "/deliveries", "POST", form, FORM)
    assert answer.status_code == 400
    assert "20 or 60 seconds" in answer.text
    assert bench.write_page("/deliver-to-victim?stay=x").status_code == 400
    assert bench.read().text == "hello"
    assert not [each for each in queue.asked if each.method == "POST"]


def test_a_delivery_to_the_subdomain_is_asked_for_in_every_way(bench: Bench, queue: Queue) -> None:
    form = f"responseBody=new&lab={LAB}&from=subdomain".encode()
    bench.send(bench.writing, "/deliveries", "POST", form, FORM)
    assert queue.delivered["subdomain"] is True
    ask(bench, {"lab": LAB, "from": "cross-site"})
    assert queue.delivered["subdomain"] is False
    ask(bench, {"lab": LAB, "from": "subdomain"})
    assert queue.delivered["subdomain"] is True
    sent = bench.post({"formAction": "DELIVER_TO_VICTIM", "lab": LAB, "from": "subdomain"})
    assert sent.headers["Location"] == f"/deliver-to-victim?lab={LAB}&from=subdomain"
    ask(bench, {"lab": LAB})
    assert queue.delivered["subdomain"] is False
    bench.write_page(sent.headers["Location"])
    assert queue.delivered["subdomain"] is True


@pytest.mark.parametrize("said", ["lookalike", 7])
def test_a_delivery_to_elsewhere_is_refused(bench: Bench, queue: Queue, said: object) -> None:
    assert ask(bench, {"lab": LAB, "from": said}).status_code == 400
    assert bench.write_page(f"/deliver-to-victim?from={said}").status_code == 400
    assert not [each for each in queue.asked if each.method == "POST"]


def test_what_has_worked_can_be_saved_as_a_test(bench: Bench, queue: Queue) -> None:
    queue.began = "2100-01-01T00:00:00.000Z"
    bench.store('<p>"""</p>{}\\')
    page = bench.write_page(f"/deliveries/{ID}").text
    assert f'href="/deliveries/{ID}/test.py">test_exploit_2.py' in page
    assert '<a href="/versions/2">version 2</a>' in page
    assert "csrf-proof URL --exploit FILE" in page
    answer = bench.write_page(f"/deliveries/{ID}/test.py")
    assert answer.headers["Content-Disposition"].endswith('"test_exploit_2.py"')
    said: dict[str, Any] = {}
    kept = [
        line for line in answer.text.splitlines() if line.startswith(("EXPLOIT", "LAB", "BANK"))
    ]
    exec("\n".join(kept), said)
    compile(answer.text, "test", "exec")
    assert said["EXPLOIT"] == '<p>"""</p>{}\\'
    assert said["LAB"] == "csrf-token--for-otter42"
    assert said["BANK"] == "http://csrf-token--for-otter42.bank.localhost:8000"


@pytest.mark.parametrize("problem", ["an old visit", "bytes", "nothing changed", "subdomain"])
def test_what_cant_be_a_test_isnt_offered(
    bench: Bench, queue: Queue, monkeypatch: pytest.MonkeyPatch, problem: str
) -> None:
    if problem != "an old visit":
        queue.began = "2100-01-01T00:00:00.000Z"
    if problem == "subdomain":
        queue.position = problem
    if problem == "bytes":
        bench.store(b"\xff")
    if problem == "nothing changed":
        same = EVIDENCE["accounts"]["before"]  # type: ignore[index]
        monkeypatch.setitem(EVIDENCE, "accounts", {"before": same, "after": same})
    assert "test.py" not in bench.write_page(f"/deliveries/{ID}").text
    assert bench.write_page(f"/deliveries/{ID}/test.py").status_code == 404
