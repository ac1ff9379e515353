"""The picture of an attempt: drawn from what really happened, and by no text broken."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from victim_site.bank import labs
from victim_site.bank.attempts import KEPT
from victim_site.bank.models import Attempt
from victim_site.bank.reports import newest_attempt
from victim_site.bank.tests.test_attempts import ODD
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, playground, signed_in
from victim_site.label import parse
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs import attempt_summary, picture
from victim_site.teaching.tests.audit import POLICY, Audit

pytestmark = pytest.mark.django_db

PAYMENT = {"to": "mallory", "amount": "100"}
EVIL = CROSS_SITE["origin"].removeprefix("http://")
MALLORY = {"username": "mallory", "password": PASSWORDS["mallory"]}
FRAME = CROSS_SITE | {"sec-fetch-dest": "iframe"}
IMAGE = CROSS_SITE | {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
SUBDOMAIN = CROSS_SITE | {"sec-fetch-site": "same-site"}
PREFLIGHT = CROSS_SITE | {"access-control-request-method": "POST"}
HANDSHAKE = {"upgrade": "websocket", "origin": CROSS_SITE["origin"]}


def drawn(lab: str) -> tuple[str, dict[str, Any]]:
    """Return what is read off the picture of a lab's newest attempt, and its parts."""
    attempt = Attempt.objects.get(pk=newest_attempt(lab))
    parts = picture.draw(attempt, parse(lab))
    lines = [line for box in parts["boxes"] for line in box["lines"]]
    return " ".join(f"{line['name']}{line['text']}" for line in lines), parts


def forge(bank: Bank) -> Any:
    return bank.forged("/transfer", PAYMENT)


