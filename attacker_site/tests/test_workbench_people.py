"""The workbench's pages for people: getting one, what to begin with, versions and previews."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from attacker_site.tests.conftest import ARSENAL, EVIL, Document, community, site
from attacker_site.tests.victim import LittleBank, Victim
from attacker_site.tests.workbench import FORM, Bench, Sender, app, bench, new_owner
from attacker_site.workbench import store
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN

__all__ = ["app", "bench"]
LAB = "csrf-token--for-otter42"


def text_of(answer: TestResponse) -> str:
    """Return what is in the field for the body."""
    found = re.search(r'<textarea id="body"[^>]*>\n(.*?)</textarea>', answer.text, re.DOTALL)
    assert found
    return html.unescape(found[1])


def begin(app: Flask, query: str = "", **headers: Any) -> TestResponse:
    return Sender(app).send(EVIL, f"/workbench/{query}", **headers)


def get_one(app: Flask, fields: dict[str, str], **headers: Any) -> TestResponse:
    body = urlencode(fields).encode()
    return Sender(app).send(EVIL, "/workbench/", "POST", body, FORM, **headers)


def test_a_person_gets_a_workbench_and_its_address(app: Flask) -> None:
    ready = get_one(app, {"name": "otter42", "attack": "form-post", "lab": LAB})

    assert ready.status_code == 201
    (address,) = set(re.findall(r'href="(http://workbench-[^"]+)"', ready.text))
    assert address.endswith(f".localhost:9000/?attack=form-post&amp;lab={LAB}")
    host = address.split("/")[2]
    written = text_of(Sender(app).send(host, f"/?attack=form-post&lab={LAB}"))
    assert f'action="http://{LAB}.bank.localhost:8000/transfer"' in written


def test_the_browser_remembers_its_workbench_and_can_do_without(app: Flask) -> None:
    ready = get_one(app, {"name": ""})
    cookie = ready.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))

    known = begin(app, "?attack=image-get", Cookie=cookie.partition(";")[0])

    assert "Open your workbench" in known.text
    assert "/?attack=image-get" in known.text
    assert "Open your workbench" not in begin(app).text
    assert "Open your workbench" not in begin(app, Cookie="workbench=' OR 1=1").text


def test_a_name_is_proposed_from_the_lab(app: Flask) -> None:
    assert 'value="otter42"' in begin(app, f"?lab={LAB}").text
    assert 'value=""' in begin(app, "?lab=no-defense").text


@pytest.mark.parametrize("name", ["Otter", "<b>", "a" * 13, "a--b", "\x00"])
def test_a_bad_name_is_refused_on_the_page(app: Flask, name: str) -> None:
    answer = get_one(app, {"name": name})
    assert answer.status_code == 400
    assert "A name has at most 12 characters" in answer.text
    assert "<b>" not in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}, {"Sec_Fetch_Site": "same-site"}],
)
def test_another_sites_page_gets_nobody_a_workbench(app: Flask, headers: dict[str, str]) -> None:
    answer = get_one(app, {"name": "otter42"}, **headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_the_page_is_at_one_host(app: Flask) -> None:
    answer = Sender(app).send(community("no-defense"), "/workbench/")
    assert answer.status_code == 404
    assert f"http://{EVIL}/workbench/" in answer.text


@pytest.mark.parametrize(
    "query", ["?attack=nothing&lab=.", "?attack=%00&lab=%3Cb%3E", "?lab=" + "a" * 900]
)
def test_an_odd_query_is_survived(app: Flask, bench: Bench, query: str) -> None:
    assert begin(app, query).status_code in {200, 400}
    answer = bench.write_page(f"/{query}")
    assert answer.status_code == 400
    assert "<b>" not in answer.text


OFFERED = [
    slug
    for slug, one in ARSENAL.attacks.items()
    if {CROSS_SITE, SUBDOMAIN} & set(one.launched_from)
]


def test_every_attack_that_works_where_exploits_are_read_is_offered(bench: Bench) -> None:
    offered = re.findall(r'<option value="([^"]+)">', bench.write_page().text)
    assert sorted(offered) == sorted(OFFERED)
    assert len(offered) > 30


@pytest.mark.parametrize("slug", [slug for slug in OFFERED if slug not in ARSENAL.servers])
def test_an_attack_to_start_from_has_whole_addresses(bench: Bench, slug: str) -> None:
    answer = bench.write_page(f"/?attack={slug}&lab=no-defense--for-otter42")

    written = Document(text_of(answer))
    assert answer.status_code == 200
    assert "It isn’t stored yet" in answer.text
    addresses = [address for address in written.addresses() if address != "about:blank"]
    assert all(address.startswith(("http://", "#", "data:")) for address in addresses), addresses
    assert f"http://{EVIL}/{slug}/behind/?lab=no-defense" in text_of(answer)
    assert bench.read().status_code == 404


def test_an_attack_that_needs_the_bank_says_if_that_is_down(bench: Bench) -> None:
    answer = bench.write_page("/?attack=foreign-token-post&lab=csrf-token")
    assert answer.status_code == 502
    assert "The attacker’s server couldn’t get what it needs" in answer.text


def test_an_attack_of_the_subdomains_says_so(tmp_path: Path) -> None:
    victim = Victim()
    victim.reply = LittleBank()
    with victim.running():
        bench = new_owner(site(victim.address, tmp_path))
        tossed, plain = (
            bench.write_page(f"/?attack={slug}&lab=csrf-token").text
            for slug in ("tossed-cookie-post", "form-post")
        )
    said = "works only if alice opens it at a sub-domain"
    assert said in tossed
    assert said not in plain


def paste(bench: Bench, text: str, lab: str = LAB, **headers: Any) -> TestResponse:
    body = urlencode({"pasted": text, "lab": lab}).encode()
    return bench.send(bench.writing, "/start", "POST", body, FORM, **headers)


PASTED = {
    "a form": '<form method=post action=/email><input name=email value="x@y"></form>',
    "curl": f"curl 'http://{LAB}.bank.localhost:8000/email' --data-raw 'email=x%40y'",
    "a request": f"POST /email HTTP/1.1\nHost: {LAB}.bank.localhost:8000\n"
    "Content-Type: application/x-www-form-urlencoded\n\nemail=x%40y",
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_what_is_pasted_becomes_a_page_that_sends_it(bench: Bench, text: str) -> None:
    answer = paste(bench, text)

    written = Document(text_of(answer))
    assert answer.status_code == 200
    assert written.all("form")[0]["action"] == f"http://{LAB}.bank.localhost:8000/email"
    (field,) = written.all("input")
    assert (field["name"], field["value"]) == ("email", "x@y")
    assert "A form that submits itself sends this" in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<p>no form</p>",
        "<form action='http://evil.example/'>",
        "curl x -Z",
        "<form action='http://[']>",
        "<![foo[x]]>",
    ],
)
def test_a_bad_paste_is_refused_and_kept(bench: Bench, text: str) -> None:
    answer = paste(bench, text)
    assert answer.status_code == 400
    assert "Not stored." in answer.text
    assert f"{html.escape(text, quote=True)}</textarea>".replace("&#x27;", "&#39;") in answer.text


def test_another_sites_page_pastes_nothing(bench: Bench) -> None:
    assert paste(bench, PASTED["a form"], Sec_Fetch_Site="cross-site").status_code == 403


def test_versions_are_listed_opened_previewed_and_downloaded(bench: Bench) -> None:
    bench.store("<h1>one</h1><script>alert(1)</script>")
    bench.store("two", file="/b", head="HTTP/1.1 200 OK\nContent-Type: text/plain")

    links = Document(bench.write_page().text).addresses()
    for number in (1, 2):
        for address in (f"/preview/{number}", f"/versions/{number}"):
            assert address in links
    old = bench.write_page("/?version=1")
    assert text_of(old) == "<h1>one</h1><script>alert(1)</script>"
    assert "Store it to make it the newest" in old.text
    preview = bench.write_page("/preview/1")
    assert preview.text == "<h1>one</h1><script>alert(1)</script>"
    policy = preview.headers["Content-Security-Policy"]
    assert policy.endswith("; sandbox")
    assert policy.startswith("default-src 'none'")
    assert preview.headers["Referrer-Policy"] == "no-referrer"
    assert bench.write_page("/preview/2").mimetype == "text/plain"
    saved = bench.write_page("/versions/2")
    assert saved.data == b"two"
    assert saved.headers["Content-Disposition"] == 'attachment; filename="exploit-2.html"'


@pytest.mark.parametrize("number", ["0", "3", "x", "-1", "9" * 5_000, "%FF", "\u0661"])
def test_a_version_that_is_not_there_is_told(bench: Bench, number: str) -> None:
    bench.store()
    for path in (f"/preview/{number}", f"/versions/{number}", f"/?version={number}"):
        assert bench.write_page(path).status_code == 404


def test_bytes_that_are_not_text_can_be_downloaded_and_not_edited(bench: Bench) -> None:
    bench.store(b"\xff\xfe")
    page = bench.write_page()
    assert "bytes that aren’t text" in page.text
    assert text_of(page) == ""
    assert bench.write_page("/versions/1").data == b"\xff\xfe"


def test_another_owner_sees_no_version(app: Flask, bench: Bench) -> None:
    bench.store("mine")
    another = new_owner(app)
    assert another.write_page("/preview/1").status_code == 404
    assert "Nothing is stored yet" in another.write_page().text


def test_the_lab_is_kept_while_writing(bench: Bench) -> None:
    stored = bench.post({"responseBody": "a", "formAction": "STORE", "lab": LAB})
    assert stored.headers["Location"] == f"/?lab={LAB}"
    page = bench.write_page(f"/?lab={LAB}")
    assert f"http://{LAB}.bank.localhost:8000/login" in Document(page.text).addresses()
    assert "no-defense--for-otter42.bank" in bench.write_page().text
    other = bench.post({"responseBody": "b", "formAction": "STORE", "lab": "//evil.example"})
    assert other.headers["Location"] == "/"


def test_what_was_written_is_text_on_the_page(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "STORES", 100)
    for body in ("</textarea><script>alert(1)</script>", "\n\nempty lines first", "&lt;"):
        bench.store(body)
        page = bench.write_page()
        assert text_of(page) == body
        assert "<script>" not in page.text


EVERY = ["/", "/log", "/nothing", "/?version=9", "/?attack=form-post", "/?lab=."]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("path", EVERY)
def test_a_page_is_well_formed_with_one_heading(bench: Bench, path: str, stored: bool) -> None:
    if stored:
        bench.store("<p>hello")
        bench.read("/exploit?x", Referer="http://a.localhost/")
    document = Document(bench.write_page(path).text)

    assert document.mistakes == []
    assert len(document.all("h1")) == len(document.all("main")) == 1
    assert {one["src"] for one in document.all("script")} <= {"/static/editor.js"}


@pytest.mark.parametrize("stored", [False, True])
def test_every_local_address_exists(bench: Bench, stored: bool) -> None:
    if stored:
        bench.store()
    local = {
        address
        for path in EVERY
        for address in Document(bench.write_page(path).text).addresses()
        if address.startswith("/") and address != "/start"
    }
    assert {each for each in local if bench.write_page(each).status_code != 200} == set()
