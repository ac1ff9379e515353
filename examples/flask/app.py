"""A small Flask application with an address to change, without protection or with it.

Start it with: flask --app "app:create_app(protected=False)" run --port 5055
"""

from flask import Flask, redirect, render_template_string, request, session
from flask_wtf import CSRFProtect

SIGN_IN = """
<form method="post">
  {% if protected %}<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">{% endif %}
  <label>Name <input name="name"></label>
  <button>Sign in</button>
</form>
"""
EMAIL = """
<form method="post">
  {% if protected %}<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">{% endif %}
  <label>E-mail <input type="email" name="email" value="{{ email }}"></label>
  <button>Save</button>
</form>
"""


def create_app(protected: bool) -> Flask:
    app = Flask(__name__)
    emails = {name: f"{name}@example.org" for name in ("alice", "mallory")}
    app.config.update(SECRET_KEY="only for this example", EMAILS=emails)
    if protected:
        CSRFProtect(app)

    @app.route("/", methods=["GET", "POST"])
    def sign_in():
        if request.method == "POST":
            session["name"] = request.form["name"]
            return redirect("/email")
        return render_template_string(SIGN_IN, protected=protected)

    @app.route("/email", methods=["GET", "POST"])
    def email():
        emails, name = app.config["EMAILS"], session.get("name")
        if name not in emails:
            return redirect("/")
        if request.method == "POST":
            emails[name] = request.form["email"]
            return redirect("/email")
        return render_template_string(EMAIL, protected=protected, email=emails[name])

    return app