# A lab, who visits it, what is asked of its bank, and what the picture then says.
Row = tuple[str, Callable[[str], Bank], Callable[[Bank], Any], list[str]]
SAID: dict[str, Row] = {
    "a forged form": (
        "post-only",
        signed_in,
        forge,
        [
            f"A page of another site {EVIL} To the browser, another site.",
            "POST /transfer Content-Type: multipart/form-data; boundary=",
            f"Origin: http://{EVIL}",
            "Sec-Fetch-Site: cross-site",
            "Cookies that came along: sessionid",
            "To the bank, alice asked for this.",
            "post-only: let it through",
            "Forged Changed: 100 moved from alice to mallory",
        ],
    ),
    "a forged image": (
        "no-defense",
        signed_in,
        lambda bank: bank.get("/logout", headers=IMAGE),
        ["GET /logout", "no-defense: checks nothing", "Forged Changed: alice is signed out"],
    ),
    "a refused form": (
        "post-only--session-token--samesite-lax--origin-check",
        signed_in,
        forge,
        [
            "post-only: let it through",
            "session-token: refused: token-missing",
            "samesite-lax: says it to the browser",
            "origin-check: refused: origin-mismatch",
            "Blocked Nothing changed.",
        ],
    ),
    "a cookie that Lax keeps back": (
        "samesite-lax",
        lambda lab: signed_in(lab) and Bank(lab),
        forge,
        [
            "No session cookie came along. If there is one, SameSite=Lax kept it back.",
            "To the bank, nobody is signed in.",
            "Cookie kept back Nothing changed.",
        ],
    ),
    "a third-party cookie": (
        "no-defense",
        lambda lab: signed_in(lab) and Bank(lab),
        lambda bank: bank.get("/logout", headers=IMAGE),
        ["it was kept back as a third-party cookie", "Cookie kept back Nothing changed."],
    ),
    "nobody": (
        "origin-check",
        Bank,
        forge,
        [
            "No rule kept one back: this browser is not signed in here.",
            "origin-check: refused: origin-mismatch",
            "Not signed in Nothing changed.",
        ],
    ),
    "a sign-in that has ended": (
        "no-defense",
        signed_in,
        lambda bank: (
            signed_in("no-defense").post("/password", {"new_password": "x"}),
            forge(bank),
        ),
        [
            "Cookies that came along: sessionid The sign-in that it belonged to has ended.",
            "Not signed in Nothing changed.",
        ],
    ),
    "a forged sign-in": (
        "no-defense",
        Bank,
        lambda bank: bank.forged("/login", MALLORY),
        [
            "No cookies came along.",
            "Nobody is signed in, and nobody need be.",
            "Forged Changed: somebody signed in as mallory",
        ],
    ),
    "the bank's own page": (
        "session-token",
        signed_in,
        lambda bank: bank.honest("/transfer", PAYMENT),
        [
            "The bank's own page session-token.bank.localhost",
            "To the browser, the bank itself.",
            "session-token: let it through",
            "Done Changed: 100 moved from alice to mallory",
        ],
    ),
    "the visitor": (
        "no-defense",
        signed_in,
        lambda bank: bank.get("/logout", headers={"sec-fetch-site": "none"}),
        ["The visitor No page asked for this.", "Origin: not sent Referer: not sent"],
    ),
    "a sub-domain": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT, headers=SUBDOMAIN),
        ["A page on a sub-domain of the bank", "To the browser, the same site.", "Forged"],
    ),
    "a request that says nothing": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT),
        [
            "Somebody The request does not say which. Nothing shows its relation to the bank.",
            "Sec-Fetch-Site: not sent",
        ],
    ),
    "an answer that is refused when all is done": (
        "check-after-effect",
        signed_in,
        forge,
        ["check-after-effect: looks afterwards", "Changed: 100 moved from alice to mallory"],
    ),
    "a step that is not checked": (
        "csrf-token--with-two-step",
        signed_in,
        lambda bank: bank.forged("/transfer/confirm", PAYMENT),
        ["csrf-token: not asked at this step", "Changed: 100 moved from alice to mallory"],
    ),
    "a step that a feature of the bank refuses": (
        "post-only--with-two-step",
        signed_in,
        lambda bank: bank.post("/api/transfer", PAYMENT, content_type="application/json"),
        ["post-only: let it through", "with-two-step: refused: step-skipped", "Blocked"],
    ),
    "a preflight": (
        "session-token",
        signed_in,
        lambda bank: Bank(bank.lab).options("/api/transfer", headers=PREFLIGHT),
        [
            "OPTIONS /api/transfer A preflight: it asks before it sends.",
            "A preflight carries no cookies.",
            "No defense is asked about a preflight. permission: refused: cors-closed",
            "Blocked Nothing changed. So no browser sends the request.",
        ],
    ),
    "a preflight that is told yes": (
        "session-token--with-cors-reflect",
        signed_in,
        lambda bank: Bank(bank.lab).options("/api/transfer", headers=PREFLIGHT),
        [
            "with-cors-reflect: permission given",
            "Done Nothing changed. So the browser may send the request.",
        ],
    ),
    "a frame": (
        "csrf-token--no-framing",
        signed_in,
        lambda bank: bank.get("/transfer", headers=FRAME),
        [
            "A page of the bank, for a frame.",
            "csrf-token: is not about frames",
            "no-framing: tells the browser: frame-refused",
            "Blocked Nothing changed.",
        ],
    ),
    "a handshake": (
        "post-only--origin-check",
        signed_in,
        lambda bank: bank.get("/statement/feed", headers=HANDSHAKE),
        [
            f"A page of another site {EVIL}",
            "A handshake, which opens a WebSocket.",
            "post-only: is about acts alone",
            "origin-check: let it through",
            "Forged Nothing changed. The statement goes to whoever asked.",
        ],
    ),
    "a handshake that is refused": (
        "websocket-origin",
        signed_in,
        lambda bank: bank.get("/statement/feed", headers=HANDSHAKE),
        ["websocket-origin: refused: websocket-origin", "Blocked Nothing changed."],
    ),
}


@pytest.mark.parametrize(("lab", "visitor", "ask", "said"), SAID.values(), ids=SAID)
def test_the_picture_says_what_happened(
    lab: str, visitor: Callable[[str], Bank], ask: Callable[[Bank], Any], said: list[str]
) -> None:
    ask(visitor(lab))

    text, _ = drawn(lab)

    assert [sentence for sentence in said if sentence not in text] == []


