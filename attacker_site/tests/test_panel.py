"""The panel behind a bait page: its story, the request, and the bytes that were served."""

from __future__ import annotations

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from attacker_site.tests.conftest import EVIL, Document, Get, community, lookalike
from attacker_site.tests.test_exploits import CELLS, HOSTS
from attacker_site.tests.victim import LittleBank, Victim
from csrf_proof.arsenal import Attack

PLAYGROUND = "http://playground.localhost:8000"
URLENCODED = "Content-Type: application/x-www-form-urlencoded"
FROM_EVIL = "Origin: http://evil.localhost:9000"
FROM_COMMUNITY = "Origin: http://community.csrf-token.bank.localhost:9000"
FROM_LOOKALIKE = "Origin: http://csrf-token.bank.localhost.evil.localhost:9000"
NO_ORIGIN = "Origin: null"
CROSS_SITE, SAME_SITE = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"
COMMUNITY, LOOKALIKE = community("csrf-token"), lookalike("csrf-token")
TRANSFER = "to=mallory&amount=100"
JSON = '{"to": "mallory", "amount": "100"}'


def http(asked: str, *headers: str, body: str = "") -> str:
    """Return a request to the bank, as the panel shows it."""
    first = [f"{asked} HTTP/1.1", "Host: csrf-token.bank.localhost:8000"]
    last = ["Cookie: sessionid=… if the browser sends it", *(["", body] if body else [])]
    return "\n".join([*first, *headers, *last]) + "\n"


# The request of an attack, by the host of its page.
REQUESTS = {
    "a form": (
        "/form-post/",
        EVIL,
        http("POST /transfer", FROM_EVIL, URLENCODED, CROSS_SITE, body=TRANSFER),
    ),
    "a form from the lookalike": (
        "/form-post/",
        LOOKALIKE,
        http("POST /transfer", FROM_LOOKALIKE, URLENCODED, CROSS_SITE, body=TRANSFER),
    ),
    "a form without fields": (
        "/form-post/?action=logout",
        COMMUNITY,
        http("POST /logout", FROM_COMMUNITY, URLENCODED, SAME_SITE),
    ),
    "a picture": (
        "/image-get/?action=change-email",
        COMMUNITY,
        http("GET /email?email=mallory%40evil.localhost", SAME_SITE),
    ),
    "a HEAD": ("/head-request/", EVIL, http(f"HEAD /transfer?{TRANSFER}", CROSS_SITE)),
    "a GET by the bank’s own page": (
        "/onsite-redirect-get/",
        EVIL,
        http(f"GET /transfer?{TRANSFER}", "Sec-Fetch-Site: same-origin"),
    ),
    "a GET that no page asks for": (
        "/short-link-get/",
        COMMUNITY,
        http(f"GET /transfer?{TRANSFER}", "Sec-Fetch-Site: none"),
    ),
    "a handshake": (
        "/websocket-hijack/",
        EVIL,
        http("GET /statement/feed", FROM_EVIL, "Connection: Upgrade", "Upgrade: websocket"),
    ),
    "JSON without a type": (
        "/untyped-json/",
        EVIL,
        http("POST /api/transfer", FROM_EVIL, CROSS_SITE, body=JSON),
    ),
    "JSON of a double type": (
        "/mixed-type-json/",
        EVIL,
        http(
            "POST /api/transfer",
            FROM_EVIL,
            "Content-Type: text/plain; application/json",
            CROSS_SITE,
            body=JSON,
        ),
    ),
    "JSON in a plain-text form": (
        "/text-plain-json/",
        COMMUNITY,
        http(
            "POST /api/transfer",
            FROM_COMMUNITY,
            "Content-Type: text/plain",
            SAME_SITE,
            body='{"to": "mallory", "amount": "100", "x": "="}',
        ),
    ),
    "a file": (
        "/upload-post/",
        EVIL,
        http(
            "POST /avatar",
            FROM_EVIL,
            "Content-Type: multipart/form-data",
            CROSS_SITE,
            body="(the file, between two boundaries)",
        ),
    ),
    "a ping": (
        "/ping-post/",
        EVIL,
        http(
            f"POST /transfer?{TRANSFER}",
            FROM_EVIL,
            "Content-Type: text/ping",
            CROSS_SITE,
            body="PING",
        ),
    ),
    "a form without a sender": (
        "/no-referrer-post/",
        COMMUNITY,
        http("POST /transfer", NO_ORIGIN, URLENCODED, SAME_SITE, body=TRANSFER),
    ),
    # A sandbox is a site of its own, even on the bank's sub-domain.
    "a sandboxed form": (
        "/null-origin-post/",
        COMMUNITY,
        http("POST /transfer", NO_ORIGIN, URLENCODED, CROSS_SITE, body=TRANSFER),
    ),
}
# A sentence of the panel's story that says how the page stands to the bank.
STANDS = {
    "the attacker's site": ("/form-post/", EVIL, "a different site from the bank: cross-site."),
    "the sub-domain": ("/form-post/", community("a"), "SameSite doesn’t withhold the cookie."),
    "the lookalike": ("/form-post/", lookalike("a"), "although its name begins like the bank’s"),
    "a sandbox on the sub-domain": ("/null-origin-post/", community("a"), "a site of its own"),
    "a sign-in": ("/login-post/", EVIL, "It doesn’t need a cookie"),
    "the bank's own page": ("/clickjacking/", EVIL, "to the bank, it’s same-origin"),
    "a weakness": ("/cors-json/", EVIL, "It works only if the bank has a weakness: cors-reflect."),
    "a second click": ("/dangling-markup/", EVIL, "at the bank, on “Claim the refund”"),
    "a feed": ("/websocket-hijack/", EVIL, "this page reads the answer"),
}


