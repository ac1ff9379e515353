"""An application that makes it hard to find out what it does: nothing here is as one expects.

Its session cookie has no SameSite. With PROTECTED in the environment it checks Origin; with MORTAL
it ends at the first request from elsewhere; with BELOW all of it, and the cookie, is below that
path.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from typing import Any

from flask import Flask, Response, abort, make_response, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_sock import Sock  # type: ignore[import-untyped]
from simple_websocket import Server  # type: ignore[import-untyped,unused-ignore]
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

PROTECTED = "PROTECTED" in os.environ
TO_JSON = "JSON.stringify({ note: form.note.value })"
JSON_HEADERS = '{ "Content-Type": "application/json" }'

app = Flask(__name__)
app.secret_key = "only for tests"
sock = Sock(app)
if below := os.environ.get("BELOW"):
    app.config["SESSION_COOKIE_PATH"] = below
    only_there = DispatcherMiddleware(NotFound(), {below: app.wsgi_app})
    app.wsgi_app = only_there  # type: ignore[method-assign]
accounts: dict[str, dict[str, Any]] = {
    name: {"balance": 1000, "note": "", "first": "", "version": 0} for name in ("alice", "mallory")
}
given_out: set[str] = set()


@app.before_request
def live() -> None:
    if "MORTAL" in os.environ and "evil" in request.headers.get("Origin", ""):
        os._exit(1)


@app.before_request
def check() -> None:
    checked = PROTECTED and request.method == "POST" and request.endpoint != "sign_in"
    if (checked or request.path == "/spoken-here/feed") and request.headers.get(
        "Origin"
    ) != request.host_url.rstrip("/"):
        abort(403)


# The first form searches, and the first button of the other doesn't sign in.
@app.route("/login", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    if request.method == "POST":
        if request.form.get("how") == "password" and request.form["password"] == "secret":
            session["user"] = request.form["user"]
            return redirect("/account")
        return redirect("/login")
    return f"""
    <form action="/search"><input type="search" name="q"></form>
    <form method="post">
      <input type="hidden" name="token" value="{secrets.token_hex()}">
      <input name="user"> <input type="password" name="password">
      <button name="how" value="elsewhere">With another account</button>
      <button name="how" value="password">Log in</button>
    </form>"""


def account() -> dict[str, Any]:
    if session.get("user") not in accounts:
        abort(redirect("/login"))
    return accounts[session["user"]]


# The only page that shows anything, and a clock that never stands still.
@app.get("/account")
def show() -> ResponseReturnValue:
    said = account()
    answer = make_response(
        f"""<p>It's {time.time()}</p><p>Balance: {said["balance"]}</p><p>{said["note"]}</p>
        <a href="/blog-offers">Blog offers</a>
        <details>
          <summary>More</summary>
          <form method="post" action="/logout"><button>Log out</button></form>
        </details>"""
    )
    answer.set_cookie("doubled", request.cookies.get("doubled") or secrets.token_hex())
    return answer


# It signs anyone out, even without the cookie: the response deletes it.
@app.post("/logout")
@app.get("/leave")
def log_out() -> ResponseReturnValue:
    session.clear()
    answer = redirect("/login")
    answer.delete_cookie("session")
    return answer


# A form that doesn't show what was saved, has a list, and fields that mustn't be empty.
@app.route("/pay", methods=["GET", "POST"])
def pay() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        said["balance"] -= int(request.form["amount"])
        return redirect("/done")
    return """
    <form method="post">
      <select name="to"><option>bob<option>carol</select>
      <input name="memo" required> <input type="number" name="amount" required>
      <button>Pay</button>
    </form>"""


@app.get("/done")
def done() -> ResponseReturnValue:
    return "Done."


# A form without method and action, which a script sends as JSON, and a server that reads any type.
@app.route("/note", methods=["GET", "POST"])
def note() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        said["note"] = request.get_json(force=True)["note"]
        return {}
    return by_script("/note", "POST", TO_JSON, JSON_HEADERS)


# A form that breaks at the first request from elsewhere, as a busy database does.
@app.route("/shaky", methods=["GET", "POST"])
def shaky() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        foreign = "evil" in request.headers.get("Origin", "")
        if foreign and not said.get("broke"):
            said["broke"] = True
            abort(500)
        said["note"] = request.form["note"]
    field = f'<input name="note" value="{said["note"]}">'
    return f'<form method="post">{field}<button>Save</button></form>'


# Someone's details: the first field is who signs in, a new password may be left empty, and an old
# version isn't saved.
@app.route("/details", methods=["GET", "POST"])
def details() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        if (request.form["user"], request.form["password"]) != ("alice", ""):
            abort(400)
        if request.form["version"] != str(said["version"]):
            abort(409)
        said["first"] = request.form["first"]
        said["version"] += 1
    return f"""
    <form method="post">
      <input type="hidden" name="version" value="{said["version"]}">
      <input name="user" value="alice"> <input name="first" value="{said["first"]}">
      <input type="password" name="password"> <button>Save</button>
    </form>"""


# Any token that was ever issued is accepted, no matter to whom.
@app.route("/anyone", methods=["GET", "POST"])
def anyone() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        if request.form["token"] not in given_out:
            abort(403)
        said["note"] = request.form["note"]
    given_out.add(token := secrets.token_hex())
    return form_with(token, said)


# The token of the form is in a cookie too, which a subdomain may set. Of two cookies, the first is
# read: the one with the longer path. It has to look like a token, and another cookie like JSON.
@app.route("/doubled", methods=["GET", "POST"])
def doubled() -> ResponseReturnValue:
    said, token = account(), request.cookies.get("doubled") or secrets.token_hex()
    if request.method == "POST":
        json.loads(request.cookies.get("prefs", "{}"))
        if request.form["token"] != token or not re.fullmatch("[0-9a-f]{64}", token):
            abort(403)
        said["note"] = request.form["note"]
    answer = make_response(form_with(token, said))
    answer.set_cookie("prefs", "[1]")
    answer.set_cookie("doubled", token)
    return answer


# The token is always the same, and strangers get it too.
@app.route("/constant", methods=["GET", "POST"])
def constant() -> ResponseReturnValue:
    token, said = "7f3a9c52e8b14d06", accounts["alice"]
    if request.method == "POST":
        if request.form["token"] != token:
            abort(403)
        account()["note"] = request.form["note"]
    return form_with(token, said)


# Two forms, each with a token of its own for this session, under one name.
@app.route("/twins", methods=["GET", "POST"])
def twins() -> ResponseReturnValue:
    said = account()
    tokens = session.setdefault("tokens", [secrets.token_hex(), secrets.token_hex()])
    if request.method == "POST":
        if request.form["token"] != tokens[0]:
            abort(403)
        said["note"] = request.form["note"]
    return (
        form_with(tokens[0], said)
        + f"""
    <form method="post" action="/other">
      <input type="hidden" name="token" value="{tokens[1]}"><button>Other</button></form>"""
    )


# A script changes it by PUT. A form may do that too, since the method can be named in a field.
@app.route("/put", methods=["GET", "POST", "PUT"])
def put() -> ResponseReturnValue:
    said = account()
    if request.form.get("_method", request.method) == "PUT":
        said["note"] = request.form["note"]
        return {}
    return by_script("/put", "PUT", "new URLSearchParams({ note: form.note.value })")


# One click is enough, and a page of any site may show it in a frame, or none may. The button is far
# down a page that scrolls softly, or stays at the bottom of the window.
@app.route("/like", methods=["GET", "POST"])
@app.route("/like-below", methods=["GET", "POST"])
@app.route("/like-unframed", methods=["GET", "POST"])
def like() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        if request.form["token"] != session["token"]:
            abort(403)
        said["balance"] -= 1
        return redirect("/account")
    token = session.setdefault("token", secrets.token_hex())
    below = "position: fixed; bottom: 10px" if request.path == "/like-below" else ""
    answer = make_response(
        f"""<!doctype html><html style="scroll-behavior: smooth">
        <p style="height: 900px">Once more?</p>
        <form method="post"><input type="hidden" name="token" value="{token}">
          <input name="why" value="fun"> <button style="{below}">
            <svg width="30" height="30"><circle cx="15" cy="15" r="15"/></svg></button></form>"""
    )
    if request.path == "/like-unframed":
        answer.headers.add("Content-Security-Policy", "frame-ancestors 'none'")
        answer.headers.add("Content-Security-Policy", "object-src 'none'")
    return answer


# What is there can be deleted once.
@app.route("/thing", methods=["GET", "POST", "DELETE"])
def thing() -> ResponseReturnValue:
    said = account()
    if request.method == "GET":
        deletes = "onclick=\"fetch('/thing', { method: 'DELETE' })\""
        return "Gone." if said.get("gone") else f"<button {deletes}>Delete</button>"
    if request.method == "DELETE" and said.get("gone"):
        abort(404)
    said["gone"] = request.method == "DELETE"
    return {}


# Who opens it has changed something already.
@app.route("/seen", methods=["GET", "POST"])
def seen() -> ResponseReturnValue:
    said = account()
    said["balance"] -= 1
    if request.method == "POST":
        said["balance"] -= int(request.form["amount"])
    return '<form method="post"><input name="amount" required> <button>Pay</button></form>'


# JSON of that type alone, with an answer to every origin that asks, or to none.
@app.route("/open-json", methods=["GET", "PUT", "OPTIONS"])
@app.route("/closed-json", methods=["GET", "PUT"])
def typed_json() -> ResponseReturnValue:
    if request.method == "OPTIONS":
        return {}
    said = account()
    if request.method == "PUT":
        said["note"] = request.json["note"]
        return {}
    return by_script(request.path, "PUT", TO_JSON, JSON_HEADERS)


@app.after_request
def answer_everybody(response: Response) -> Response:
    if request.path == "/open-json":
        response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "")
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "PUT"
    return response


# What is said through a WebSocket is done, once it has been greeted. It opens for any page, or for
# the application's own alone.
@app.get("/spoken")
@app.get("/spoken-here")
def spoken() -> ResponseReturnValue:
    account()
    return f"""
    <form id="form"><input name="note"> <button>Save</button></form>
    <script>
      const socket = new WebSocket(`ws://${{location.host}}{request.path}/feed`);
      const opened = new Promise((open) => socket.onopen = open);
      opened.then(() => socket.send("hello"));
      form.onsubmit = async (event) => {{
        event.preventDefault();
        await opened;
        socket.send({TO_JSON});
      }};
    </script>"""


@sock.route("/<page>/feed")  # type: ignore[untyped-decorator]
def listen(said: Server, page: str) -> None:
    user = session.get("user")
    greeted = said.receive() == "hello"
    while user and greeted:
        accounts[user]["note"] = json.loads(said.receive())["note"]


# Nothing is good enough for this form.
@app.route("/refused", methods=["GET", "POST"])
def refused() -> ResponseReturnValue:
    if request.method == "POST":
        abort(422)
    return form_with("", account())


# Fields in parts, as uploads are, and in no other way.
@app.route("/parts", methods=["GET", "POST"])
def parts() -> ResponseReturnValue:
    said = account()
    if request.method == "POST":
        if request.mimetype != "multipart/form-data":
            abort(415)
        said["note"] = request.form["note"]
        return {}
    return by_script("/parts", "POST", "new FormData(form)")


def by_script(path: str, method: str, body: str, headers: str = "{}") -> str:
    return f"""
    <form id="form"><input name="note"> <button>Save</button></form>
    <script>
      form.onsubmit = async (event) => {{
        event.preventDefault();
        const [method, headers, body] = ["{method}", {headers}, {body}];
        await fetch("{path}", {{ method, headers, body }});
      }};
    </script>"""


def form_with(token: str, said: dict[str, Any]) -> str:
    return f"""
    <form method="post"><input type="hidden" name="token" value="{token}">
      <input name="note" value="{said["note"]}"> <button>Save</button></form>"""


# The browser itself asks for the name and the password, and keeps them.
@app.route("/basic", methods=["GET", "POST"])
def basic() -> ResponseReturnValue:
    given = request.authorization
    if given is None or (given.username, given.password) != ("alice", "secret"):
        return "Who are you?", 401, {"WWW-Authenticate": 'Basic realm="awkward"'}
    said = accounts["alice"]
    if request.method == "POST":
        said["note"] = request.form["note"]
    field = f'<input name="note" value="{said["note"]}">'
    return f'<form method="post">{field}<button>Save</button></form>'


# No form at all.
@app.post("/api/note")
def set_note() -> ResponseReturnValue:
    account()["note"] = request.form["note"]
    return {}


@app.get("/around")
def around() -> ResponseReturnValue:
    return redirect("/around")


@app.get("/broken")
def broken() -> ResponseReturnValue:
    abort(500)
