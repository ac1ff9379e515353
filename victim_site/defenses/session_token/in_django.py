"""A bank in one file that keeps Django's CSRF token in the session.

    pip install Django
    python in_django.py runserver 5055

At http://app.localhost:5055/ alice signs in with the password wonderland.
"""

import json
import os
import secrets
import sys

from django.core.management import execute_from_command_line
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse, RawPostDataException
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.views.decorators.http import require_http_methods

# --- the defense ---
from django.middleware.csrf import rotate_token
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
# --- the defense ---
MIDDLEWARE += ["django.middleware.csrf.CsrfViewMiddleware"]
# The token is kept in the session, not in a cookie of its own.
CSRF_USE_SESSIONS = True
# --- until here ---

PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
balances = dict.fromkeys(PASSWORDS, 1000)

PAGE = """<!doctype html>
<html lang="en">
<title>Bank</title>
{% if user %}<p>{{ user }} has <b id="balance">{{ balance }}</b>.</p>{% endif %}
<form method="post" action="{% if user %}/transfer{% else %}/login{% endif %}">
{# --- the defense --- #}
{% csrf_token %}
{# --- until here --- #}
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
<button onclick="send('PUT').then(() => location.reload())">Send 10 by script</button>
<script>
const send = (method) => fetch("/api/transfer", {
  method,
  headers: {
    "Content-Type": "application/json",
    // --- the defense ---
    "X-CSRFToken": "{{ csrf_token }}",
    // --- until here ---
  },
  body: JSON.stringify({to: "mallory", amount: 10}),
});
</script>
"""


def page(request):
    user = request.session.get("user")
    context = {"user": user, "balance": balances.get(user)}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


def json_of(request):
    """Return the JSON object in the body, or an empty one."""
    try:
        fields = json.loads(request.body)
    except (ValueError, RecursionError, RawPostDataException):
        return {}
    return fields if isinstance(fields, dict) else {}


def login(request):
    if request.method != "POST":
        return page(request)
    fields = request.POST
    name, password = str(fields.get("username")), str(fields.get("password"))
    if PASSWORDS.get(name) != password:
        return HttpResponse("Wrong name or password.", status=401)
    request.session.cycle_key()
    request.session["user"] = name
    # --- the defense ---
    rotate_token(request)  # Django's own login() does this.
    # --- until here ---
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


@require_http_methods(["POST", "PUT", "PATCH", "DELETE"])
def api_transfer(request):
    """Take JSON by POST, PUT, PATCH and DELETE alike, so that each can be tried."""
    fields = json_of(request)
    moved = move(request.session.get("user"), fields)
    return JsonResponse({"moved": moved}, status=200 if moved else 400)


urlpatterns = [
    path("", page),
    path("login", login),
    path("transfer", transfer),
    path("api/transfer", api_transfer),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