@pytest.mark.parametrize(("lab", "visitor", "ask", "said"), SAID.values(), ids=SAID)
def test_those_who_hear_it_are_told_all_of_it(
    lab: str, visitor: Callable[[str], Bank], ask: Callable[[Bank], Any], said: list[str]
) -> None:
    ask(visitor(lab))

    text, parts = drawn(lab)

    heard = parts["desc"].replace(":", "").replace(".", "").lower()
    seen = text.replace(":", "").replace(".", "").lower()
    assert [word for word in seen.split() if word not in heard] == []


def test_the_defenses_stand_in_the_order_of_the_label() -> None:
    lab = "everything"
    signed_in(lab, "mallory").forged("/transfer", PAYMENT)

    _, parts = drawn(lab)

    (bank,) = (box for box in parts["boxes"] if "bank checked" in box["lines"][0]["text"])
    names = [line["name"].rstrip(":") for line in bank["lines"] if line["name"]]
    assert names == parse(lab).slugs


def test_there_is_a_sentence_for_every_rule_that_keeps_a_cookie_back() -> None:
    rules = {
        cell.reason for cell in expectations.cells() if (cell.reason or "").startswith("cookie-")
    }

    assert rules <= set(picture.KEPT_BACK)


TELLS = {"browser-default", "content-policy", "host-prefix", "no-framing"}


@pytest.mark.parametrize("slug", list(descriptions.defenses()))
def test_a_defense_that_checks_no_request_does_not_pass_one(slug: str) -> None:
    _, parts = draw(Attempt(action="transfer", path="/transfer", kind="act"), slug)

    silent = {
        "no-defense": "checks nothing",
        "check-after-effect": "looks afterwards",
        **dict.fromkeys(TELLS | {"samesite-lax", "samesite-strict"}, "says it to the browser"),
    }
    assert f"{slug}: {silent.get(slug, 'let it through')}" in parts["desc"]


# --- No text breaks it ----------------------------------------------------------------------------

ELEMENTS = {"svg", "title", "desc", "path", "rect", "text", "tspan"}
ATTRIBUTES = {
    *{
        "class",
        "id",
        "role",
        "aria-labelledby",
        "aria-describedby",
        "aria-hidden",
        "viewBox",
        "d",
        "transform",
    },
    *{"preserveAspectRatio", "x", "y", "width", "height", "rx", "font-size"},
}


def draw(attempt: Attempt, lab: str) -> tuple[ElementTree.Element, dict[str, Any]]:
    parts = picture.draw(attempt, parse(lab))
    return ElementTree.fromstring(render_to_string("labs/_picture.html", {"picture": parts})), parts


def assert_whole(svg: ElementTree.Element, parts: dict[str, Any]) -> None:
    """Fail if the drawing holds what it should not, or a line stands outside of its box."""
    elements = list(svg.iter())
    assert {element.tag for element in elements} <= ELEMENTS
    assert {name for element in elements for name in element.keys()} <= ATTRIBUTES  # noqa: SIM118
    assert len(svg.findall("title")) == len(svg.findall("desc")) == 1
    assert svg.findtext("desc") == parts["desc"]
    bottom = 0
    for box in parts["boxes"]:
        assert box["top"] >= bottom
        bottom = box["top"] + box["height"]
        heights = [line["y"] for line in box["lines"]]
        assert heights == sorted(set(heights))
        assert heights[-1] < box["height"]
    assert bottom < parts["height"]


@pytest.mark.parametrize(
    "header", ["Origin", "Referer", "Cookie", "Content-Type", "Sec-Fetch-Site"]
)
@pytest.mark.parametrize("value", [*ODD.values(), '"><script>', "</desc></svg><b>", "]]>&amp;"])
def test_no_header_breaks_out_of_it(header: str, value: str) -> None:
    name = {"Content-Type": "CONTENT_TYPE"}.get(header, f"HTTP_{header.upper().replace('-', '_')}")
    sent = f"{value}=1" if header == "Cookie" else value
    Bank("no-defense").generic("POST", "/logout", **{name: sent})

    assert_whole(*draw(Attempt.objects.latest("pk"), "no-defense"))


