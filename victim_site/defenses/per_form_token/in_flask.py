"""A bank in one file whose tokens are valid for one action each, and a hole to try that.

    pip install Flask Flask-WTF
    flask --app in_flask run --port 5055

At http://app.localhost:5055/ alice signs in with the password wonderland.
"""

import secrets

from flask import Flask, abort, redirect, render_template_string, request, session

# --- the defense ---
from flask_wtf.csrf import generate_csrf, validate_csrf
from wtforms import ValidationError
# --- until here ---

app = Flask(__name__)
app.secret_key = secrets.token_hex()
# The weakest cookie, so that nothing but the defense stops an attack. Leave this out.
app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)

PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
balances = dict.fromkeys(PASSWORDS, 1000)
changes = dict.fromkeys(PASSWORDS, 0)

PAGE = """<!doctype html>
<html lang="en">
<title>Bank</title>
{% if user %}
<p>{{ user }} has <b id="balance">{{ balance }}</b>, new passwords so far: {{ changes }}.</p>
{% endif %}
{# A hole: what came in the address is shown as it is. Never do this. #}
<p>{{ note|safe }}</p>
{% if user %}
<form method="post" action="/transfer">
{# --- the defense --- #}
<input type="hidden" name="csrf_token" value="{{ form_token("/transfer") }}">
{# --- until here --- #}
<label>To <input name="to" value="mallory"></label>
<label>Amount <input name="amount" value="10"></label>
<button id="send">Send</button>
</form>
<form method="post" action="/password">
{# --- the defense --- #}
<input type="hidden" name="csrf_token" value="{{ form_token("/password") }}">
{# --- until here --- #}
<label>New password <input name="new_password" type="password"></label>
<button>Change</button>
</form>
{% else %}
<form method="post" action="/login">
{# --- the defense --- #}
<input type="hidden" name="csrf_token" value="{{ form_token("/login") }}">
{# --- until here --- #}
<label>Name <input name="username" value="alice"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
</form>
{% endif %}
<button onclick="send('PUT').then(() => location.reload())">Send 10 by script</button>
<script>
const send = (method) => fetch("/api/transfer", {
  method,
  headers: {
    "Content-Type": "application/json",
    // --- the defense ---
    "X-CSRF-Token": "{{ form_token("/api/transfer") }}",
    // --- until here ---
  },
  body: JSON.stringify({to: "mallory", amount: 10}),
});
</script>
"""


# --- the defense ---
@app.template_global()
def form_token(action):
    return generate_csrf(token_key=f"csrf {action}")


@app.before_request
def check_form_token():
    if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        return
    sent = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token")
    try:
        validate_csrf(sent, token_key=f"csrf {request.path}")
    except ValidationError:
        abort(403)


# --- until here ---


@app.get("/")
@app.get("/login")
@app.get("/transfer")
@app.get("/pay")
def page():
    user = session.get("user")
    return render_template_string(
        PAGE,
        user=user,
        balance=balances.get(user),
        changes=changes.get(user),
        note=request.args.get("note", ""),
    )


def json_of(request):
    """Return the JSON object in the body, or an empty one."""
    try:
        fields = request.get_json(force=True, silent=True)
    except RecursionError:
        return {}
    return fields if isinstance(fields, dict) else {}


@app.post("/login")
def login():
    fields = request.form
    name, password = str(fields.get("username")), str(fields.get("password"))
    if PASSWORDS.get(name) != password:
        abort(401)
    # --- the defense ---
    session.clear()  # At every sign-in, so that the tokens are others then.
    # --- until here ---
    session["user"] = name
    return redirect("/")


def move(user, fields):
    """Send money; return whether somebody is signed in and the fields make sense."""
    to, amount = str(fields.get("to")), str(fields.get("amount"))
    if user not in balances or to not in balances or not amount.isdecimal() or len(amount) > 6:
        return False
    balances[user] -= int(amount)
    balances[to] += int(amount)
    return True


@app.post("/transfer")
def transfer():
    fields = request.values
    if not move(session.get("user"), fields):
        abort(400)
    return redirect("/")


@app.post("/password")
def password():
    user, new = session.get("user"), request.form.get("new_password")
    if user not in PASSWORDS or not new:
        abort(400)
    PASSWORDS[user] = new
    changes[user] += 1
    return redirect("/")


@app.route("/api/transfer", methods=["POST", "PUT", "PATCH", "DELETE"])
def api_transfer():
    """Take JSON by POST, PUT, PATCH and DELETE alike, so that each can be tried."""
    fields = json_of(request)
    moved = move(session.get("user"), fields)
    return {"moved": moved}, 200 if moved else 400
