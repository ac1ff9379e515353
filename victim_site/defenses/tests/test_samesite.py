"""The SameSite defenses: the lines that set the session cookie, as they leave for the browser."""

from __future__ import annotations

import pytest

from victim_site.conftest import Bank, signed_in

pytestmark = pytest.mark.django_db

REST = {"HttpOnly", "Path=/", "Max-Age=1209600"}
# WebKit keeps no Secure cookie over http, so the baseline goes out twice, Secure first.
LINES = {
    "no-defense, http": ("no-defense", "http", [{"Secure", "SameSite=None"}, {"SameSite=None"}]),
    "no-defense, https": ("no-defense", "https", [{"Secure", "SameSite=None"}]),
    "another defense, http": (
        "csrf-token",
        "http",
        [{"Secure", "SameSite=None"}, {"SameSite=None"}],
    ),
    "browser-default, http": ("browser-default", "http", [set()]),
    "browser-default, https": ("browser-default", "https", [{"Secure"}]),
    "samesite-lax, http": ("samesite-lax", "http", [{"SameSite=Lax"}]),
    "samesite-lax, https": ("samesite-lax", "https", [{"Secure", "SameSite=Lax"}]),
    "samesite-strict, http": ("samesite-strict", "http", [{"SameSite=Strict"}]),
    "samesite-strict, https": ("samesite-strict", "https", [{"Secure", "SameSite=Strict"}]),
    "django-default, http": ("django-default", "http", [{"SameSite=Lax"}]),
    "flask-default, http": ("flask-default", "http", [set()]),
}


def session_lines(answer: object) -> list[tuple[str, set[str]]]:
    """Return the value and the attributes of every line that sets the session cookie."""
    lines = [morsel.OutputString() for morsel in answer.cookies.values()]  # type: ignore[attr-defined]
    parts = [line.split("; ") for line in lines if line.startswith("sessionid=")]
    return [(pair, {a for a in rest if not a.startswith("expires=")}) for pair, *rest in parts]


@pytest.mark.parametrize(("lab", "scheme", "expected"), LINES.values(), ids=LINES.keys())
def test_the_lines_of_a_sign_in(lab: str, scheme: str, expected: list[set[str]]) -> None:
    lines = session_lines(Bank(lab, scheme).sign_in())

    assert [attributes for _, attributes in lines] == [REST | more for more in expected]


def test_both_lines_of_the_baseline_carry_the_same_value() -> None:
    (first, _), (second, _) = session_lines(Bank("no-defense").sign_in())

    assert first == second


@pytest.mark.parametrize(("lab", "scheme", "expected"), LINES.values(), ids=LINES.keys())
def test_a_sign_out_takes_back_each_line(lab: str, scheme: str, expected: list[set[str]]) -> None:
    lines = session_lines(signed_in(lab, scheme=scheme).honest("/logout", {}))

    gone = {"Path=/", "Max-Age=0"}
    assert lines == [('sessionid=""', gone | more) for more in expected]


@pytest.mark.parametrize("lab", ["samesite-lax", "samesite-strict", "browser-default"])
def test_the_server_itself_refuses_nothing(lab: str) -> None:
    # The browser is what enforces SameSite; a client that sends the cookie anyway is served.
    alice = signed_in(lab)

    alice.forged("/transfer", {"to": "mallory", "amount": "100"})

    assert alice.balances == (900, 1100)


@pytest.mark.parametrize("lab", ["samesite-lax", "samesite-strict", "browser-default"])
def test_the_token_cookie_is_not_touched(lab: str) -> None:
    answer = Bank(f"csrf-token--{lab}").get("/login")

    assert answer.cookies["csrftoken"]["samesite"] == "Lax"
