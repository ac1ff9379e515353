"""Django's admin: change a user's first name."""

from csrf_proof import Action

USER = "/admin/auth/user/1/change/"


def sign_in(page):
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("alice")
    page.get_by_label("Password").fill("secret-alice")
    page.get_by_role("button", name="Log in").click()


def rename(page, name):
    page.goto(USER)
    page.get_by_label("First name").fill(name)
    page.get_by_role("button", name="Save and continue editing").click()


def first_name(page):
    page.goto(USER)
    return page.get_by_label("First name").input_value()


change_name = Action(sign_in=sign_in, act=rename, state=first_name)
