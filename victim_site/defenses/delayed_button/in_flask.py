"""A bank in one file whose button takes no click that comes too soon.

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
{# --- the defense --- #}
<script>
let since = performance.now(), held = false;
const restart = () => { since = performance.now(); };
addEventListener("pageshow", restart);
addEventListener("focus", restart);
document.addEventListener("visibilitychange", restart);
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse" && !event.relatedTarget) restart();
});
addEventListener("keydown", (event) => {
  held = event.repeat && ["Enter", " "].includes(event.key);
}, true);
addEventListener("pointerdown", () => { held = false; }, true);
addEventListener("click", (event) => {
  const button = event.target.closest("#send");
  if (!button || !(held || performance.now() - since < 500)) return;
  event.preventDefault();
  restart();
  held = false;
  document.getElementById("wait").textContent = "Nothing was sent yet. Press again to pay.";
}, true);
</script>
{# --- until here --- #}
{% if user %}<p>{{ user }} has <b id="balance">{{ balance }}</b>.</p>{% endif %}
<form method="post" action="{% if user %}/transfer{% else %}/login{% endif %}">
{% if user %}
<label>To <input name="to" value="{{ to }}"></label>
<label>Amount <input name="amount" value="{{ amount }}"></label>
<button id="send" style="display: block; width: 100%; min-height: 44px">Send</button>
{# --- the defense --- #}
<p id="wait" role="status"></p>
{# --- until here --- #}
{% else %}
<label>Name <input name="username" value="alice"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button>
{% endif %}
</form>
"""


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
        to=request.args.get("to", "mallory"),
        amount=request.args.get("amount", "10"),
        note=request.args.get("note", ""),
    )


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
