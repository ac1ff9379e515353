"""The picture of an attempt says what happened, and no text from a request can break it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from victim_site.bank import labs, reports
from victim_site.bank.attempts import KEPT
from victim_site.bank.models import Attempt
from victim_site.bank.tests.test_attempts import ODD
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, playground, signed_in
from victim_site.label import parse
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs import attempt_summary, picture
from victim_site.teaching.tests.audit import POLICY, Audit
from victim_site.wording import REASONS

pytestmark = pytest.mark.django_db

PAYMENT = {"to": "mallory", "amount": "100"}
EVIL = CROSS_SITE["origin"].removeprefix("http://")
MALLORY = {"username": "mallory", "password": PASSWORDS["mallory"]}
FRAME = CROSS_SITE | {"sec-fetch-dest": "iframe"}
IMAGE = CROSS_SITE | {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
COMMUNITY = "http://community.no-defense.bank.localhost:9000"
SUBDOMAIN = CROSS_SITE | {"sec-fetch-site": "same-site", "origin": COMMUNITY}
REDIRECTED = CROSS_SITE | {"origin": "null", "referer": f"{COMMUNITY}/"}
PREFLIGHT = CROSS_SITE | {"access-control-request-method": "POST"}
HANDSHAKE = {"upgrade": "websocket", "origin": CROSS_SITE["origin"]}


class Read(HTMLParser):
    """A picture as it's read: its caption, the text of each box, and what it consists of."""

    def __init__(self, attempt: Attempt, lab: str) -> None:
        super().__init__()
        self.boxes: dict[str, str] = {}
        self.caption = ""
        self.quoted: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self._open: list[str] = []
        self._box = ""
        drawn = picture.draw(attempt, parse(lab))
        self.feed(render_to_string("labs/_picture.html", {"picture": drawn}))
        self.close()
        assert self._open == []
        self.boxes = {box: " ".join(text.split()) for box, text in self.boxes.items()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "li":
            self._box = (dict(attrs)["id"] or "").rpartition("-")[2]
            self.boxes[self._box] = ""
        if tag == "bdi":
            self.quoted.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if "figcaption" in self._open:
            self.caption += data
        if self._box:
            self.boxes[self._box] += data
        if "bdi" in self._open:
            self.quoted[-1] += data


def newest_attempt(lab: str) -> int:
    return reports.attempts(lab, most=1)[0].pk


def newest(lab: str) -> Read:
    return Read(Attempt.objects.get(pk=newest_attempt(lab)), lab)


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
            f"A page of another site {EVIL} To the browser, it’s a different site from the bank.",
            "POST /transfer Content-Type multipart/form-data; boundary=",
            f"Origin http://{EVIL}",
            "Sec-Fetch-Site cross-site",
            "Cookies sent sessionid",
            "To the bank, alice asked for this.",
            "post-only let it through",
            "Forged Changed: 100 moved from alice to mallory",
        ],
    ),
    "a forged image": (
        "no-defense",
        signed_in,
        lambda bank: bank.get("/logout", headers=IMAGE),
        ["GET /logout", "no-defense checks nothing", "Forged Changed: alice is signed out"],
    ),
    "a refused form": (
        "post-only--session-token--samesite-lax--origin-check",
        signed_in,
        forge,
        [
            "post-only let it through",
            "Token none from the bank’s own form",
            "session-token refused: token-missing",
            "samesite-lax checks nothing itself; it tells the browser what to do",
            "origin-check refused: origin-mismatch",
            "Blocked Nothing changed.",
        ],
    ),
    "a cookie that Lax stops": (
        "samesite-lax",
        lambda lab: signed_in(lab) and Bank(lab),
        forge,
        [
            "No session cookie was sent.",
            "If the browser has one, SameSite=Lax is enough to withhold it.",
            "The bank doesn’t know who sent this request.",
            "No cookie sent Nothing changed.",
        ],
    ),
    "a third-party cookie": (
        "no-defense",
        lambda lab: signed_in(lab) and Bank(lab),
        lambda bank: bank.get("/logout", headers=IMAGE),
        ["either it blocked it as a third-party cookie", "No cookie sent Nothing changed."],
    ),
    "nobody": (
        "origin-check",
        Bank,
        forge,
        [
            "Nobody was signed in to this bank, in any browser.",
            "origin-check refused: origin-mismatch",
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
            "Cookies sent sessionid It doesn’t belong to a current sign-in here.",
            "Invalid cookie Nothing changed.",
        ],
    ),
    "a forged sign-in": (
        "no-defense",
        Bank,
        lambda bank: bank.forged("/login", MALLORY),
        [
            "No cookies were sent.",
            "The bank doesn’t know who sent this request. It needs no sign-in.",
            "Perhaps forged Changed: a new sign-in as mallory",
        ],
    ),
    "a forged sign-in whose cookie was kept": (
        "no-defense",
        Bank,
        lambda bank: (bank.forged("/login", MALLORY), bank.get("/")),
        ["Forged Changed: a new sign-in as mallory"],
    ),
    "the bank's own page": (
        "session-token",
        signed_in,
        lambda bank: bank.honest("/transfer", PAYMENT),
        [
            "The bank’s own page session-token.bank.localhost",
            "To the browser, it’s the bank itself.",
            "session-token let it through",
            "Done Changed: 100 moved from alice to mallory",
        ],
    ),
    "nobody is named": (
        "no-defense",
        signed_in,
        lambda bank: bank.get("/logout", headers={"sec-fetch-site": "none"}),
        ["Somebody The request names no page.", "Origin not sent Referer not sent"],
    ),
    "a sub-domain": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT, headers=SUBDOMAIN),
        [
            "A page on a sub-domain of the bank",
            "To the browser, it’s the same site as the bank.",
            "Forged",
        ],
    ),
    "a sub-domain through another site": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT, headers=REDIRECTED),
        [
            "A page on a sub-domain of the bank",
            "To the browser, the request counts as another site’s.",
            "when the page is in a sandbox, or another site redirects the request.",
            "Forged",
        ],
    ),
    "a page that hides its address": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT, headers=CROSS_SITE | {"origin": "null"}),
        [
            "An unnamed page The request doesn’t say which.",
            "To the browser, the request counts as another site’s.",
            "Forged",
        ],
    ),
    "a sub-domain over https, in Firefox": (
        "no-defense",
        signed_in,
        lambda bank: bank.post(
            "/transfer",
            PAYMENT,
            headers=SUBDOMAIN | {"origin": COMMUNITY.replace("http:", "https:")},
        ),
        [
            "A page on a sub-domain of the bank",
            "To the browser, it’s the same site as the bank.",
            "Forged",
        ],
    ),
    "a browser that sends no Sec-Fetch-Site": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT, headers={"origin": CROSS_SITE["origin"]}),
        [
            f"A page of another site {EVIL} To the browser, it’s a different site from the bank.",
            "Forged",
        ],
    ),
    "a request that says nothing": (
        "no-defense",
        signed_in,
        lambda bank: bank.post("/transfer", PAYMENT),
        [
            "Somebody The request doesn’t say which. Nothing shows how it’s related to the bank.",
            "Sec-Fetch-Site not sent",
        ],
    ),
    "an answer that is refused when all is done": (
        "check-after-effect",
        signed_in,
        forge,
        ["check-after-effect checks afterwards", "Changed: 100 moved from alice to mallory"],
    ),
    "a step that is not checked": (
        "csrf-token--with-two-step",
        signed_in,
        lambda bank: bank.forged("/transfer/confirm", PAYMENT),
        ["csrf-token doesn’t check this step", "Changed: 100 moved from alice to mallory"],
    ),
    "a step that a feature of the bank refuses": (
        "post-only--with-two-step",
        signed_in,
        lambda bank: bank.post("/api/transfer", PAYMENT, content_type="application/json"),
        ["post-only let it through", "with-two-step refused: step-skipped", "Blocked"],
    ),
    "a preflight": (
        "session-token",
        signed_in,
        lambda bank: Bank(bank.lab).options("/api/transfer", headers=PREFLIGHT),
        [
            "OPTIONS /api/transfer A preflight: the browser asks before it sends the request.",
            "Preflights don’t include cookies.",
            "Defenses don’t check preflights. permission refused: cors-closed",
            "Blocked Nothing changed. So no browser sends the request.",
        ],
    ),
    "a preflight that is told yes": (
        "session-token--with-cors-reflect",
        signed_in,
        lambda bank: Bank(bank.lab).options("/api/transfer", headers=PREFLIGHT),
        [
            "with-cors-reflect permission given",
            "Done Nothing changed. So the browser may send the request.",
        ],
    ),
    "a frame": (
        "csrf-token--no-framing",
        signed_in,
        lambda bank: bank.get("/transfer", headers=FRAME),
        [
            "A page of the bank, for a frame.",
            "csrf-token doesn’t cover frames",
            "no-framing tells the browser: frame-refused",
            "Blocked Nothing changed.",
        ],
    ),
    "a handshake": (
        "post-only--origin-check",
        signed_in,
        lambda bank: bank.get("/statement/feed", headers=HANDSHAKE),
        [
            f"A page of another site {EVIL}",
            "A handshake, to open a WebSocket.",
            "post-only doesn’t cover WebSockets",
            "origin-check let it through",
            "Forged Nothing changed. The statement goes to the page that asked.",
        ],
    ),
    "a handshake that is refused": (
        "websocket-origin",
        signed_in,
        lambda bank: bank.get("/statement/feed", headers=HANDSHAKE),
        ["websocket-origin refused: websocket-origin", "Blocked Nothing changed."],
    ),
}


