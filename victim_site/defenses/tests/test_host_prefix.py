"""`host-prefix`: every cookie of the bank's is named `__Host-…`, and no other cookie counts.

The rules for the lines are those of RFC 6265bis, section 4.1.3.2, and of
`cookies/prefix/__host.header.https.html` in web-platform-tests: Secure, Path=/ and no Domain, or a
browser keeps nothing. The rows named "lookalike" are the names of "Cookie Chaos: How to bypass
__Host and __Secure cookie prefixes" (PortSwigger Research, 2025): a browser sees another name and
lets it in, and a server that trims names finds the prefix.

On purpose the playground differs from a plain Django project with these settings in one way: a
cookie without the prefix is not even shown to the code behind, where Django would still parse it.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable
from http.cookies import Morsel, SimpleCookie
from urllib.parse import urlencode

import pytest

from tools.run import Playground
from victim_site.conftest import CROSS_SITE, PASSWORDS, Bank, signed_in
from victim_site.defenses.tests.odd import ODD, thousands_of_cookies

LAB = "host-prefix"
PREFIX = "__Host-"
PAYMENT = {"to": "mallory", "amount": "100"}
# The names of the cookies that a sign-in leaves, SameSite of the session's included.
LABS = {
    "host-prefix": ("None", {"sessionid"}),
    "host-prefix--samesite-lax": ("Lax", {"sessionid"}),
    "samesite-strict--host-prefix": ("Strict", {"sessionid"}),
    "browser-default--host-prefix": ("", {"sessionid"}),
    "host-prefix--session-token": ("None", {"sessionid", "signin_token"}),
    "csrf-token--host-prefix": ("None", {"sessionid", "csrftoken"}),
    "signed-double-submit--host-prefix": ("None", {"sessionid", "double_submit"}),
    "naive-double-submit--host-prefix": ("None", {"sessionid", "double_submit"}),
    "everything": ("Strict", {"sessionid", "csrftoken"}),
}


class Visitor:
    """A visitor to a running lab, who keeps the lines that set cookies as they came."""

    def __init__(self, site: Playground, lab: str) -> None:
        self.port = site.victim_port
        self.host = f"{lab}.bank.localhost:{site.victim_port}"
        self.lines: list[str] = []

    def ask(self, method: str, path: str, fields: Iterable[tuple[str, str]] = ()) -> str:
        origin = f"http://{self.host}"
        headers = {
            "Host": self.host,
            "Cookie": "; ".join(line.partition(";")[0] for line in self.lines),
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": origin,
            "Referer": f"{origin}{path}",
            "Sec-Fetch-Site": "same-origin",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, urlencode(list(fields)), headers)
        answer = connection.getresponse()
        self.lines += answer.msg.get_all("Set-Cookie") or []
        page = answer.read().decode()
        connection.close()
        assert answer.status < 400, page
        return page

    def sign_in(self) -> None:
        page = self.ask("GET", "/login")
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
        self.ask(
            "POST", "/login", [*hidden, ("username", "alice"), ("password", PASSWORDS["alice"])]
        )
        self.ask("GET", "/transfer")

    @property
    def morsels(self) -> list[Morsel[str]]:
        return [morsel for line in self.lines for morsel in SimpleCookie(line).values()]


@pytest.fixture
def visitor(site: Playground, lab: str) -> Visitor:
    """A visitor who has signed in to a running lab."""
    visitor = Visitor(site, lab)
    visitor.sign_in()
    return visitor


@pytest.mark.parametrize("lab", LABS)
class TestTheLinesOfARunningLab:
    def test_each_is_one_that_browsers_keep(self, visitor: Visitor, lab: str) -> None:
        for morsel in visitor.morsels:
            assert morsel.key.startswith(PREFIX)
            assert morsel["secure"]
            assert morsel["path"] == "/"
            assert morsel["domain"] == ""

    def test_the_cookies_are_those_of_the_defenses(self, visitor: Visitor, lab: str) -> None:
        _, names = LABS[lab]

        assert {m.key for m in visitor.morsels} == {f"{PREFIX}{name}" for name in names}

    def test_a_sign_in_sets_the_session_by_one_line(self, visitor: Visitor, lab: str) -> None:
        samesite, _ = LABS[lab]
        sessions = [m for m in visitor.morsels if m.key == f"{PREFIX}sessionid"]

        assert [m["samesite"] for m in sessions] == [samesite]

    def test_a_sign_out_takes_it_back_by_one_that_browsers_heed(
        self, visitor: Visitor, lab: str
    ) -> None:
        page = visitor.ask("GET", "/")
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
        before = len(visitor.morsels)

        visitor.ask("POST", "/logout", dict(hidden).items())

        (gone,) = [m for m in visitor.morsels[before:] if m.key == f"{PREFIX}sessionid"]
        assert (gone.value, gone["max-age"]) == ("", "0")
        assert (bool(gone["secure"]), gone["path"], gone["domain"]) == (True, "/", "")


# --- Which cookies count --------------------------------------------------------------------------


def as_sent(name: str) -> str:
    """Return a name as WSGI hands it over: UTF-8, one character for each byte."""
    return name.encode().decode("latin-1")


# What stands for alice's session, and whether it opens her account.
NAMES = {
    "the bank's own": ("__Host-sessionid", True),
    "no prefix": ("sessionid", False),
    "the weaker prefix": ("__Secure-sessionid", False),
    "lower case": ("__host-sessionid", False),
    "upper case": ("__HOST-SESSIONID", False),
    "one underscore": ("_Host-sessionid", False),
    "an underscore at the end": ("__Host_sessionid", False),
    "the prefix within": ("x__Host-sessionid", False),
    "the prefix twice": ("__Host-__Host-sessionid", False),
    "the prefix alone": ("__Host-", False),
    "a longer name": ("__Host-sessionid2", False),
    "a blank, which browsers take off": (" __Host-sessionid", True),
    "a tab, which browsers take off": ("\t__Host-sessionid", True),
    "lookalike: U+2000": (as_sent("\u2000__Host-sessionid"), True),
    "lookalike: U+00A0": (as_sent("\u00a0__Host-sessionid"), True),
    "lookalike: U+0085": (as_sent("\u0085__Host-sessionid"), True),
    "lookalike: U+1680": (as_sent("\u1680__Host-sessionid"), True),
    "lookalike: U+3000": (as_sent("\u3000__Host-sessionid"), True),
    "lookalike: U+2000 behind": (as_sent("__Host-sessionid\u2000"), True),
    "lookalike: the byte A0 alone": ("\xa0__Host-sessionid", False),
    "lookalike: U+200B isn't a blank": (as_sent("\u200b__Host-sessionid"), False),
    "lookalike: U+FEFF isn't a blank": (as_sent("\ufeff__Host-sessionid"), False),
    "lookalike: $Version before": ("$Version=1; $__Host-sessionid", False),
}


@pytest.mark.django_db
class TestWhichCookiesCount:
    @pytest.mark.parametrize(("name", "counts"), NAMES.values(), ids=NAMES.keys())
    def test_a_session_by_that_name(self, name: str, counts: bool) -> None:
        session = signed_in(LAB).cookies["__Host-sessionid"].value

        page = Bank(LAB).get("/", HTTP_COOKIE=f"{name}={session}")

        assert page.status_code == (200 if counts else 302)

    @pytest.mark.parametrize("name", ["sessionid", "csrftoken", "signin_token", "double_submit"])
    def test_one_without_the_prefix_does_not_stand_in_for_one_with_it(self, name: str) -> None:
        lab = f"{LAB}--csrf-token--signed-double-submit"
        alice = signed_in(lab)
        alice.cookies[name] = "tossed"

        alice.honest("/transfer", PAYMENT)

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("odd", ["made-up", ""])
    def test_of_two_of_one_name_the_last_counts(self, odd: str) -> None:
        session = signed_in(LAB).cookies["__Host-sessionid"].value
        own, other = f"__Host-sessionid={session}", f"__Host-sessionid={odd}"

        assert Bank(LAB).get("/", HTTP_COOKIE=f"{other}; {own}").status_code == 200
        assert Bank(LAB).get("/", HTTP_COOKIE=f"{own}; {other}").status_code == 302

    @pytest.mark.parametrize("blank", ["\u2000", "\u00a0"], ids=["U+2000", "U+00A0"])
    def test_a_lookalike_behind_the_own_one_takes_its_place(self, blank: str) -> None:
        session = signed_in(LAB).cookies["__Host-sessionid"].value
        tossed = as_sent(f"{blank}__Host-sessionid")

        page = Bank(LAB).get("/", HTTP_COOKIE=f"__Host-sessionid={session}; {tossed}=made-up")

        assert page.status_code == 302

    def test_thousands_of_cookies_do_not_matter(self) -> None:
        session = f"__Host-sessionid={signed_in(LAB).cookies['__Host-sessionid'].value}"
        others = thousands_of_cookies()

        for line in (f"{session}; {others}", f"{others}; {session}"):
            assert Bank(LAB).get("/", HTTP_COOKIE=line).status_code == 200

    @pytest.mark.parametrize("value", ODD.values(), ids=ODD)
    def test_names_and_values_of_any_bytes_are_survived(self, value: str) -> None:
        line = f"{PREFIX}{value}={value}; {value}{PREFIX}=x; {PREFIX}sessionid={value}"

        answer = Bank(LAB).forged("/transfer", PAYMENT, cookie=line)

        assert answer.status_code == 302


# --- What it stops, and what it does not ----------------------------------------------------------


def planted(bank: Bank, blank: str, value: str) -> str:
    """Return a visitor's cookies with a tossed one behind them, under a blank and the prefix."""
    own = "; ".join(f"{cookie.key}={cookie.value}" for cookie in bank.cookies.values())
    return f"{own}; {as_sent(f'{blank}{PREFIX}double_submit')}={value}"


