"""`delayed-button`: its script runs before a page has a button. What it does is tested in `e2e`."""

from __future__ import annotations

import pytest

from victim_site.conftest import signed_in

pytestmark = pytest.mark.django_db
SCRIPT = '<script src="/static/defenses/delayed_button/delayed'
PAY = "/pay?to=mallory&amount=5"


def page(lab: str) -> str:
    return signed_in(lab).get(PAY).content.decode()


def test_the_script_comes_before_the_button_and_waits_for_nothing() -> None:
    before, tag, after = page("delayed-button").partition(SCRIPT)
    assert tag
    assert "<body" not in before
    assert "defer" not in after.partition(">")[0]
    assert 'type="module"' not in after.partition(">")[0]


def test_other_labs_have_no_such_script() -> None:
    assert SCRIPT not in page("no-framing")