@pytest.mark.parametrize(("lab", "visitor", "ask", "said"), SAID.values(), ids=SAID)
def test_the_picture_says_what_happened(
    lab: str, visitor: Callable[[str], Bank], ask: Callable[[Bank], Any], said: list[str]
) -> None:
    ask(visitor(lab))

    text = " ".join(newest(lab).boxes.values())

    assert [sentence for sentence in said if sentence not in text] == []


def test_the_caption_says_in_one_sentence_what_happened() -> None:
    lab = "session-token"
    forge(signed_in(lab))

    assert newest(lab).caption == (
        "Blocked: A page of another site tried to make the bank move alice’s money."
    )


def test_the_defenses_are_in_the_order_of_the_label() -> None:
    lab = "everything"
    forge(signed_in(lab, "mallory"))

    attempt = Attempt.objects.get(pk=newest_attempt(lab))
    boxes = picture.draw(attempt, parse(lab)).boxes

    (bank,) = (box for box in boxes if box.slug == "bank")
    assert [fact.name for fact in bank.facts] == parse(lab).slugs


def test_a_lesson_chooses_the_header_lines() -> None:
    attempt = Attempt(action="logout", path="/logout", origin="http://a", sec_fetch_site="none")

    boxes = picture.draw(attempt, parse("no-defense"), ["Origin"]).boxes

    (request,) = (box for box in boxes if box.slug == "request")
    assert [(fact.name, fact.quoted) for fact in request.facts] == [("Origin", "http://a")]