def test_no_address_that_was_set_breaks_out_of_it() -> None:
    signed_in("no-defense").forged("/email", {"email": '"</text><script>\'"@xn--d1acufc.org'})

    svg, parts = draw(Attempt.objects.latest("pk"), "no-defense")

    assert_whole(svg, parts)
    assert "</text><script>" in "".join(svg.itertext())


any_text = st.text(max_size=300)
maybe = st.none() | any_text


@given(
    lab=st.sampled_from(["no-defense", "everything", "csrf-token--with-two-step"]),
    attempt=st.builds(
        Attempt,
        kind=st.sampled_from(["act", "preflight", "framed", "websocket"]),
        method=st.sampled_from(["GET", "POST", "OPTIONS"]) | st.text(max_size=10),
        path=st.sampled_from(["/transfer", "/transfer/confirm"]) | any_text,
        action=st.sampled_from(sorted(attempt_summary.DEEDS)),
        content_type=any_text,
        origin=maybe | any_text.map("http://{}".format),
        referer=maybe | any_text.map("http://{}".format),
        sec_fetch_site=st.sampled_from([*attempt_summary.SENDERS, None]) | any_text,
        sec_fetch_mode=maybe,
        sec_fetch_dest=maybe,
        cookies=st.lists(any_text, max_size=20),
        user=maybe,
        outcome=st.sampled_from(["applied", "refused", "anonymous"]),
        verdicts=st.lists(
            st.fixed_dictionaries(
                {"defense": st.sampled_from(list(descriptions.defenses())), "reason": any_text}
            ),
            max_size=3,
        ),
        reason=st.none() | st.sampled_from(sorted(picture.KEPT_BACK)) | any_text,
        change=any_text,
    ),
)
@settings(max_examples=100, deadline=None)
def test_whatever_an_attempt_says_is_drawn(lab: str, attempt: Attempt) -> None:
    assert_whole(*draw(attempt, lab))


STYLES = [picture.KICKER, picture.TITLE, picture.TEXT, picture.CODE, picture.ASKED, picture.WORD]


@given(
    text=any_text | st.text("abW ./-", max_size=300),
    style=st.sampled_from(STYLES),
    room=st.integers(120, picture.WIDTH),
    at_most=st.integers(1, 6),
)
@settings(max_examples=300, deadline=None)
def test_a_text_is_broken_to_fit_and_loses_nothing_but_its_end(
    text: str, style: picture.Style, room: int, at_most: int
) -> None:
    text = picture.printable(text)

    lines = picture.wrapped(text, style, room, at_most)

    assert max(map(style.width, lines)) <= room
    assert 1 <= len(lines) <= at_most
    shown, whole = "".join(lines).replace(" ", ""), text.replace(" ", "")
    assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1]))
    assert shown == whole or len(lines) == at_most


def test_an_address_is_broken_where_it_may_be() -> None:
    host = "community.post-only--csrf-token--for-otter.bank.localhost:9000"

    lines = picture.wrapped(f"Origin: http://{host}", picture.CODE, 552, 3)

    assert lines == [
        "Origin: http://community.post-only--csrf-",
        "token--for-otter.bank.localhost:9000",
    ]


# --- The page -------------------------------------------------------------------------------------

LAB = "post-only--session-token--for-drawn"


def address(lab: str = LAB) -> str:
    return f"/labs/{lab}/attempts/{newest_attempt(lab)}/"


def test_the_page_has_the_story_the_picture_and_the_reason() -> None:
    signed_in(LAB).forged("/transfer", PAYMENT)

    text = html.unescape(playground().get(address()).content.decode())

    assert "<h1>A page of another site tried to make the bank move alice's money.</h1>" in text
    assert '<svg class="picture"' in text
    assert "The request has no token from the bank's own form." in text
    assert f'href="/labs/{LAB}/#attempt-{newest_attempt(LAB)}"' in text


