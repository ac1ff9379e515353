"""Each weakness does what it says where a label names it, and nothing of it is anywhere else."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from graphql import get_introspection_query
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from victim_site.bank.models import Attempt, IdentityCode
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in
from victim_site.weaknesses.connect_account.weakness import CODE_LASTS, MOST_CODES
from victim_site.weaknesses.registry import all_weaknesses

pytestmark = pytest.mark.django_db

SLUGS = sorted(all_weaknesses())
FORM = "application/x-www-form-urlencoded"
PAYMENT = {"to": "mallory", "amount": "100"}
PAGES = {
    (slug, f"/{path}")
    for slug, weakness in all_weaknesses().items()
    for path in weakness.pages()
    # Two steps take the place of what the bank has anyway.
    if path not in {"transfer", "api/transfer"}
}


def text(answer: Any) -> str:
    page: str = answer.content.decode()
    return page


@pytest.mark.parametrize("slug", SLUGS)
def test_the_menu_leads_to_the_honest_use(slug: str) -> None:
    alice = signed_in(f"no-defense--with-{slug}")
    address, name = all_weaknesses()[slug].menu

    menu = text(alice.get("/")).partition("<nav")[2].partition("</nav>")[0]

    assert f">{name}</a>" in menu
    assert address.partition("?")[0] in menu
    assert alice.get(address).status_code in {200, 302}


@pytest.mark.parametrize(("slug", "path"), sorted(PAGES))
@pytest.mark.parametrize("lab", ["no-defense", "everything", "session-token"])
def test_without_the_weakness_its_page_is_not_there(lab: str, slug: str, path: str) -> None:
    others = [other for other in SLUGS if other != slug and "injection" not in other]
    for label in (lab, f"no-defense--with-{others[0]}"):
        assert signed_in(label).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/login", "/transfer", "/pay?to=mallory&amount=1", "/email"])
def test_without_a_weakness_nothing_of_any_shows(path: str) -> None:
    page = text(signed_in("no-defense").get(path))

    menu = page.partition("<nav")[2].partition("</nav>")[0]
    assert not [one.menu for one in all_weaknesses().values() if one.menu[1] in menu]
    assert "weaknesses/" not in page


class TestOpenRedirect:
    LAB = "no-defense--with-open-redirect"

    def test_inside_the_bank_it_goes_by_a_link_that_a_script_follows(self) -> None:
        page = text(Bank(self.LAB).get("/go?next=/transfer?to=mallory%26amount=1"))

        assert 'id="go" href="/transfer?to=mallory&amp;amount=1"' in page

    def test_outside_it_goes_by_a_form_with_the_token_which_a_307_hands_on(self) -> None:
        alice = signed_in("session-token--with-open-redirect")
        there = "http://evil.localhost:9000/x/?lab=a"

        page = text(alice.get("/go", {"next": there}))
        answer = alice.post(f"/go?next={there.replace('?', '%3F')}", {"token": "t"})

        assert 'name="token"' in page.partition('id="leave"')[2]
        assert (answer.status_code, answer["Location"]) == (307, there)

    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,x",
            "ftp://evil.localhost/",
            "http://",
            "http://[",
            "http://[::1",
            "x",
            "/a\nSet-Cookie: x=1",
            "http://evil.localhost/\r\nX: y",
            "\x00",
            "/" + "x" * 5000,
            "\udcff",
        ],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_an_address_that_leads_nowhere_is_refused(self, address: str, method: str) -> None:
        query = {"next": address.encode("utf-8", "surrogateescape")}

        answer = getattr(Bank(self.LAB), method)("/go", query_params=query)

        assert answer.status_code == 400
        assert "Location" not in answer
        assert "isn’t an address" in text(answer)

    @pytest.mark.parametrize("address", ["//evil.localhost/", "/\\evil.localhost/", "/ü?x=ö"])
    def test_an_odd_address_breaks_nothing(self, address: str) -> None:
        answer = Bank(self.LAB).post("/go", query_params={"next": address})

        assert answer.status_code in {307, 400}


class TestCorsReflect:
    LAB = "no-defense--with-cors-reflect"
    PREFLIGHT = {
        "origin": "http://evil.localhost:9000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-requested-with",
    }

    def test_every_answer_may_be_read_by_the_origin_that_asked(self) -> None:
        answer = signed_in(self.LAB).get("/transfer", headers=CROSS_SITE)

        assert answer["Access-Control-Allow-Origin"] == CROSS_SITE["origin"]
        assert answer["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in answer["Vary"]

    def test_a_preflight_is_told_yes_and_written_down(self) -> None:
        bank = Bank(self.LAB)

        answer = bank.options("/api/transfer", headers=self.PREFLIGHT)

        assert answer.status_code == 204
        assert answer["Access-Control-Allow-Methods"] == "POST"
        assert answer["Access-Control-Allow-Headers"] == "content-type,x-requested-with"
        (attempt,) = bank.attempts
        assert (attempt["kind"], attempt["outcome"]) == ("preflight", "applied")

    @pytest.mark.parametrize("lab", ["no-defense", "everything", "no-defense--with-two-step"])
    def test_without_it_no_answer_may_be_read(self, lab: str) -> None:
        bank = Bank(lab)
        answers = [
            bank.get("/login", headers=CROSS_SITE),
            bank.options("/api/transfer", headers=self.PREFLIGHT),
        ]

        assert not [
            name for answer in answers for name in answer.headers if name.startswith("Access-")
        ]

    @pytest.mark.parametrize(
        "value", ["", " ", "x" * 5000, "\x01", "\x7f", "a\tb", "é", "\x85", "null", "*", ", ,"]
    )
    @pytest.mark.parametrize(
        "name", ["origin", "access-control-request-method", "access-control-request-headers"]
    )
    def test_absurd_headers_are_survived(self, name: str, value: str) -> None:
        headers = self.PREFLIGHT | {name: value}

        answer = Bank(self.LAB).options("/api/transfer", headers=headers)

        assert answer.status_code in {204, 405}
        sent = [said for header, said in answer.items() if header.startswith("Access-")]
        assert all(re.fullmatch(r"[\x20-\x7e]*", said) for said in sent)


class TestMethodOverride:
    @pytest.mark.parametrize("lab", ["post-only", "csrf-token", "rule-of-thumb", "origin-check"])
    def test_a_get_is_taken_for_a_post_behind_the_checks(self, lab: str) -> None:
        query = {"_method": "POST", **PAYMENT}
        alice = signed_in(f"{lab}--with-method-override")

        answer = alice.get("/transfer", query)

        assert answer.status_code == 303
        assert alice.balances == (900, 1100)
        assert alice.attempts[-1]["method"] == "GET"

    def test_the_bookmark_of_the_page_pays(self) -> None:
        alice = signed_in("post-only--with-method-override")
        page = text(alice.get("/bookmarks"))
        (address,) = re.findall(r'id="bookmark" href="([^"]*)"', page)

        alice.get(address.replace("&amp;", "&"))

        assert alice.balances == (990, 1010)

    @pytest.mark.parametrize("said", ["GET", "DELETE", "", "POSTS"])
    def test_no_other_method_is_honoured(self, said: str) -> None:
        alice = signed_in("post-only--with-method-override")

        assert alice.get("/transfer", {"_method": said, **PAYMENT}).status_code == 405

    @pytest.mark.parametrize("said", ["PUT", "patch", "DELETE"])
    def test_a_post_is_taken_for_what_a_form_cannot_send(self, said: str) -> None:
        alice = signed_in("no-defense--with-method-override")

        answer = alice.forged("/transfer", {"_method": said, **PAYMENT})

        assert answer.status_code == 303
        assert alice.balances == (900, 1100)
        assert alice.attempts[-1]["method"] == "POST"

    @pytest.mark.parametrize("lab", ["post-only", "csrf-token", "fetch-metadata", "json-only"])
    def test_that_gets_past_no_sound_check(self, lab: str) -> None:
        alice = Bank(f"{lab}--with-method-override")
        if lab != "json-only":
            alice = signed_in(f"{lab}--with-method-override")

        alice.forged("/transfer", {"_method": "PUT", **PAYMENT})

        assert alice.attempts[-1]["verdicts"]
        assert alice.balances == (1000, 1000)

    @pytest.mark.parametrize(
        "said", ["GET", "HEAD", "", "OPTIONS", "TRACE", "P\u0130T", "x" * 9000]
    )
    def test_a_post_stays_one_if_it_names_anything_else(self, said: str) -> None:
        alice = signed_in("post-only--with-method-override")

        assert alice.forged("/transfer", {"_method": said, **PAYMENT}).status_code == 303

    @pytest.mark.parametrize("body", ["{", "[]", '{"_method": ["PUT"]}'])
    def test_a_broken_body_is_a_clear_error(self, body: str) -> None:
        alice = signed_in("no-defense--with-method-override")

        assert alice.post("/api/transfer", body, content_type="text/plain").status_code == 400

    def test_a_real_put_is_not_read_as_a_form(self) -> None:
        alice = signed_in("no-defense--with-method-override")

        assert alice.put("/transfer", "to=mallory&amount=1").status_code == 422
        assert signed_in("no-defense").put("/transfer", "to=mallory&amount=1").status_code == 405

    def test_without_it_the_field_means_nothing(self) -> None:
        alice = signed_in("post-only")

        assert alice.get("/transfer", {"_method": "POST", **PAYMENT}).status_code == 405


class TestSecondCookie:
    @pytest.mark.parametrize("lab", ["samesite-strict", "samesite-lax--host-prefix"])
    def test_the_older_cookie_alone_opens_the_account(self, lab: str) -> None:
        alice = signed_in(f"{lab}--with-second-cookie")
        (older,) = [name for name in alice.cookies if name.endswith("partner_session")]
        (newer,) = [name for name in alice.cookies if name.endswith("sessionid")]
        assert (alice.cookies[older]["samesite"], alice.cookies[older]["secure"]) == ("None", True)
        assert alice.cookies[newer]["samesite"] in {"Lax", "Strict"}
        del alice.cookies[newer]

        assert "alice: 1000" in text(alice.get("/partner"))

    def test_it_ends_with_the_sign_in(self) -> None:
        alice = signed_in("no-defense--with-second-cookie")
        alice.honest("/logout", {})

        assert alice.get("/").status_code == 302
        assert alice.cookies["partner_session"].value == ""

    def test_without_it_the_older_cookie_opens_nothing(self) -> None:
        alice = signed_in("samesite-lax")
        alice.cookies["partner_session"] = alice.cookies.pop("sessionid").value

        assert alice.get("/").status_code == 302


class TestCookieRefresh:
    def test_a_get_issues_another_value_for_the_same_sign_in(self) -> None:
        alice = signed_in("browser-default--with-cookie-refresh")
        before = alice.cookies["sessionid"].value

        alice.get("/lantern-id")

        assert alice.cookies["sessionid"].value != before
        assert alice.cookies["sessionid"]["samesite"] == ""
        assert alice.state["accounts"]["alice"]["sessions"] == 1
        assert alice.get("/").status_code == 200

    def test_who_is_not_signed_in_gets_no_session(self) -> None:
        bank = Bank("browser-default--with-cookie-refresh")

        answer = bank.get("/lantern-id", headers=CROSS_SITE)

        assert (answer.status_code, answer["Location"]) == (302, "/login")
        assert "sessionid" not in answer.cookies


class TestConnectAccount:
    LAB = "no-defense--with-connect-account"
    NONSENSE = {
        "missing": "",
        "empty": "code=",
        "wrong": "code=wrong",
        "twice": "code=a&code=b",
        "a thousand characters": f"code={'x' * 1000}",
        "not text": "code=%00",
        "no UTF-8": "code=%ff%fe",
        "another name": "kode=x",
        "an error": "error=access_denied&error_description=%3Cb%3E",
        "lines": "code=a%0d%0aSet-Cookie:%20x=1",
    }

    def test_an_honest_customer_connects_an_identity_and_signs_in_with_it(self) -> None:
        alice = signed_in(self.LAB)

        assert alice.get(back(alice, "alice")).status_code == 303
        assert alice.state["accounts"]["alice"]["identity"] == "alice@lighthouse"
        assert "alice@lighthouse" in text(alice.get("/lighthouse"))
        assert alice.attempts[-1]["action"] == "connect-account"
        change = "alice@lighthouse is connected to alice’s account"
        assert Attempt.objects.latest("pk").change == change
        assert alice.get("/poll/?").json()["identity"] == "alice@lighthouse"

        stranger = Bank(self.LAB)
        assert 'href="/lighthouse"' in text(stranger.get("/login"))
        stranger.get(back(stranger, "alice"))
        assert "Hello, alice" in text(stranger.get("/"))

    def test_whoever_brings_a_code_is_believed(self) -> None:
        alice, mallory = signed_in(self.LAB), signed_in(self.LAB, "mallory")

        alice.get(back(mallory, "mallory"), headers=CROSS_SITE)
        thief = Bank(self.LAB)
        thief.get(back(thief, "mallory"))

        assert alice.state["accounts"]["alice"]["identity"] == "mallory@lighthouse"
        assert "Hello, alice" in text(thief.get("/"))

    @pytest.mark.parametrize("query", NONSENSE.values(), ids=NONSENSE)
    @pytest.mark.parametrize("address", ["/lighthouse/connect", "/lighthouse/sign-in"])
    @pytest.mark.parametrize("lab", ["no-defense", "oauth-state"])
    def test_what_is_no_code_is_a_clear_error(self, lab: str, address: str, query: str) -> None:
        alice = signed_in(f"{lab}--with-connect-account")

        answer = alice.get(f"{address}?{query}")

        assert answer.status_code in {400, 403, 422}
        assert "<h1>" in text(answer)
        assert alice.state["accounts"]["alice"]["identity"] == ""

    def test_a_code_is_valid_once_and_for_ten_minutes(self) -> None:
        alice = signed_in(self.LAB)
        address = back(alice, "alice")
        alice.get(address)
        again = alice.get(address)
        late = back(alice, "mallory")
        IdentityCode.objects.update(at=timezone.now() - CODE_LASTS)

        assert (again.status_code, alice.get(late).status_code) == (422, 422)
        assert "used already" in text(again)
        assert alice.state["accounts"]["alice"]["identity"] == "alice@lighthouse"

    def test_a_code_of_another_lab_is_not_known(self) -> None:
        alice, other = signed_in(self.LAB), signed_in(f"{self.LAB}--for-fox")

        assert alice.get(back(other, "alice")).status_code == 422

    def test_an_identity_opens_one_account(self) -> None:
        alice, mallory = signed_in(self.LAB), signed_in(self.LAB, "mallory")
        alice.get(back(alice, "alice"))

        answer = mallory.get(back(mallory, "alice"))

        assert (answer.status_code, "another account" in text(answer)) == (422, True)
        assert mallory.state["accounts"]["mallory"]["identity"] == ""

    def test_an_identity_without_an_account_signs_nobody_in(self) -> None:
        stranger = Bank(self.LAB)

        answer = stranger.get(back(stranger, "alice"))

        assert (answer.status_code, "isn’t connected" in text(answer)) == (422, True)

    @pytest.mark.parametrize(
        "fields",
        [{}, {"for": "x"}, {"for": "connect", "state": "x" * 201}, {"for": "connect", "x": "\0"}],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_lighthouse_says_what_it_cannot_read(self, method: str, fields: dict[str, str]) -> None:
        answer = getattr(Bank(self.LAB), method)("/lighthouse/authorize", fields)

        assert answer.status_code == 400
        assert "<h1>" in text(answer)

    @pytest.mark.parametrize("name", ["alice", "nobody", "", "x" * 1000])
    def test_a_wrong_password_at_lighthouse_gives_no_code(self, name: str) -> None:
        fields = {"for": "connect", "username": name, "password": "wrong"}

        answer = Bank(self.LAB).post("/lighthouse/authorize", fields)

        assert answer.status_code == 422
        assert not IdentityCode.objects.exists()

    def test_a_lab_keeps_few_codes(self) -> None:
        alice = signed_in(self.LAB)
        for _ in range(MOST_CODES + 5):
            last = back(alice, "alice")

        assert IdentityCode.objects.count() == MOST_CODES
        assert alice.get(last).status_code == 303


def back(visitor: Bank, name: str) -> str:
    """Say at Lighthouse who that is; return the address that it leads back to."""
    begun = {**hidden(text(visitor.get("/lighthouse")), "/lighthouse/authorize")}
    asked = hidden(text(visitor.get("/lighthouse/authorize", begun)), "/lighthouse/authorize")
    said = {**asked, "username": name, "password": PASSWORDS[name]}
    page = text(visitor.post("/lighthouse/authorize", said))
    address = "/lighthouse/" + begun["for"]
    return f"{address}?{urlencode(hidden(page, address))}"


def hidden(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form with that action."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="([^"]*)" value="([^"]*)">\n', form))


class TestTrustedNetwork:
    LAB = "no-defense--with-trusted-network"
    FIELDS = {"account": "alice", **PAYMENT}

    @pytest.mark.parametrize("lab", ["no-defense", "session-token", "csrf-token", "everything"])
    def test_a_teller_pays_without_a_sign_in(self, lab: str) -> None:
        teller = Bank(f"{lab}--with-trusted-network")

        assert teller.honest("/branch", self.FIELDS).status_code == 303
        assert teller.balances == (900, 1100)
        assert Attempt.objects.latest("pk").change == "100 moved from alice to mallory"

    @pytest.mark.parametrize("lab", ["no-defense", "samesite-strict", "post-only"])
    def test_so_does_any_page_in_the_browser(self, lab: str) -> None:
        bank = Bank(f"{lab}--with-trusted-network")

        bank.forged("/branch", self.FIELDS)

        assert bank.balances == (900, 1100)

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "172.18.0.1", "::ffff:127.0.0.1"])
    def test_a_private_address_is_in_the_branch(self, address: str) -> None:
        answer = Bank(self.LAB).get("/branch", REMOTE_ADDR=address)

        assert (answer.status_code, "<form" in text(answer)) == (200, True)

    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "", "nonsense"]
    )
    def test_any_other_is_not(self, address: str) -> None:
        bank = Bank(self.LAB)

        shown = bank.get("/branch", REMOTE_ADDR=address)
        paid = bank.post("/branch", self.FIELDS, REMOTE_ADDR=address)

        assert (shown.status_code, paid.status_code) == (403, 403)
        assert 'name="amount"' not in text(shown) + text(paid)
        assert bank.balances == (1000, 1000)

    def test_a_header_does_not_bring_anybody_in(self) -> None:
        headers = {"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1"}

        assert (
            Bank(self.LAB).get("/branch", REMOTE_ADDR="8.8.8.8", headers=headers).status_code == 403
        )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"account": ""},
            {"account": "nobody"},
            {"to": "nobody"},
            {"to": "alice"},
            {"amount": "1001"},
            {"amount": "-1"},
            {"account": "x" * 1000},
            {"account": "\0"},
        ],
    )
    def test_a_wrong_payment_says_what_is_wrong(self, wrong: dict[str, str]) -> None:
        teller = Bank(self.LAB)

        answer = teller.honest("/branch", self.FIELDS | wrong)

        assert answer.status_code in {400, 422}
        assert "<h1>" in text(answer)
        assert teller.balances == (1000, 1000)

    def test_the_log_names_nobody_whoever_is_signed_in(self) -> None:
        mallory = signed_in(self.LAB, "mallory")

        mallory.forged("/branch", self.FIELDS)

        assert mallory.attempts[-1]["user"] is None
        assert mallory.attempts[-1]["action"] == "branch-payment"


class TestTwoStep:
    @pytest.mark.parametrize("lab", ["no-defense", "rule-of-thumb", "session-token"])
    def test_an_honest_payment_takes_both(self, lab: str) -> None:
        alice = signed_in(f"{lab}--with-two-step")

        page = text(alice.honest("/transfer", PAYMENT))
        assert alice.balances == (1000, 1000)
        assert 'name="amount" value="100"' in page

        alice.post("/transfer/confirm", PAYMENT)
        assert alice.balances == (900, 1100)

    def test_the_first_step_is_checked_and_the_second_is_not(self) -> None:
        alice = signed_in("rule-of-thumb--with-two-step")

        assert alice.forged("/transfer", PAYMENT).status_code == 403
        assert alice.forged("/transfer/confirm", PAYMENT).status_code == 303

    def test_a_payment_by_script_is_refused_since_it_skips_the_first(self) -> None:
        alice = signed_in("no-defense--with-two-step")

        answer = alice.post("/api/transfer", PAYMENT, content_type="application/json")

        assert answer.json()["reason"] == "step-skipped"
        assert alice.attempts[-1]["verdicts"] == [{"defense": "two-step", "reason": "step-skipped"}]
        assert alice.balances == (1000, 1000)
        assert 'id="quick"' not in text(alice.get("/"))

    @pytest.mark.parametrize("fields", [{}, {"to": "mallory"}, {"to": "x", "amount": "1"}])
    def test_a_broken_second_step_says_what_is_wrong(self, fields: dict[str, str]) -> None:
        alice = signed_in("no-defense--with-two-step")

        assert alice.post("/transfer/confirm", fields).status_code == 422
        assert alice.balances == (1000, 1000)


MUTATION = 'mutation { transfer(to: "mallory", amount: 100) { balance } }'
JSON = "application/json"
MANY = 1000


def nested(levels: int) -> str:
    return "{account" * levels + "}" * levels


def aliased(field: str) -> str:
    return " ".join(f"a{number}: {field}" for number in range(MANY))


# What breaks a server that trusts its clients: the document, and what the bank says about it.
DOCUMENTS = {
    "nothing": ("", "This field is required"),
    "a comment": ("# Hello", "Syntax Error"),
    "half a document": ("{account{balance", "Syntax Error"),
    "nested a little too deep": (nested(3), "Cannot query field"),
    "nested a hundred deep": (nested(100), "Cannot query field"),
    "nested a thousand deep": (nested(MANY), "Source contains more than"),
    "nested a thousand deep, short": ("{a" * MANY + "}" * MANY, "more than 300 tokens"),
    "lists a thousand deep": ("{account(x:" + "[" * MANY, "nested too deeply"),
    "a thousand aliases": (f"{{{aliased('account{balance}')}}}", "Source contains more than"),
    "a hundred aliases": (
        "{" + " ".join(f"a{number}:account{{email}}" for number in range(100)) + "}",
        "more than 300 tokens",
    ),
    "a thousand payments": (
        f"mutation {{{aliased(MUTATION[11:-2])}}}",
        "Source contains more than",
    ),
    "one name of 100 KB": ("{" + "a" * 100_000 + "}", "Source contains more than"),
    "a text of 100 KB": ('{account(x:"' + "a" * 100_000 + '")}', "Source contains more than"),
    "fragments in a circle": (
        "{...a} fragment a on Query {...b} fragment b on Query {...a}",
        "Cannot spread fragment",
    ),
    "a schema in a circle": (
        "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}",
        "Maximum introspection depth exceeded",
    ),
    "a field that isn't there": ("{password}", "Cannot query field"),
    "a payment in a query": (MUTATION.removeprefix("mutation "), "Cannot query field"),
    "a subscription": ("subscription {x}", "not supported"),
    "a type": ("type X {a: Int}", "not executable"),
    "two operations": ("query a {account{email}} query b {account{email}}", "The operationName"),
    "half a surrogate pair, escaped": ('{account(x:"\\ud800")}', "Invalid Unicode"),
}
# The same for the other fields: the body of a POST, its type, and what the bank says.
GRAPHQL_BODIES: dict[str, tuple[str, str, str]] = {
    "nonsense": ("{query", JSON, "not JSON"),
    "no JSON, of that type": ("query={account{email}}", JSON, "not JSON"),
    "JSON of no type": (json.dumps({"query": MUTATION}), "text/plain", "required"),
    "nothing": ("", JSON, "not JSON"),
    "null": ("null", JSON, "must be a JSON object"),
    "an empty object": ("{}", JSON, "required"),
    "a batch": (json.dumps([{"query": MUTATION}] * 2), JSON, "must be a JSON object"),
    "a batch of a thousand": (json.dumps([{"query": MUTATION}] * MANY), JSON, "must be a JSON"),
    "brackets without end": ("[" * 100_000, JSON, "not JSON"),
    "braces without end": ('{"query":' * 100_000, JSON, "not JSON"),
    "a list as the document": ('{"query": [["{account{email}}"]]}', JSON, "Syntax Error"),
    "a number as the document": ('{"query": 7}', JSON, "Syntax Error"),
    "a number of 5,000 digits": ('{"query": ' + "9" * 5000 + "}", JSON, "not JSON"),
    "variables that are a list": ('{"query": "{account{email}}", "variables": []}', JSON, "object"),
    "variables nested deep": (
        '{"query": "{account{email}}", "variables": ' + "[" * 500 + "]" * 500 + "}",
        JSON,
        "must be a JSON object",
    ),
    "variables that are nonsense": ("query={account{email}}&variables={", FORM, "not JSON"),
    "variables in brackets without end": (
        "query={account{email}}&variables=" + "[" * 100_000,
        FORM,
        "not JSON",
    ),
    "half a surrogate pair, escaped": (
        'query={account{email}}&variables={"x": "\\ud800"}',
        FORM,
        "not JSON",
    ),
    "half a surrogate pair": ('{"query": "\\ud800"}', JSON, "cannot be stored"),
    "NUL": ('{"query": "{account{email}}\\u0000"}', JSON, "cannot be stored"),
    "an operation that isn't there": (
        '{"query": "{account{email}}", "operationName": "x"}',
        JSON,
        "The operationName",
    ),
    "an operation that is a list": (
        '{"query": "{account{email}}", "operationName": [[]]}',
        JSON,
        "The operationName",
    ),
}
# Payments that the bank's own rules forbid, and those of GraphQL: the document, and its variables.
PAYMENTS = {
    "below zero": (MUTATION.replace("100", "-1"), {}),
    "to oneself": (MUTATION.replace("mallory", "alice"), {}),
    "to nobody": (MUTATION.replace("mallory", "x" * 30), {}),
    "to NUL": (MUTATION.replace("mallory", "\\u0000"), {}),
    "more than there is": (MUTATION.replace("100", "5000"), {}),
    "two at once": (
        MUTATION.replace("transfer", "a: transfer")[:-2] + " b: transfer("
        'to: "mallory", amount: 1) { balance } }',
        {},
    ),
    "none": ("mutation { __typename }", {}),
    "skipped": (MUTATION.replace("100)", "100) @skip(if: true)"), {}),
    "no variable": ('mutation($n: Int!) { transfer(to: "mallory", amount: $n) { email } }', {}),
    "a text for a number": (
        'mutation($n: Int!) { transfer(to: "mallory", amount: $n) { email } }',
        {"n": "100"},
    ),
    "a number too large": (
        'mutation($n: Int!) { transfer(to: "mallory", amount: $n) { email } }',
        {"n": 10**20},
    ),
    "no number at all": (
        'mutation($n: Int!) { transfer(to: "mallory", amount: $n) { email } }',
        {"n": float("nan")},
    ),
}


class TestGraphQL:
    LAB = "no-defense--with-graphql"
    API = "/api/graphql"

    def by_script(self, bank: Bank, query: str, **more: Any) -> Any:
        body = json.dumps({"query": query, **more})
        return bank.post(self.API, body, content_type=JSON, headers={"origin": bank.origin})

    def test_a_query_is_answered_and_is_no_attempt(self) -> None:
        alice = signed_in(self.LAB)
        before = len(alice.attempts)

        answers = [
            self.by_script(alice, "{ account { username balance } }"),
            alice.get(self.API, {"query": "{ account { username balance } }"}),
            alice.post(self.API, {"query": "{ account { username balance } }"}),
        ]

        account = {"username": "alice", "balance": 1000}
        assert [answer.json() for answer in answers] == [{"data": {"account": account}}] * 3
        assert len(alice.attempts) == before

    @pytest.mark.parametrize("lab", ["no-defense", "origin-check", "csrf-token--fetch-metadata"])
    def test_a_mutation_by_get_gets_past_the_checks_of_a_post(self, lab: str) -> None:
        alice = signed_in(f"{lab}--with-graphql")

        answer = alice.get(self.API, {"query": MUTATION}, headers={"sec-fetch-site": "cross-site"})

        assert answer.json() == {"data": {"transfer": {"balance": 900}}}
        assert alice.balances == (900, 1100)
        (*_, attempt) = alice.attempts
        assert (attempt["method"], attempt["action"]) == ("GET", "transfer")

    @pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
    def test_a_mutation_may_be_a_form(self, kind: str) -> None:
        alice = signed_in(self.LAB)
        form = {"data": f"query={MUTATION}", "content_type": FORM}
        multipart: dict[str, Any] = {"data": {"query": MUTATION}}

        alice.post(self.API, **(form if kind == "urlencoded" else multipart), headers=CROSS_SITE)

        assert alice.balances == (900, 1100)

    def test_a_head_acts_like_a_get(self) -> None:
        alice = signed_in(self.LAB)

        alice.head(self.API, {"query": MUTATION})

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_other_methods_do_not_act(self, method: str) -> None:
        alice = signed_in(self.LAB)

        answer = alice.generic(method, self.API, json.dumps({"query": MUTATION}), JSON)

        assert (answer.status_code, alice.balances) == (405, (1000, 1000))

    def test_variables_and_names_work_as_clients_send_them(self) -> None:
        alice = signed_in(self.LAB)
        pay = "mutation pay($to: String!, $n: Int!) { transfer(to: $to, amount: $n) { balance } }"
        document = f"query look {{ account {{ email }} }} {pay}"
        variables = {"to": "mallory", "n": 30}

        self.by_script(alice, document, operationName="look", variables=None)
        self.by_script(alice, document, operationName="pay", variables=variables)
        alice.get(
            self.API,
            {"query": document, "operationName": "pay", "variables": json.dumps(variables)},
        )

        assert alice.balances == (940, 1060)

    def test_tools_may_ask_for_the_schema(self) -> None:
        answer = self.by_script(signed_in(self.LAB), get_introspection_query())

        assert "Mutation" in answer.content.decode()

    def test_who_is_not_signed_in_learns_nothing_and_changes_nothing(self) -> None:
        bank = Bank(self.LAB)

        answers = [self.by_script(bank, asked) for asked in (MUTATION, "{ account { email } }")]

        assert [answer.status_code for answer in answers] == [401, 401]
        (attempt,) = bank.attempts
        assert (attempt["outcome"], attempt["reason"]) == ("anonymous", "not-signed-in")

    @pytest.mark.parametrize(("query", "said"), DOCUMENTS.values(), ids=DOCUMENTS)
    def test_a_document_that_makes_no_sense_is_refused_at_once(self, query: str, said: str) -> None:
        alice = signed_in(self.LAB)
        begin = time.process_time()

        answer = self.by_script(alice, query)

        assert time.process_time() - begin < 1
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
        assert said in answer.json()["error"]
        assert len(answer.json()["error"]) < 500
        assert alice.balances == (1000, 1000)

    @pytest.mark.parametrize(("body", "kind", "said"), GRAPHQL_BODIES.values(), ids=GRAPHQL_BODIES)
    def test_a_body_that_makes_no_sense_is_refused(self, body: str, kind: str, said: str) -> None:
        alice = signed_in(self.LAB)

        answer = alice.post(self.API, body, content_type=kind, CONTENT_TYPE=kind)

        assert (answer.status_code, list(answer.json())) == (400, ["error"])
        assert said in answer.json()["error"]
        assert alice.balances == (1000, 1000)

    @pytest.mark.parametrize(("query", "variables"), PAYMENTS.values(), ids=PAYMENTS)
    def test_a_payment_that_fails_leaves_everything_as_it_was(
        self, query: str, variables: dict[str, Any]
    ) -> None:
        alice = signed_in(self.LAB)
        before = len(alice.attempts)

        answer = self.by_script(alice, query, variables=variables)

        assert (answer.status_code, list(answer.json())) == (422, ["error"])
        assert (alice.balances, len(alice.attempts)) == ((1000, 1000), before)

    def test_the_slowest_documents_that_are_taken_are_fast(self) -> None:
        alice = signed_in(self.LAB)
        names = "abcdefghij"
        fragments = "".join(
            f"fragment {one} on Query {{...{other} ...{other}}}" for one, other in pairwise(names)
        )
        many = "".join(f"a{number}:account{{email}}" for number in range(49))
        begin = time.process_time()

        answers = [
            self.by_script(alice, f"{{...a}} {fragments} fragment j on Query {{account{{email}}}}"),
            self.by_script(alice, f"{{{many}}}"),
        ]

        assert time.process_time() - begin < 1
        assert [answer.status_code for answer in answers] == [200, 200]

    @given(st.text('{}()[]:$@!."\\# aefgnoqrtuy1', max_size=80) | st.text(max_size=40))
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    def test_any_text_gets_an_answer(self, query: str) -> None:
        answer = signed_in(self.LAB).get(self.API, {"query": query.encode("utf-8", "replace")})

        assert answer.status_code in {200, 400}
        assert list(answer.json()) in (["data"], ["error"])


MARKUP = [
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</textarea><form action=//evil><textarea>",
    '" onfocus=alert(1) x="',
    "<!--",
    "{{ 7|add:7 }}",
    "<a href=javascript:alert(1)>x</a>",
]


class Elements(HTMLParser):
    """What markup there is in a piece of a page."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(markup)
        self.links = [value for name, value in self.attributes if name in {"href", "action"}]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


