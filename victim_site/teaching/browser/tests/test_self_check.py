"""The self-check: which cookies it sets, and how it says which of them were sent."""

from __future__ import annotations

import pytest
from django.conf import settings

from victim_site.conftest import Bank

pytestmark = pytest.mark.django_db

CHECK = "no-defense--for-self-check"
WIDTHS = {(): 1, ("check_none",): 2, ("check_unset",): 3, ("check_none", "check_unset"): 4}


@pytest.mark.parametrize(("cookies", "width"), WIDTHS.items())
def test_the_picture_is_as_wide_as_the_cookies_say(cookies: tuple[str, ...], width: int) -> None:
    bank = Bank(CHECK)
    bank.cookies.load(dict.fromkeys(cookies, "1"))

    assert f'width="{width}"' in bank.get("/self-check/echo.svg").content.decode()


def test_the_check_starts_with_one_cookie_that_may_travel_and_one_that_does_not_say() -> None:
    answer = Bank(CHECK).get("/self-check/start")

    assert answer["Location"] == f"{settings.ADDRESSES.evil}/self-check/?lab={CHECK}"
    assert {name: morsel["samesite"] for name, morsel in answer.cookies.items()} == {
        "check_none": "None",
        "check_unset": "",
    }
