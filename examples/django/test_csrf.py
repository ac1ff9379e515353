"""Run with: pytest (or PROTECTED=1 pytest, which passes). Needs pytest-django."""

import pytest
from django.contrib.auth.models import User

from csrf_proof import Action, attacks


@pytest.fixture
def alice(transactional_db):
    return User.objects.create_user("alice", "alice@example.org", "wonderland")


def sign_in(page):
    page.goto("/sign-in")
    page.get_by_label("Name").fill(User.objects.get().username)
    page.get_by_label("Password").fill("wonderland")
    page.get_by_role("button", name="Sign in").click()


def save(page, email):
    page.goto("/email")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Save").click()


change_email = Action(
    sign_in=sign_in,
    act=save,
    state=lambda: User.objects.get(username="alice").email,
)


@attacks(change_email)
def test_email(attack, alice, live_server):
    attack.assert_blocked(live_server.url)
