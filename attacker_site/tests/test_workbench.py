"""The workbench's two hosts: what's written at one is read at the other, and by nobody else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from attacker_site.tests.conftest import EVIL
from attacker_site.tests.workbench import FORM, Bench, Sender, app, bench, new_owner
from attacker_site.workbench import store
from attacker_site.workbench.exploit import HEAD

__all__ = ["app", "bench"]


def test_what_is_stored_is_served_byte_for_byte(bench: Bench) -> None:
    body = bytes(range(256)) * 3

    answer = bench.store(body)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    read = bench.read()
    assert read.status == "200 OK"
    assert read.data == body
    assert read.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_head_is_served_with_cookies_and_policies(bench: Bench) -> None:
    head = (
        "HTTP/1.1 418 Short and stout\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\n"
        "set-cookie: b=2; Path=/\r\nContent-Security-Policy: default-src 'none'\r\n"
        "Access-Control-Allow-Origin: *"
    )
    bench.store(head=head)

    read = bench.read()

    assert read.status == "418 Short and stout"
    assert read.headers.getlist("Set-Cookie") == ["a=1", "b=2; Path=/"]
    assert read.headers["Content-Security-Policy"] == "default-src 'none'"
    assert read.headers["Access-Control-Allow-Origin"] == "*"


def test_the_newest_is_served_and_each_file_by_itself(bench: Bench) -> None:
    bench.store("one")
    bench.store("two")
    bench.store("other", file="/pages/step-2.html")

    assert bench.read().text == "two"
    assert bench.read("/pages/step-2.html").text == "other"
    assert bench.read("/nothing").status_code == 404
    assert bench.read("/").status_code == 404


def test_it_is_also_read_at_the_subdomains_of_its_owners_labs(bench: Bench) -> None:
    bench.store("mine", file="/pages/step-2.html")
    path = f"/{bench.reading.partition('.')[0]}/pages/step-2.html"
    owner = "otter42"

    for lab in (f"csrf-token--for-{owner}", "csrf-token"):
        read = bench.send(f"community.{lab}.bank.localhost:9000", path)
        assert (read.status_code, read.text) == (200, "mine"), lab
    for host in (
        "community.csrf-token--for-somebody.bank.localhost:9000",
        "community.no--.bank.localhost:9000",
        f"csrf-token--for-{owner}.bank.localhost.evil.localhost:9000",
        EVIL,
    ):
        assert bench.send(host, path).status_code in {404, 421}, host
    for wrong in ("/exploit-nobody/exploit", "/exploit-/exploit", "/exploit-/", "/exploit-x"):
        assert bench.send("community.csrf-token.bank.localhost:9000", wrong).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "PATCH"])
def test_every_method_gets_the_page(bench: Bench, method: str) -> None:
    bench.store("here")
    assert bench.read(method=method).text == "here"


def test_a_head_request_gets_the_length_and_no_body(bench: Bench) -> None:
    bench.store("here")
    read = bench.read(method="HEAD")
    assert (read.data, read.headers["Content-Length"]) == (b"", "4")


def test_a_status_without_a_body_is_served_without(bench: Bench) -> None:
    bench.store("here", head="HTTP/1.1 204 No Content")
    read = bench.read()
    assert (read.status_code, read.data) == (204, b"")
    assert "Content-Length" not in read.headers


HEADS = {
    "nothing": ("", "Line 1"),
    "no status line": ("Content-Type: text/html", "Line 1"),
    "a word as status": ("HTTP/1.1 OK", "Line 1"),
    "a long status": ("HTTP/1.1 2000 OK", "Line 1"),
    "another protocol": ("HTTP/2 200", "Line 1"),
    "a status before the answer": ("HTTP/1.1 100 Continue", "from 200 to 599"),
    "a status beyond": ("HTTP/1.1 999 No", "from 200 to 599"),
    "a control character in the reason": ("HTTP/1.1 200 O\x00K", "Line 1"),
    "no colon": (f"{HEAD}\nnothing", "Line 3"),
    "a space before the colon": (f"{HEAD}\nA : b", "Line 3"),
    "a folded line": (f"{HEAD}\nA: b\n c", "Line 4"),
    "an empty line": (f"{HEAD}\n\nA: b", "Line 3 of the head is empty"),
    "a bare carriage return": (f"{HEAD}\nA: b\rSet-Cookie: c=d", "Line 3"),
    "a null": (f"{HEAD}\nA: b\x00", "Line 3"),
    "beyond Latin-1": (f"{HEAD}\nA: \u2028", "Line 3"),
    "a length of its own": (f"{HEAD}\nContent-Length: 3", "Remove Content-Length"),
    "chunks": (f"{HEAD}\ntransfer-encoding: chunked", "Remove transfer-encoding"),
    "an endless head": (f"{HEAD}\nA: {'b' * 9_000}", "at most 8,000"),
    "too many headers": (HEAD + "\nA: b" * 60, "at most 50"),
}


@pytest.mark.parametrize(("head", "says"), HEADS.values(), ids=HEADS)
def test_a_head_that_no_server_can_send_is_refused_and_nothing_is_stored(
    bench: Bench, head: str, says: str
) -> None:
    bench.store("before")

    answer = bench.store("after <b>", head=head)

    assert answer.status_code == 400
    assert says in answer.text
    assert "after &lt;b&gt;</textarea>" in answer.text, "what was written is still there"
    assert bench.read().text == "before"


FILES = {
    "nothing": "",
    "no slash": "exploit",
    "the root": "/",
    "a slash at the end": "/a/",
    "two slashes": "//evil.example/",
    "up": "/../app.py",
    "up, in the middle": "/a/../b",
    "here": "/./a",
    "a backslash": "/a\\b",
    "a query": "/a?b",
    "a fragment": "/a#b",
    "an escape": "/%2e%2e/a",
    "a line break": "/a\r\nX: y",
    "a null": "/a\x00",
    "letters beyond ASCII": "/\u00e9",
    "an endless name": "/" + "a" * 101,
    "the log": "/log",
    "below the programs' addresses": "/api/x",
    "the style's": "/static/site.css",
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_name_that_browsers_change_or_the_workbench_needs_is_refused(
    bench: Bench, file: str
) -> None:
    answer = bench.store(file=file)

    assert answer.status_code == 400
    assert "Not stored." in answer.text
    assert bench.read().status_code == 404


TEXT = st.text(max_size=60)
SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(file=TEXT, head=TEXT | TEXT.map(f"{HEAD}\nA: ".__add__), body=st.binary(max_size=60))
@example(file="/exploit", head=HEAD, body=b"\xff\x00\r\n")
@SLOW
def test_whatever_is_stored_is_refused_or_served(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, file: str, head: str, body: bytes
) -> None:
    monkeypatch.setattr(store, "STORES", 10**6)
    stored = bench.store(body, file, head)

    assert stored.status_code in {303, 400}
    if stored.status_code == 303:
        assert bench.read(file).data in {body, b""}


@given(body=st.binary(max_size=200))
@example(body=b"responseBody=a&responseBody=b&formAction=STORE")
@example(body=b"formAction=STORE")
@example(body=b"formAction=%ff&responseBody=a")
@example(body=b"&=&" * 30)
@SLOW
def test_whatever_is_sent_instead_of_a_form_is_refused(bench: Bench, body: bytes) -> None:
    answer = bench.send(bench.writing, "/", "POST", body, FORM)
    assert answer.status_code == 400
    assert bench.read().status_code == 404


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_another_content_type_is_refused(bench: Bench, kind: str) -> None:
    answer = bench.send(bench.writing, "/", "POST", b"formAction=STORE&responseBody=a", kind)
    assert answer.status_code == 415


def test_a_megabyte_is_refused_with_the_limit(bench: Bench) -> None:
    answer = bench.store("a" * 1_000_000)
    assert answer.status_code == 413
    assert "1 MB" in answer.text
    assert bench.read().status_code == 404


def test_almost_a_megabyte_is_stored(bench: Bench) -> None:
    assert bench.store("a" * 999_000).status_code == 303
    assert len(bench.read().data) == 999_000


def test_the_public_host_reads_no_more_than_a_megabyte(bench: Bench) -> None:
    answer = bench.send(bench.reading, "/exploit", "POST", b"a" * 1_100_000, FORM)
    assert answer.status_code == 413


def test_the_actions_lead_on_and_store_first(bench: Bench) -> None:
    viewed = bench.store("one", file="/a", action="VIEW_EXPLOIT")
    assert viewed.headers["Location"] == f"http://{bench.reading}/a"
    assert bench.read("/a").text == "one"

    logged = bench.store("two", file="/a", action="ACCESS_LOG")
    assert logged.headers["Location"] == "/log"
    assert bench.read("/a").text == "two"

    again = bench.post({"formAction": "VIEW_EXPLOIT"})
    assert again.headers["Location"] == f"http://{bench.reading}/a"


def test_nothing_is_viewed_before_something_is_stored(bench: Bench) -> None:
    assert bench.post({"formAction": "VIEW_EXPLOIT"}).status_code == 400


@pytest.mark.parametrize("action", ["", "store", "DELETE", "STORE\n"])
def test_an_unknown_action_stores_nothing(bench: Bench, action: str) -> None:
    assert bench.store(action=action).status_code == 400
    assert bench.read().status_code == 404


def test_the_secret_host_leads_to_the_public_one(bench: Bench) -> None:
    assert bench.write_page("/exploit").status_code == 404
    bench.store()
    bench.store(file="/pages/a.html")
    for path in ("/exploit", "/pages/a.html"):
        answer = bench.write_page(path)
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"http://{bench.reading}{path}"


PAGES = ["/", "/log", "/nothing", "/exploit"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_the_secret_host_tells_others_its_name(bench: Bench, path: str) -> None:
    bench.store("<script>alert(1)</script></textarea>")
    answer = bench.write_page(path)

    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    # This site's own scripts, and nothing that somebody has stored.
    scripts = f"script-src http://{bench.writing}/static/"
    assert {"default-src 'none'", "frame-ancestors 'none'", scripts} <= set(policy)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "alert(1)" not in answer.text.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")


OTHERS = {
    "another site": {"Sec_Fetch_Site": "cross-site"},
    "the same site": {"Sec_Fetch_Site": "same-site"},
    "an older browser": {"Origin": "http://exploit-0123456789.localhost:9000"},
    "no origin": {"Origin": "null"},
    "another scheme": {"Origin": "https://{host}"},
    "both": {"Sec_Fetch_Site": "same-origin", "Origin": "http://evil.localhost:9000"},
}


@pytest.mark.parametrize("headers", OTHERS.values(), ids=OTHERS)
def test_another_sites_page_stores_nothing(bench: Bench, headers: dict[str, str]) -> None:
    said = {name: text.format(host=bench.writing) for name, text in headers.items()}
    fields = {"responseBody": "theirs", "formAction": "STORE"}

    assert bench.post(fields, **said).status_code == 403
    assert bench.read().status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec_Fetch_Site": "same-origin", "Origin": "http://{host}"}, {"Sec_Fetch_Site": "none"}],
)
def test_programs_and_the_workbenchs_own_page_store(bench: Bench, headers: dict[str, str]) -> None:
    said = {name: text.format(host=bench.writing) for name, text in headers.items()}
    assert bench.post({"responseBody": "own", "formAction": "STORE"}, **said).status_code == 303


def test_the_public_host_stores_nothing(bench: Bench) -> None:
    body = b"responseBody=a&formAction=STORE"
    assert bench.send(bench.reading, "/", "POST", body, FORM).status_code == 404
    assert "not stored" not in bench.write_page().text


def test_nobody_writes_under_a_secret_that_was_not_given(app: Flask, bench: Bench) -> None:
    public = bench.reading.partition(".")[0].removeprefix("exploit-")
    for guess in ("0" * 32, public):
        answer = Sender(app).send(f"workbench-{guess}.localhost:9000")
        assert answer.status_code == 404
        assert "evil.localhost" in answer.text
    assert Sender(app).send("exploit-0000000000.localhost:9000", "/exploit").status_code == 404


def test_an_owner_reads_and_writes_only_their_own(app: Flask, bench: Bench) -> None:
    another = new_owner(app)
    bench.store("mine")
    another.store("theirs")

    assert (bench.read().text, another.read().text) == ("mine", "theirs")
    assert "theirs" not in bench.write_page().text
    bench.read("/exploit?only-mine")
    assert "only-mine" not in another.write_page("/log").text


def test_the_attackers_pages_are_not_at_the_owners_hosts(bench: Bench) -> None:
    for host in (bench.reading, bench.writing):
        for path in ("/form-post/", "/loot/", "/api/owners"):
            assert bench.send(host, path).status_code == 404


def test_the_log_says_who_has_read_a_page(bench: Bench) -> None:
    assert "Nobody has opened" in bench.write_page("/log").text
    bench.store()
    before = "http://x.localhost:8000/"
    bench.read("/exploit?token=<b>", Referer=before, Sec_Fetch_Site="cross-site")
    bench.send(bench.reading, "/stolen", "POST", b"\xffsecret=<i>", "text/plain")

    log = bench.write_page("/log").text

    assert "token=&lt;b&gt;" in log.replace("%3Cb%3E", "&lt;b&gt;")
    assert before in log
    assert "cross-site" in log
    assert "secret=&lt;i&gt;" in log
    assert "<td>404</td>" in log


def test_the_log_keeps_the_newest_and_cuts_what_is_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_READS", 3)
    for number in range(5):
        bench.read(f"/n{number}{'x' * 5_000}", User_Agent="y" * 9_000)

    log = bench.write_page("/log").text

    assert [f"/n{number}" in log for number in range(5)] == [False, False, True, True, True]
    assert "x" * 2_001 not in log
    assert "y" * 2_001 not in log


def test_the_same_again_is_no_new_version(bench: Bench) -> None:
    bench.store("one")
    bench.store("one")
    assert "version 1:" in bench.write_page().text
    bench.store("two")
    assert "version 2:" in bench.write_page().text


def test_a_flood_of_stores_is_refused_and_the_text_is_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "STORES", 2)
    for number in range(2):
        bench.store(f"{number}")

    answer = bench.store("the third")

    assert answer.status_code == 429
    assert "the third</textarea>" in answer.text
    assert bench.read().text == "1"


def test_old_versions_make_room_by_number_and_by_size(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_VERSIONS", 2)
    for number in range(4):
        bench.store("x", file=f"/n{number}")
    assert [bench.read(f"/n{n}").status_code for n in range(4)] == [404, 404, 200, 200]

    monkeypatch.setattr(store, "MOST_BYTES_AN_OWNER", 10)
    bench.store("y" * 20, file="/large")
    assert bench.read("/large").status_code == 200
    assert bench.read("/n3").status_code == 404


def test_a_full_workbench_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 10)
    answer = bench.store("y" * 20)
    assert answer.status_code == 503
    assert "full" in answer.text


def test_a_file_that_cannot_be_used_is_an_error_in_a_sentence(bench: Bench, tmp_path: Path) -> None:
    for file in tmp_path.glob("workbench.sqlite3*"):
        os.truncate(file, 0)
    (tmp_path / "workbench.sqlite3").write_bytes(b"no database" * 200)
    assert bench.write_page().status_code == 503
    assert bench.read().status_code == 503
    owners = Sender(bench.app).send(EVIL, "/api/owners", "POST", b"{}", "application/json")
    assert owners.status_code == 503
    # The rest of the site needs no workbench.
    assert Sender(bench.app).send(EVIL).status_code == 200
