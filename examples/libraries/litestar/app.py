"""Litestar's own: every POST needs a token, the one that is in a signed cookie too.

Start it with: python app.py 8000
"""

import sys
from html import escape

import uvicorn
from litestar import Litestar, Request, get, post
from litestar.config.csrf import CSRFConfig
from litestar.enums import MediaType
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="_csrf_token" value="{token}">
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


@get("/sign-in")
async def sign_in(request: Request) -> Redirect:
    request.session["name"] = "alice"
    return Redirect("/")


@get("/", media_type=MediaType.HTML)
async def show(request: Request) -> str:
    if "name" not in request.session:
        return '<a href="/sign-in">Sign in as alice</a>'
    email = emails[request.session["name"]]
    # What {{ csrf_input }} writes in a template.
    token = ScopeState.from_scope(request.scope).csrf_token
    return PAGE.format(token=token, email=escape(email))


@post("/email")
async def save(request: Request) -> Redirect:
    if "name" in request.session:
        emails[request.session["name"]] = (await request.form())["email"]
    return Redirect("/", status_code=303)


@get("/state")
async def state() -> dict[str, str]:
    return emails


app = Litestar(
    [show, sign_in, save, state],
    csrf_config=CSRFConfig(secret="only for this example"),
    # Sent from every page: what stops a forgery is the library.
    middleware=[ServerSideSessionConfig(samesite="none", secure=True).middleware],
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]))