def test_the_page_keeps_to_the_strict_policy() -> None:
    signed_in(LAB).forged("/transfer", PAYMENT)

    answer = playground().get(address())

    audit = Audit(answer.content.decode())
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert audit.inline == []
    assert not [link for link in audit.loads if "//" in link.replace("http://playground.", "")]


def test_every_link_of_the_page_leads_somewhere() -> None:
    lab = "everything--with-two-step"
    signed_in(lab).post("/api/transfer", PAYMENT, content_type="application/json")
    site = playground()

    for page in (address(lab), f"/labs/{lab}/"):
        links = {link.partition("#")[0] for link in Audit(site.get(page).content.decode()).links}
        here = [link for link in links if link.startswith("/")]
        assert [link for link in here if site.get(link).status_code != 200] == []


def test_the_log_links_each_attempt_to_its_picture_by_a_name_of_its_own() -> None:
    signed_in(LAB).forged("/transfer", PAYMENT)

    text = html.unescape(playground().get(f"/labs/{LAB}/").content.decode())

    names = re.findall(rf'<a href="{address()}" aria-label="([^"]+)">Picture</a>', text)
    number = newest_attempt(LAB)
    story = "A page of another site tried to make the bank move alice's money."
    assert names == [f"Picture of attempt {number}: {story}"]


def assert_gone(path: str) -> None:
    answer = playground().get(path)

    assert answer.status_code == 404
    assert "This lab has no such attempt, or has it no longer" in answer.content.decode()


def test_an_attempt_of_another_lab_is_a_404_with_a_sentence() -> None:
    signed_in(LAB)
    signed_in("no-defense")

    assert_gone(address().replace(LAB, "no-defense"))


def test_an_attempt_of_before_a_reset_is_gone() -> None:
    signed_in(LAB)
    before = address()

    labs.reset(LAB)

    assert_gone(before)


def test_an_attempt_that_is_no_longer_kept_is_gone() -> None:
    bank = Bank(LAB)
    bank.get("/logout")
    first = address()
    bank.get("/logout")
    second = address()
    newest = Attempt.objects.latest("pk")
    Attempt.objects.bulk_create(Attempt(lab=newest.lab, at=newest.at) for _ in range(KEPT - 1))

    assert_gone(first)
    assert playground().get(second).status_code == 200


ATTACKS: dict[str, tuple[Callable[[Bank], Any], str]] = {
    "an image": (lambda bank: bank.get("/logout", headers=IMAGE), "image-get"),
    "a form": (
        lambda bank: bank.post(
            "/transfer",
            "to=mallory&amount=1",
            content_type="application/x-www-form-urlencoded",
            headers=CROSS_SITE,
        ),
        "form-post",
    ),
    "a sign-in": (
        lambda bank: bank.post(
            "/login",
            "username=mallory&password=mischief",
            content_type="application/x-www-form-urlencoded",
            headers=CROSS_SITE,
        ),
        "login-post",
    ),
    "a preflight": (lambda bank: bank.options("/api/transfer", headers=PREFLIGHT), "cors-json"),
    "a frame": (
        lambda bank: bank.get("/transfer", headers=SUBDOMAIN | {"sec-fetch-dest": "iframe"}),
        "clickjacking",
    ),
    "a handshake": (
        lambda bank: bank.get("/statement/feed", headers=HANDSHAKE),
        "websocket-hijack",
    ),
    "an honest form": (lambda bank: bank.honest("/transfer", PAYMENT), ""),
}


@pytest.mark.parametrize(("ask", "attack"), ATTACKS.values(), ids=ATTACKS)
def test_the_page_names_an_attack_that_sends_such_a_request(
    ask: Callable[[Bank], Any], attack: str
) -> None:
    ask(signed_in("no-defense"))

    text = playground().get(address("no-defense")).content.decode()

    main = text.partition("<main")[2]
    assert re.findall(r'href="/attacks/([a-z-]+)/"', main) == [attack] * bool(attack)