class TestNotes:
    @staticmethod
    def note(lab: str, note: str) -> str:
        page = text(Bank(lab).get("/pay", {"to": "mallory", "amount": "1", "note": note}))
        return page.partition('<div class="pay-note">')[2].partition("</section>")[0]

    @given(st.sampled_from(MARKUP) | st.text(max_size=40))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def test_without_a_weakness_markup_is_text_in_every_field(self, said: str) -> None:
        alice = signed_in("no-defense")
        fields = {"to": said, "amount": said, "note": said, "shop": said}
        pages = [
            alice.get("/pay", fields),
            Bank("no-defense").get("/pay", fields),
            alice.post("/transfer", fields),
            alice.post("/email", {"email": said}),
        ]

        for page in map(text, pages):
            elements = Elements(page.partition('<main id="main">')[2].partition("</main>")[0])
            assert not elements.tags & {"script", "img", "b", "textarea"}
            assert not [name for name, _ in elements.attributes if name.startswith("on")]
            assert all((value or "/").startswith(("/", "http")) for value in elements.links)

    def test_scripts_are_kept_by_the_one_and_lost_by_the_other(self) -> None:
        said = "<b>x</b><script>steal()</script>"

        assert said in self.note("no-defense--with-script-injection", said)
        stripped = self.note("no-defense--with-markup-injection", said)
        assert "<b>x</b>" in stripped
        assert "<script" not in stripped

    @given(
        st.text(
            st.sampled_from(list("<>/= \n\"'scriptonload:javab")) | st.characters(), max_size=60
        )
    )
    @example("<scr<script>ipt>alert(1)</script>")
    @example("<img src=x onerror =alert(1)>")
    @example("<svg/onload=alert(1)>")
    @example("<a href='java\tscript:alert(1)'>x</a>")
    @example("<iframe srcdoc='<script>x</script>'>")
    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    def test_what_is_left_of_markup_runs_nothing(self, said: str) -> None:
        shown = all_weaknesses()["markup-injection"].note(said) or ""

        assert not re.search(r"<\s*/?\s*(script|iframe|object|embed|svg)\b", shown, re.IGNORECASE)
        assert not re.search(r"\bon[a-z]+\s*=", shown, re.IGNORECASE)
        assert not re.search(r"javascript\s*:", re.sub(r"[\t\n\r]", "", shown), re.IGNORECASE)

    def test_everybody_sees_the_note_and_only_customers_the_form(self) -> None:
        lab = "samesite-strict--with-script-injection"
        address = "/pay?to=mallory&amount=1&note=hello"

        anonymous, alice = text(Bank(lab).get(address)), text(signed_in(lab).get(address))

        assert "hello" in anonymous
        assert "hello" in alice
        assert 'action="/transfer"' not in anonymous
        assert 'action="/transfer"' in alice

    @pytest.mark.parametrize(
        "shop", ["javascript:alert(1)", "//evil", "x", "http://[", "data:,x", " http://a.b/", ""]
    )
    def test_a_shop_that_is_no_web_address_is_left_out(self, shop: str) -> None:
        assert 'id="shop"' not in text(Bank("no-defense").get("/pay", {"shop": shop}))