@pytest.mark.parametrize(("attack", "action", "position"), CELLS)
def test_the_panel_shows_the_bytes_that_were_served(
    get_any: Get, attack: Attack, action: str, position: str
) -> None:
    host, query = HOSTS[position]
    path = f"/{attack.slug}/?{query}&action={action}"
    served = get_any(path, host).text

    panel = get_any(urljoin(path, Document(served).link("behind/")), host)

    assert panel.status_code == 200
    assert Document(panel.text).text["served"] == served


def test_the_panel_shows_the_bytes_that_were_served_after_the_balance_changed(
    get_beside: Get, victim: Victim
) -> None:
    victim.says(40)
    served = get_beside("/form-post/").text
    victim.says(0)

    panel = get_beside(urljoin("/form-post/", Document(served).link("behind/"))).text

    assert Document(panel).text["served"] == served


def test_the_panel_marks_the_lines_that_attack(get: Get) -> None:
    page = get("/image-get/behind/").text

    marked = [line for line in page.splitlines() if 'class="hll"' in line]
    assert len(marked) == 2
    assert "&lt;!--" in marked[0]
    assert "no-defense.bank.localhost:8000/logout" in marked[1]


def test_the_panel_fires_nothing(get: Get) -> None:
    document = Document(get("/form-post/behind/").text)

    loaded = [tag for tag in ("script", "iframe", "form") if document.all(tag)]
    pictures = [picture["src"] for picture in document.all("img")]
    assert loaded == []
    assert pictures == ["/static/favicon.svg"]


@pytest.mark.parametrize(("path", "host", "request_text"), REQUESTS.values(), ids=REQUESTS)
def test_the_panel_shows_the_request_as_http(
    get: Get, path: str, host: str, request_text: str
) -> None:
    slug, _, query = path.strip("/").partition("/")
    lab = "&lab=csrf-token" if host == EVIL else ""

    page = get(f"/{slug}/behind/{query or '?'}{lab}", host)

    assert Document(page.text).text["request"] == request_text


