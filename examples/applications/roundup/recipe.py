"""Roundup: change your own name."""

from csrf_proof import Action

DETAILS = "/tracker/user3"


def sign_in(page):
    page.goto("/tracker/")
    page.fill("[name=__login_name]", "alice")
    page.fill("[name=__login_password]", "secret-alice")
    page.get_by_role("button", name="Login").click()
    page.get_by_text("Hello, alice").wait_for()


def rename(page, name):
    page.goto(DETAILS)
    page.fill("[name=realname]", name)
    page.get_by_role("button", name="Submit Changes").click()


def real_name(page):
    page.goto(DETAILS)
    return page.input_value("[name=realname]")


change_name = Action(sign_in=sign_in, act=rename, state=real_name)
