"""Radicale: give a calendar another title in its web interface, which sends PROPPATCH."""

from csrf_proof import Action


def sign_in(page):
    page.goto("/.web/")
    page.get_by_placeholder("Username").fill("alice")
    page.get_by_placeholder("Password").fill("secret-alice")
    page.get_by_role("button", name="Next").click()
    page.locator("article:visible").wait_for()


# Only the page itself knows who signed in, until it's closed or loaded again.
def rename(page, title):
    sign_in(page)
    page.locator("article:visible").hover()
    page.locator("article:visible").get_by_title("Edit").click()
    page.fill("#displayname", title)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name=title).wait_for()


def title(page):
    sign_in(page)
    return page.locator("article:visible h3").inner_text()


rename_calendar = Action(sign_in=sign_in, act=rename, state=title)