@pytest.mark.parametrize(("path", "host", "sentence"), STANDS.values(), ids=STANDS)
def test_the_panel_says_how_the_page_stands_to_the_bank(
    get: Get, path: str, host: str, sentence: str
) -> None:
    assert sentence in Document(get(f"{path}behind/", host).text).text["ol"]


def test_the_panel_names_the_host_that_served_the_page_as_origin(get: Get) -> None:
    page = get("/form-post/behind/", "deep.below.evil.localhost:9000").text

    assert "Origin: http://deep.below.evil.localhost:9000\n" in Document(page).text["request"]


def test_the_panel_leads_to_this_attempt(get: Get) -> None:
    page = get("/image-get/behind/?lab=csrf-token&action=transfer&at=1795386609299").text

    link = f"{PLAYGROUND}/labs/csrf-token/attempt/?since=1795386609299&path=/transfer"
    assert link in Document(page).addresses()


@pytest.mark.parametrize("at", ["", "&at=", "&at=now", "&at=-5", "&at=1e9", "&at=1" + "0" * 30])
def test_the_panel_without_a_usable_time_leads_to_the_log(get: Get, at: str) -> None:
    links = Document(get(f"/image-get/behind/?lab=csrf-token{at}").text).addresses()

    assert f"{PLAYGROUND}/labs/csrf-token/#log" in links
    assert not [link for link in links if "attempt" in link]


def test_the_panel_leads_onward(get: Get) -> None:
    page = get("/image-get/behind/?lab=csrf-token&action=transfer&at=1795386609299").text

    links = Document(page).addresses()
    assert "/image-get/?lab=csrf-token&action=transfer" in links
    assert "/?lab=csrf-token" in links
    assert f"{PLAYGROUND}/labs/csrf-token/" in links
    assert f"{PLAYGROUND}/attacks/image-get/" in links


def test_the_time_in_the_link_is_the_time_of_serving(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_795_386_609_299_999_999)

    link = Document(get("/form-post/").text).link("behind/")

    assert parse_qs(urlsplit(link).query)["at"] == ["1795386609299"]


def test_the_panel_of_an_attack_with_a_server_shows_what_was_prepared(
    get_by_the_bank: Get,
) -> None:
    served = get_by_the_bank("/tossed-cookie-post/", community("csrf-token")).text
    path = urljoin("/tossed-cookie-post/", Document(served).link("behind/"))

    page = get_by_the_bank(path, community("csrf-token")).text

    document = Document(page)
    assert "field token" in document.text["dl"]
    assert "token-of-mallory" in document.text["dl"]
    assert "cookie token" in document.text["dl"]
    assert "cookie-of-mallory" in document.text["dl"]
    assert "Before that, the attacker’s server visited the bank" in document.text["ol"]
    assert f"{TRANSFER}&token=token-of-mallory\n" in document.text["request"]
    assert "/loot/" in document.addresses()


def test_the_panel_of_an_attack_whose_server_has_not_been_asked_says_so(get: Get) -> None:
    page = get("/foreign-token-post/behind/").text

    assert "Nobody has opened it yet." in page
    assert "Before that" not in page


def test_the_panel_of_an_attack_that_the_notebook_does_not_know_says_so(get: Get) -> None:
    page = get("/foreign-token-post/behind/?at=1795386609299").text

    assert "no longer has these values" in page


def test_the_panel_of_an_attack_that_got_nothing_from_the_bank_says_so(
    get_beside: Get, victim: Victim
) -> None:
    victim.reply = LittleBank(plain=True)
    served = get_beside("/foreign-token-post/").text

    page = get_beside(urljoin("/foreign-token-post/", Document(served).link("behind/"))).text

    assert "a token or a cookie, so it had nothing" in page


def test_the_panel_of_an_attack_without_a_server_speaks_of_none(get: Get) -> None:
    assert "attacker’s server" not in get("/form-post/behind/").text