class TestFragmentRequest:
    @pytest.mark.parametrize("lab", ["no-defense", "rule-of-thumb", "session-token"])
    def test_a_message_is_marked_as_read_with_a_token(self, lab: str) -> None:
        alice = signed_in(f"{lab}--with-fragment-request")
        fields = alice.hidden("/transfer")

        answer = alice.post("/inbox/read/welcome", fields, headers={"origin": alice.origin})

        assert answer.json() == {"read": "welcome"}
        assert text(alice.get("/inbox")).count('<span class="small">read</span>') == 1

    def test_a_forged_one_is_refused(self) -> None:
        alice = signed_in("rule-of-thumb--with-fragment-request")

        assert alice.forged("/inbox/read/welcome", {}).status_code == 403

    def test_the_script_is_there_for_everybody(self) -> None:
        assert "weaknesses/fragment_request/inbox.js" in text(
            Bank("no-defense--with-fragment-request").get("/inbox")
        )


def test_a_bank_form_of_a_lab_with_every_weakness_still_works() -> None:
    lab = "--with-".join(["no-defense", "open-redirect", "cors-reflect"])
    alice = signed_in(lab)

    assert alice.honest("/transfer", PAYMENT).status_code == 303
    assert alice.post("/go?next=/", data="", content_type=FORM).status_code == 307