def test_there_is_a_sentence_for_every_rule_that_stops_a_cookie() -> None:
    reasons = {cell.reason or "" for cell in expectations.cells()}
    # The first is about a token's cookie, the other about what a browser does with an answer.
    others = {"cookie-missing", "cookie-not-kept"}
    rules = {reason for reason in reasons if reason.startswith("cookie-")} - others

    assert rules <= set(picture.NOT_SENT)


TELLS = {"content-policy", "host-prefix", "no-framing", "samesite-lax", "samesite-strict"}
SILENT = {
    "no-defense": "checks nothing",
    "check-after-effect": "checks afterwards",
    "delayed-button": "checks no request; its script watches the clicks on a page",
    **dict.fromkeys(TELLS, "checks nothing itself; it tells the browser what to do"),
    "browser-default": "checks nothing; the cookie has no SameSite, so the browser decides",
}


@pytest.mark.parametrize("slug", list(descriptions.defenses()))
def test_a_defense_that_checks_no_request_does_not_pass_one(slug: str) -> None:
    bank = Read(Attempt(action="transfer", path="/transfer", kind="act"), slug).boxes["bank"]

    assert f"{slug} {SILENT.get(slug, 'let it through')}" in bank


# --- No text breaks it ----------------------------------------------------------------------------

STEPS = {"picture-steps", "button"}
TAGS = {"figure", "figcaption", "b", "ol", "li", "p", "div", "dl", "dt", "dd", "bdi", "svg", "use"}
ATTRIBUTES = {"class", "id", "aria-hidden", "href", "data-said", "role", "type", "value"}


