"""A bank in one file where another service must bring back the state that this session waits for.

    pip install Django
    python in_django.py runserver 5055

At http://app.localhost:5055/ alice signs in with the password wonderland.
"""

import os
import secrets
import sys

from django.core.management import execute_from_command_line
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.utils.crypto import constant_time_compare

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


def show(request, page, **context):
    return HttpResponse(engines["django"].from_string(page).render(context, request))


def page(request):
    user = request.session.get("user")
    identity = identities.get(user)
    return show(request, PAGE, user=user, balance=balances.get(user), identity=identity)


def known(fields):
    """Return the name in the fields if the password is right."""
    name, password = str(fields.get("username")), str(fields.get("password"))
    return name if PASSWORDS.get(name) == password else None


def login(request):
    if request.method != "POST":
        return page(request)
    name = known(request.POST)
    if not name:
        return HttpResponse("Wrong name or password.", status=401)
    request.session.flush()
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
    moved = move(request.session.get("user"), request.POST)
    return redirect("/") if moved else HttpResponseBadRequest("To whom, and how much?")


def begin(request):
    state = ""
    # --- the defense ---
    state = request.session["state"] = secrets.token_urlsafe()
    # --- until here ---
    return show(request, BEGIN, state=state)


def lighthouse(request):
    """Stand in for another company's site, which asks who the visitor is."""
    state, code = request.POST.get("state") or request.GET.get("state", ""), ""
    if request.method == "POST":
        name = known(request.POST)
        if not name:
            return HttpResponse("Wrong name or password.", status=401)
        code = secrets.token_urlsafe()
        codes[code] = name
    return show(request, LIGHTHOUSE, state=state, code=code)


def connect(request):
    # --- the defense ---
    expected, state = request.session.get("state"), request.GET.get("state", "")
    if not expected or not constant_time_compare(state, expected):
        return HttpResponse("This sign-in didn't begin here.", status=403)
    del request.session["state"]
    # --- until here ---
    user, identity = request.session.get("user"), codes.pop(request.GET.get("code"), None)
    if not user or not identity:
        return HttpResponseBadRequest("Sign in, and begin again.")
    identities[user] = identity
    return redirect("/")


urlpatterns = [
    path("", page),
    path("login", login),
    path("transfer", transfer),
    path("lighthouse", begin),
    path("lighthouse/authorize", lighthouse),
    path("lighthouse/connect", connect),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