@pytest.mark.django_db
class TestTheDefense:
    def test_by_itself_it_refuses_nothing(self) -> None:
        alice = signed_in(LAB)

        alice.forged("/transfer", PAYMENT)

        assert alice.attempts[-1]["verdicts"] == []
        assert alice.balances == (900, 1100)

    def test_it_takes_a_tossed_cookie_away_from_a_naive_double_submit(self) -> None:
        alice = signed_in(f"naive-double-submit--{LAB}")
        alice.cookies["double_submit"] = "made-up"

        alice.forged("/transfer", PAYMENT | {"token": "made-up"})

        # The bank's own cookie was set with the sign-in form, so there is one to differ from.
        assert alice.attempts[-1]["reason"] == "token-wrong"
        assert alice.balances == (1000, 1000)

    @pytest.mark.parametrize("blank", ["\u2000", "\u00a0"], ids=["U+2000", "U+00A0"])
    def test_a_smuggled_cookie_gets_past_it_to_a_naive_double_submit(self, blank: str) -> None:
        alice = signed_in(f"naive-double-submit--{LAB}")
        line = planted(alice, blank, "made-up")

        alice.forged("/transfer", PAYMENT | {"token": "made-up"}, cookie=line)

        assert alice.balances == (900, 1100)

    @pytest.mark.parametrize("blank", ["\u2000", "\u00a0"], ids=["U+2000", "U+00A0"])
    def test_a_smuggled_cookie_does_not_get_past_a_signature(self, blank: str) -> None:
        lab = f"signed-double-submit--{LAB}"
        alice, token = signed_in(lab), signed_in(lab, "mallory").hidden("/transfer")["token"]
        line = planted(alice, blank, token)

        alice.forged("/transfer", PAYMENT | {"token": token}, cookie=line)

        assert alice.attempts[-1]["reason"] == "token-wrong"
        assert alice.balances == (1000, 1000)


