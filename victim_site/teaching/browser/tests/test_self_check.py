"""The self-check: which cookies it sets, which have to come back, and what it says of them."""

from __future__ import annotations

import pytest
from django.conf import settings

from victim_site.conftest import Bank, playground
from victim_site.teaching.browser.views.self_check import start_address

pytestmark = pytest.mark.django_db

CHECK = "no-defense--for-self-check"
ATTACKERS_PAGE = f"{settings.ADDRESSES.evil}/self-check/?lab={CHECK}"
NOT_READY = "/self-check/?cookies=none"
WIDTHS = {(): 1, ("check_none",): 2, ("check_unset",): 3, ("check_none", "check_unset"): 4}


@pytest.mark.parametrize(("cookies", "width"), WIDTHS.items())
def test_the_picture_is_as_wide_as_the_cookies_say(cookies: tuple[str, ...], width: int) -> None:
    bank = Bank(CHECK)
    bank.cookies.load(dict.fromkeys(cookies, "1"))

    assert f'width="{width}"' in bank.get("/self-check/echo.svg").content.decode()


def started(bank: Bank) -> str:
    """Begin a check; return where the browser is sent."""
    address: str = bank.get("/self-check/start")["Location"]
    return address


def test_the_check_starts_with_one_cookie_that_may_travel_and_one_that_does_not_say() -> None:
    bank = Bank(CHECK)

    answer = bank.get("/self-check/start")

    run = answer.cookies["check_unset"].value
    assert answer["Location"] == f"/self-check/{run}/kept"
    assert {name: morsel["samesite"] for name, morsel in answer.cookies.items()} == {
        "check_none": "None",
        "check_unset": "",
    }


def test_a_browser_that_sends_the_banks_cookie_back_goes_on_to_the_attackers_page() -> None:
    bank = Bank(CHECK)

    answer = bank.get(started(bank))

    assert (answer.status_code, answer["Location"]) == (302, ATTACKERS_PAGE)


def test_a_secure_cookie_that_is_not_kept_over_http_is_no_reason_to_stop() -> None:
    bank = Bank(CHECK)
    there = started(bank)
    del bank.cookies["check_none"]

    assert bank.get(there)["Location"] == ATTACKERS_PAGE


@pytest.mark.parametrize("kept", [{}, {"check_none": None}, {"check_unset": "0123456789abcdef"}])
def test_a_browser_that_does_not_send_it_back_is_told_so(kept: dict[str, str | None]) -> None:
    bank = Bank(CHECK)
    there = started(bank)
    sent = {name: value or bank.cookies[name].value for name, value in kept.items()}
    bank.cookies.clear()
    bank.cookies.load(sent)

    assert bank.get(there)["Location"] == f"{settings.ADDRESSES.playground}{NOT_READY}"


def test_each_check_asks_for_a_cookie_of_its_own() -> None:
    bank = Bank(CHECK)
    earlier = started(bank)

    assert started(bank) != earlier
    assert bank.get(earlier)["Location"] != ATTACKERS_PAGE


def test_without_cookies_the_page_is_not_ready_and_offers_to_check_again_and_nothing_to_save() -> (
    None
):
    client = playground()

    page = client.get(NOT_READY).content.decode()

    assert "Not ready</span>" in page
    assert "> Ready</span>" not in page
    for browser in ("Chrome, Chromium:", "Edge:", "Firefox:", "Safari:"):
        assert browser in page
    assert f'href="{start_address()}">Check again</a>' in page
    assert "<form" not in page
    assert not client.cookies


def test_a_cookie_that_the_page_does_get_contradicts_that_all_are_blocked() -> None:
    client = playground()
    client.cookies.load({"learner": "otter42"})

    page = client.get(NOT_READY).content.decode()

    assert "Not ready</span>" in page
    assert "So it doesn’t block all cookies." in page
    assert "a setting blocks all cookies" not in page


def test_that_no_cookie_came_back_cannot_be_saved() -> None:
    client = playground()
    token = client.hidden("/self-check/?cookies=0")["csrfmiddlewaretoken"]

    answer = client.post("/lessons/browser/", {"csrfmiddlewaretoken": token, "cookies": "none"})

    assert answer.status_code == 404
    assert "browser" not in client.cookies


@pytest.mark.parametrize("answer", ["0", "1", "2", "3"])
def test_every_other_answer_is_ready_and_can_be_saved(answer: str) -> None:
    client = playground()

    page = client.get(f"/self-check/?cookies={answer}").content.decode()

    assert "> Ready</span>" in page
    assert client.hidden(f"/self-check/?cookies={answer}")["cookies"] == answer


@pytest.mark.parametrize(
    ("came_from", "saves_itself"),
    [(f"{settings.ADDRESSES.evil}/", True), ("http://chat.example/", False), ("", False)],
)
def test_only_what_comes_from_the_check_saves_itself(came_from: str, saves_itself: bool) -> None:
    headers = {"referer": came_from} if came_from else {}

    page = playground().get("/self-check/?cookies=0", headers=headers).content.decode()

    assert ('hx-trigger="load"' in page) is saves_itself
    assert ("htmx-2.min.js" in page) is saves_itself


@pytest.mark.parametrize("answer", ["", "4", "-1", "00", "None", "none ", "<b>", "1&cookies=9"])
def test_a_bad_answer_is_not_found(answer: str) -> None:
    assert playground().get(f"/self-check/?cookies={answer}").status_code == 404
