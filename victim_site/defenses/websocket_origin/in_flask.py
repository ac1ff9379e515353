"""A bank in one file whose WebSocket opens for its own pages alone.

    pip install Flask Flask-Sock
    flask --app in_flask run --port 5055

At http://app.localhost:5055/ alice signs in with the password wonderland.
"""

import json
import secrets

from flask import Flask, abort, redirect, render_template_string, request, session
from flask_sock import Sock

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
{% if user %}
<p id="feed">…</p>
<script>
const feed = new WebSocket(location.origin.replace("http", "ws") + "/statement/feed");
feed.onmessage = (event) => document.getElementById("feed").textContent = event.data;
</script>
{% endif %}
"""


# --- the defense ---
@app.before_request
def own_pages_only():
    own = f"{request.scheme}://{request.host}"
    handshake = request.headers.get("Upgrade", "").lower() == "websocket"
    if handshake and request.headers.get("Origin") != own:
        abort(403)


# --- until here ---


@app.get("/")
@app.get("/login")
@app.get("/transfer")
def page():
    user = session.get("user")
    return render_template_string(PAGE, user=user, balance=balances.get(user))


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


@Sock(app).route("/statement/feed")
def feed(socket):
    """Send the balance of the user who is signed in."""
    user = session.get("user")
    if user in balances:
        socket.send(json.dumps({"name": user, "balance": balances[user]}))
        socket.receive()  # Stays open until the page is left.
