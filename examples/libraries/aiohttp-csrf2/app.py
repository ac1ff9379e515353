"""aiohttp-csrf2: every POST needs the token that is in the session.

Start it with: python app.py 8000
"""

import sys
from html import escape

import aiohttp_csrf
import aiohttp_session
from aiohttp import web

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="_csrf_token" value="{token}">
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


async def sign_in(request):
    session = await aiohttp_session.get_session(request)
    session["name"] = "alice"
    return web.Response(status=302, headers={"Location": "/"})


async def show(request):
    session = await aiohttp_session.get_session(request)
    if "name" not in session:
        body = '<a href="/sign-in">Sign in as alice</a>'
    else:
        token = await aiohttp_csrf.generate_token(request)
        body = PAGE.format(token=token, email=escape(emails[session["name"]]))
    return web.Response(text=body, content_type="text/html")


async def save(request):
    session = await aiohttp_session.get_session(request)
    if "name" in session:
        emails[session["name"]] = (await request.post())["email"]
    return web.Response(status=302, headers={"Location": "/"})


async def state(request):
    return web.json_response(emails)


app = web.Application()
# Sent from every page: what stops a forgery is the library. A session that isn't encrypted will do
# for an example.
storage = aiohttp_session.SimpleCookieStorage(samesite="None", secure=True)
aiohttp_session.setup(app, storage)
aiohttp_csrf.setup(
    app,
    policy=aiohttp_csrf.policy.FormPolicy("_csrf_token"),
    storage=aiohttp_csrf.storage.SessionStorage(
        "csrf_token", secret_phrase="only for this example"
    ),
)
app.middlewares.append(aiohttp_csrf.csrf_middleware)
app.add_routes(
    [
        web.get("/", show),
        web.get("/sign-in", sign_in),
        web.post("/email", save),
        web.get("/state", state),
    ]
)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
