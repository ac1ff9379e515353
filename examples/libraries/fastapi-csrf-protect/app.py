"""fastapi-csrf-protect: a POST that is checked needs the token that is in a signed cookie.

Start it with: python app.py 8000
"""

import sys
from html import escape
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi_csrf_protect import CsrfProtect
from fastapi_csrf_protect.exceptions import CsrfProtectError
from pydantic_settings import BaseSettings
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
# Sent from every page (SameSite=None; Secure): what stops a forgery is the library.
app.add_middleware(
    SessionMiddleware, secret_key="only for this example", same_site="none", https_only=True
)

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="csrf-token" value="{token}">
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


class CsrfSettings(BaseSettings):
    secret_key: str = "only for this example"
    token_location: str = "body"
    token_key: str = "csrf-token"
    # As the library's own example has it, which demands the second line.
    cookie_samesite: str = "none"
    cookie_secure: bool = True


@CsrfProtect.load_config
def csrf_config():
    return CsrfSettings()


@app.exception_handler(CsrfProtectError)
def refuse(request: Request, error: CsrfProtectError):
    return JSONResponse({"detail": error.message}, status_code=error.status_code)


@app.get("/sign-in")
def sign_in(request: Request):
    request.session["name"] = "alice"
    return RedirectResponse("/")


@app.get("/")
def show(request: Request, csrf: Annotated[CsrfProtect, Depends()]):
    if "name" not in request.session:
        return HTMLResponse('<a href="/sign-in">Sign in as alice</a>')
    token, signed = csrf.generate_csrf_tokens()
    email = emails[request.session["name"]]
    response = HTMLResponse(PAGE.format(token=token, email=escape(email)))
    csrf.set_csrf_cookie(signed, response)
    return response


@app.post("/email")
async def save(
    request: Request, email: Annotated[str, Form()], csrf: Annotated[CsrfProtect, Depends()]
):
    await csrf.validate_csrf(request)
    if "name" in request.session:
        emails[request.session["name"]] = email
    return RedirectResponse("/", status_code=303)


@app.get("/state")
def state():
    return emails


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]))
