"""Quart-WTForms: every POST needs a signed token, the one that is in the session.

Start it with: python app.py 8000
"""

import sys

from quart import Quart, redirect, render_template_string, request, session
from quart_wtf import CSRFProtect

app = Quart(__name__)
app.config.update(
    SECRET_KEY="only for this example",
    # Sent from every page: what stops a forgery is the library.
    SESSION_COOKIE_SAMESITE="None",
    SESSION_COOKIE_SECURE=True,
)
CSRFProtect(app)

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
  <label>E-mail <input name="email" value="{{ email }}"></label>
  <button>Save</button>
</form>
"""


@app.get("/sign-in")
async def sign_in():
    session["name"] = "alice"
    return redirect("/")


@app.get("/")
async def show():
    if "name" not in session:
        return '<a href="/sign-in">Sign in as alice</a>'
    return await render_template_string(PAGE, email=emails[session["name"]])


@app.post("/email")
async def save():
    if "name" in session:
        emails[session["name"]] = (await request.form)["email"]
    return redirect("/")


@app.get("/state")
async def state():
    return emails


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
