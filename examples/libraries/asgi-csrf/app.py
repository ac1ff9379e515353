"""asgi-csrf: every POST with cookies needs a token, the one that is in a signed cookie too.

Start it with: python app.py 8000
"""

import sys
from html import escape

import uvicorn
from asgi_csrf import asgi_csrf
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Route

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="csrftoken" value="{token}">
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


async def sign_in(request):
    request.session["name"] = "alice"
    return RedirectResponse("/")


async def show(request):
    if "name" not in request.session:
        return HTMLResponse('<a href="/sign-in">Sign in as alice</a>')
    email = emails[request.session["name"]]
    return HTMLResponse(PAGE.format(token=request.scope["csrftoken"](), email=escape(email)))


async def save(request):
    if "name" in request.session:
        form = await request.form()
        emails[request.session["name"]] = form["email"]
    return RedirectResponse("/", status_code=303)


async def state(request):
    return JSONResponse(emails)


app = Starlette(
    routes=[
        Route("/", show),
        Route("/sign-in", sign_in),
        Route("/email", save, methods=["POST"]),
        Route("/state", state),
    ],
    middleware=[
        # Sent from every page (SameSite=None; Secure): what stops a forgery is the library.
        Middleware(
            SessionMiddleware,
            secret_key="only for this example",
            same_site="none",
            https_only=True,
        ),
    ],
)
app = asgi_csrf(app, signing_secret="only for this example")

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]))
