"""A bank in one file whose WebSocket opens for its own host alone.

    pip install Django channels uvicorn wsproto
    uvicorn in_django:application --port 5055

At http://app.localhost:5055/ alice signs in with the password wonderland.
"""

import json
import os
import secrets

from channels.generic.websocket import WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template import engines
from django.urls import path

# --- the defense ---
from channels.security.websocket import AllowedHostsOriginValidator
# --- until here ---

os.environ["DJANGO_SETTINGS_MODULE"] = __name__
ALLOWED_HOSTS = ["app.localhost"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
ROOT_URLCONF = __name__
SECRET_KEY = secrets.token_hex()
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
# The weakest cookie, so that nothing but the defense stops an attack. Leave this out.
SESSION_COOKIE_SAMESITE, SESSION_COOKIE_SECURE = "None", True

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


def page(request):
    user = request.session.get("user")
    context = {"user": user, "balance": balances.get(user)}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


def login(request):
    if request.method != "POST":
        return page(request)
    fields = request.POST
    name, password = str(fields.get("username")), str(fields.get("password"))
    if PASSWORDS.get(name) != password:
        return HttpResponse("Wrong name or password.", status=401)
    request.session.cycle_key()
    request.session["user"] = name
    return redirect("/")


def move(user, fields):
    """Send money; return whether somebody is signed in and the fields make sense."""
    to, amount = str(fields.get("to")), str(fields.get("amount"))
    if user not in balances or to not in balances or not amount.isdecimal() or len(amount) > 6:
        return False
    balances[user] -= int(amount)
    balances[to] += int(amount)
    return True


def transfer(request):
    if request.method != "POST":
        return page(request)
    fields = request.POST or request.GET
    moved = move(request.session.get("user"), fields)
    return redirect("/") if moved else HttpResponseBadRequest("To whom, and how much?")


urlpatterns = [
    path("", page),
    path("login", login),
    path("transfer", transfer),
]


class Statement(WebsocketConsumer):
    """Sends the balance of the user who is signed in."""

    def connect(self):
        user = self.scope["session"].get("user")
        if user not in balances:
            self.close()
            return
        self.accept()
        self.send(json.dumps({"name": user, "balance": balances[user]}))


feed = SessionMiddlewareStack(URLRouter([path("statement/feed", Statement.as_asgi())]))
# --- the defense ---
feed = AllowedHostsOriginValidator(feed)
# --- until here ---
application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": feed})
