"""Trac: change your own name. Its server asks for the password by HTTP Basic."""

from urllib.parse import urlsplit

from csrf_proof import Action


def sign_in(page):
    here = urlsplit(page.url)
    page.goto(f"http://alice:secret-alice@{here.netloc}/login")


def rename(page, name):
    page.goto("/prefs")
    page.get_by_label("Full name").fill(name)
    page.get_by_role("button", name="Save changes").click()


def full_name(page):
    page.goto("/prefs")
    return page.get_by_label("Full name").input_value()


change_name = Action(sign_in=sign_in, act=rename, state=full_name)
