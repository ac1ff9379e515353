"""A bank in one file where another service must bring back the state that this session waits for.

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
# Which identity at Lighthouse opens whose account, and whom the codes stand for.
identities, codes = {}, {}

PAGE = """<!doctype html>
<html lang="en">
<title>Bank</title>
{% if user %}<p>{{ user }} has <b id="balance">{{ balance }}</b>.</p>{% endif %}
{% if identity %}<p><b id="identity">{{ identity }}</b> can sign in at Lighthouse.</p>{% endif %}
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
{% if user %}<p><a href="/lighthouse">Sign in with Lighthouse</a></p>{% endif %}
"""
BEGIN = """<!doctype html>
<html lang="en">
<title>Sign in with Lighthouse</title>
<form action="/lighthouse/authorize">
<input type="hidden" name="state" value="{{ state }}">
<button>Go to Lighthouse</button>
</form>
"""
LIGHTHOUSE = """<!doctype html>
<html lang="en">
<title>Lighthouse</title>
{% if code %}
<form action="/lighthouse/connect">
<input type="hidden" name="code" value="{{ code }}">
<input type="hidden" name="state" value="{{ state }}">
<button>Continue to the bank</button>
</form>
{% else %}
<form method="post">
<input type="hidden" name="state" value="{{ state }}">
<label>Name <input name="username" value="alice"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
</form>
{% endif %}
"""


@app.get("/")
@app.get("/login")
def page():
    user = session.get("user")
    identity = identities.get(user)
    return render_template_string(PAGE, user=user, balance=balances.get(user), identity=identity)


def known(fields):
    """Return the name in the fields if the password is right."""
    name, password = str(fields.get("username")), str(fields.get("password"))
    return name if PASSWORDS.get(name) == password else None


@app.post("/login")
def login():
    name = known(request.form)
    if not name:
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
    if not move(session.get("user"), request.form):
        abort(400)
    return redirect("/")


@app.get("/lighthouse")
def begin():
    state = ""
    # --- the defense ---
    state = session["state"] = secrets.token_urlsafe()
    # --- until here ---
    return render_template_string(BEGIN, state=state)


@app.route("/lighthouse/authorize", methods=["GET", "POST"])
def lighthouse():
    """Stand in for another company's site, which asks who the visitor is."""
    state, code = request.values.get("state", ""), ""
    if request.method == "POST":
        name = known(request.form)
        if not name:
            abort(401)
        code = secrets.token_urlsafe()
        codes[code] = name
    return render_template_string(LIGHTHOUSE, state=state, code=code)


@app.get("/lighthouse/connect")
def connect():
    # --- the defense ---
    expected, state = session.get("state", ""), request.args.get("state", "")
    if not expected or not secrets.compare_digest(state.encode(), expected.encode()):
        abort(403, "This sign-in didn't begin here.")
    del session["state"]
    # --- until here ---
    user, identity = session.get("user"), codes.pop(request.args.get("code"), None)
    if not user or not identity:
        abort(400)
    identities[user] = identity
    return redirect("/")
