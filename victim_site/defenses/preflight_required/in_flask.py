"""A bank in one file whose API takes only what needs a preflight.

    pip install Flask
    flask --app in_flask run --port 5055

At http://app.localhost:5055/ alice signs in with the password wonderland.
"""

import secrets

from flask import Flask, abort, redirect, render_template_string, request, session

app = Flask(__name__)
app.secret_key = secrets.token_hex()
# The weakest cookie, so that nothing but the defense stops an attack. Leave this out.
app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)

PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
balances = dict.fromkeys(PASSWORDS, 1000)

PAGE = """<!doctype html>
<html lang="en">
<title>Bank</title>
{% if user %}<p>{{ user }} has <b id="balance">{{ balance }}</b>.</p>{% endif %}
<form method="post" action="{% if user %}/transfer{% else %}/login{% endif %}">
{% if user %}
<label>To <input name="to" value="mallory"></label>
<label>Amount <input name="amount" value="10"></label>
<button id="send">Send</button>
{% else %}
<label>Name <input name="username" value="alice"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
{% endif %}
</form>
<button onclick="send('PUT').then(() => location.reload())">Send 10 by script</button>
<script>
const send = (method) => fetch("/api/transfer", {
  method,
  headers: {
    "Content-Type": "application/json",
  },
  body: JSON.stringify({to: "mallory", amount: 10}),
});
</script>
"""


# --- the defense ---
@app.before_request
def preflight_required():
    own = request.mimetype == "application/json" or "X-Requested-With" in request.headers
    if request.path.startswith("/api/") and not own:
        abort(403)


# --- until here ---


@app.get("/")
@app.get("/login")
@app.get("/transfer")
def page():
    user = session.get("user")
    return render_template_string(PAGE, user=user, balance=balances.get(user))


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
    session.clear()
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


@app.route("/api/transfer", methods=["POST", "PUT", "PATCH", "DELETE"])
def api_transfer():
    """Take JSON by POST, PUT, PATCH and DELETE alike, so that each can be tried."""
    fields = json_of(request)
    moved = move(session.get("user"), fields)
    return {"moved": moved}, 200 if moved else 400
