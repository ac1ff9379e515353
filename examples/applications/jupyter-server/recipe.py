"""Jupyter Server: make a file with a script, as JupyterLab's does."""

from csrf_proof import Action

MAKE = """async (word) => {
    const token = document.cookie.match(/_xsrf=([^;]*)/)[1];
    const answer = await fetch("/api/contents", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-XSRFToken": token },
        body: JSON.stringify({ type: "file", ext: `.${word}` }),
    });
    if (!answer.ok) throw new Error(`It answered ${answer.status}.`);
}"""
LIST = """async () => {
    const { content } = await (await fetch("/api/contents", { cache: "no-store" })).json();
    return content.map(({ name }) => name).sort().join(" ");
}"""


def sign_in(page):
    page.goto("/login")
    page.get_by_label("Password").fill("secret-alice")
    page.get_by_role("button", name="Log in").click()


def make(page, word):
    page.goto("/login")
    page.evaluate(MAKE, word)


def files(page):
    return page.evaluate(LIST)


make_file = Action(sign_in=sign_in, act=make, state=files, like="text")