def assert_whole(read: Read) -> None:
    """Fail if the picture has anything but its five boxes, or quotes what can't be shown."""
    assert list(read.boxes) == ["sender", "request", "cookies", "bank", "result"]
    assert all(read.boxes.values())
    assert set(read.tags) <= TAGS | STEPS
    assert read.attributes <= ATTRIBUTES
    for text in read.quoted:
        assert text.isprintable()
        assert 0 < len(text) <= picture.AT_MOST


@pytest.mark.parametrize("value", [*ODD.values(), '"><script>', "</bdi></li></figure><b>"])
def test_no_header_breaks_out_of_it(value: str) -> None:
    names = ["HTTP_ORIGIN", "HTTP_REFERER", "CONTENT_TYPE", "HTTP_SEC_FETCH_SITE"]
    sent = dict.fromkeys(names, value)
    Bank("no-defense").generic("POST", "/logout", **sent, HTTP_COOKIE=f"{value}=1")

    assert_whole(newest("no-defense"))


def test_no_address_that_was_set_breaks_out_of_it() -> None:
    signed_in("no-defense").forged("/email", {"email": '"</bdi><script>\'"@xn--d1acufc.org'})

    read = newest("no-defense")

    assert_whole(read)
    assert "</bdi><script>" in read.boxes["result"]


def test_a_text_that_turns_others_around_is_quoted_alone_and_does_not() -> None:
    attempt = Attempt(action="logout", path="/logout", origin="http://\u05d0\u202e.example")

    read = Read(attempt, "no-defense")

    host = "\u05d0\N{REPLACEMENT CHARACTER}.example"
    assert [text for text in read.quoted if "\u05d0" in text] == [host, f"http://{host}"]


def test_a_long_text_loses_its_end() -> None:
    attempt = Attempt(action="logout", path="/logout", referer=f"http://{'a' * 1000}/")

    read = Read(attempt, "no-defense")

    assert "a" * (picture.AT_MOST - 1) + "…" in read.quoted
    assert "a" * picture.AT_MOST not in "".join(read.boxes.values())


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
        reason=st.none() | st.sampled_from(sorted(picture.NOT_SENT)) | any_text,
        change=any_text,
    ),
)
@settings(max_examples=100, deadline=None)
def test_whatever_an_attempt_says_is_drawn(lab: str, attempt: Attempt) -> None:
    assert_whole(Read(attempt, lab))


# --- The page -------------------------------------------------------------------------------------

LAB = "post-only--session-token--for-drawn"


def address(lab: str = LAB) -> str:
    return f"/labs/{lab}/attempts/{newest_attempt(lab)}/"


def test_the_page_has_the_story_the_picture_and_the_reason() -> None:
    signed_in(LAB).forged("/transfer", PAYMENT)

    text = html.unescape(playground().get(address()).content.decode())

    assert "<h1>A page of another site tried to make the bank move alice’s money.</h1>" in text
    assert '<figure class="picture"' in text
    assert REASONS["token-missing"].sentence in text
    assert f'href="/labs/{LAB}/#attempt-{newest_attempt(LAB)}"' in text


def test_where_no_cookie_was_sent_the_page_offers_to_ask_the_visitors_browser() -> None:
    lab = "samesite-lax--for-drawn"
    signed_in(lab)
    Bank(lab).forged("/transfer", PAYMENT)
    signed_in(LAB).forged("/transfer", PAYMENT)

    assert "knows more than the bank" in playground().get(address(lab)).content.decode()
    assert "knows more than the bank" not in playground().get(address()).content.decode()


def test_the_page_keeps_to_the_strict_policy() -> None:
    signed_in(LAB).forged("/transfer", PAYMENT)

    answer = playground().get(address())

    audit = Audit(answer.content.decode())
    assert set(answer["Content-Security-Policy"].split("; ")) == POLICY
    assert audit.inline == []
    assert not [link for link in audit.loads if "//" in link.replace("http://playground.", "")]


def test_every_link_of_the_page_leads_somewhere() -> None:
    lab = "post-only--with-two-step"
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
    story = "A page of another site tried to make the bank move alice’s money."
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