# --- The log --------------------------------------------------------------------------------------

# The Cookie header, and the names in the log.
LOGGED = {
    "the bank's own": ("__Host-sessionid=x", ["__Host-sessionid"]),
    "one without the prefix": ("sessionid=x", ["sessionid"]),
    "both, in order": ("sessionid=x; __Host-sessionid=x", ["sessionid", "__Host-sessionid"]),
    "other people's": ("theme=dark; __Secure-id=x", ["theme", "__Secure-id"]),
    "none": ("", []),
    "one name twice": ("__Host-sessionid=x; __Host-sessionid=y", ["__Host-sessionid"] * 2),
    # Trimmed before the bank sees it, which is what the attack lives on.
    "a lookalike": (as_sent("\u2000__Host-sessionid=x"), ["__Host-sessionid"]),
    "a lookalike next to the bank's own": (
        as_sent("__Host-sessionid=x; \u00a0__Host-sessionid=y"),
        ["__Host-sessionid"] * 2,
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("line", "names"), LOGGED.values(), ids=LOGGED.keys())
def test_the_log_names_the_cookies_as_they_came(line: str, names: list[str]) -> None:
    bank = Bank(LAB)

    bank.post("/transfer", PAYMENT, headers=CROSS_SITE, HTTP_COOKIE=line)

    assert bank.attempts[-1]["cookies"] == names


@pytest.mark.django_db
def test_a_cookie_without_the_prefix_is_no_session_that_has_ended() -> None:
    bank = Bank(LAB)

    bank.post("/transfer", PAYMENT, headers=CROSS_SITE, HTTP_COOKIE="sessionid=x")
    bank.post("/transfer", PAYMENT, headers=CROSS_SITE, HTTP_COOKIE="__Host-sessionid=x")

    assert [a["reason"] for a in bank.attempts] == ["not-signed-in", "session-ended"]
