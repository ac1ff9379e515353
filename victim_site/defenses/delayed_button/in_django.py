"""A bank in one file whose button takes no click that comes too soon.

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


def page(request):
    user = request.session.get("user")
    context = {
        "user": user,
        "balance": balances.get(user),
        "to": request.GET.get("to", "mallory"),
        "amount": request.GET.get("amount", "10"),
        "note": request.GET.get("note", ""),
    }
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
    path("pay", page),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
