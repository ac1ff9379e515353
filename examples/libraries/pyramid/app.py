"""Pyramid's own: every POST needs the token that is in the session.

Start it with: python app.py 8000
"""

import sys
from html import escape

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from waitress import serve

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <input type="hidden" name="csrf_token" value="{token}">
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


def sign_in(request):
    request.session["name"] = "alice"
    return HTTPSeeOther("/")


def show(request):
    if "name" not in request.session:
        return Response('<a href="/sign-in">Sign in as alice</a>')
    email = emails[request.session["name"]]
    return Response(PAGE.format(token=get_csrf_token(request), email=escape(email)))


def save(request):
    if "name" in request.session:
        emails[request.session["name"]] = request.POST["email"]
    return HTTPSeeOther("/")


def state(request):
    return emails


with Configurator() as config:
    # Sent from every page: what stops a forgery is the library.
    config.set_session_factory(
        SignedCookieSessionFactory("only for this example", samesite="None", secure=True)
    )
    config.set_default_csrf_options(require_csrf=True)
    config.add_route("sign-in", "/sign-in")
    config.add_route("show", "/")
    config.add_route("save", "/email", request_method="POST")
    config.add_route("state", "/state")
    config.add_view(sign_in, route_name="sign-in")
    config.add_view(show, route_name="show")
    config.add_view(save, route_name="save")
    config.add_view(state, route_name="state", renderer="json")
    app = config.make_wsgi_app()

if __name__ == "__main__":
    serve(app, host="127.0.0.1", port=int(sys.argv[1]))
