"""Flask-SeaSurf: every POST needs the token that is in the session.

Start it with: python app.py 8000
"""

import sys

from flask import Flask, redirect, render_template_string, request, session
from flask_seasurf import SeaSurf

app = Flask(__name__)
app.config.update(
    SECRET_KEY="only for this example",
    # Sent from every page: what stops a forgery is the library.
    SESSION_COOKIE_SAMESITE="None",
    SESSION_COOKIE_SECURE=True,
)
SeaSurf(app)

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="_csrf_token" value="{{ csrf_token() }}">
  <label>E-mail <input name="email" value="{{ email }}"></label>
  <button>Save</button>
</form>
"""


@app.get("/sign-in")
def sign_in():
    session["name"] = "alice"
    return redirect("/")


@app.get("/")
def show():
    if "name" not in session:
        return '<a href="/sign-in">Sign in as alice</a>'
    return render_template_string(PAGE, email=emails[session["name"]])


@app.post("/email")
def save():
    if "name" in session:
        emails[session["name"]] = request.form["email"]
    return redirect("/")


@app.get("/state")
def state():
    return emails


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
