"""Wagtail: change the name in your own account."""

from csrf_proof import Action

ACCOUNT = "/admin/account/"


def sign_in(page):
    page.goto("/admin/login/")
    page.fill("[name=username]", "alice")
    page.fill("[name=password]", "secret-alice")
    page.get_by_role("button", name="Sign in").click()


def rename(page, name):
    page.goto(ACCOUNT)
    page.get_by_label("First name").fill(name)
    page.get_by_role("button", name="Save").click()


def first_name(page):
    page.goto(ACCOUNT)
    return page.get_by_label("First name").input_value()


change_name = Action(sign_in=sign_in, act=rename, state=first_name)
