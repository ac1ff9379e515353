"""django-modern-csrf, in place of Django's own: the browser says where a POST comes from.

Start it with: python app.py 8000
"""

import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html

settings.configure(
    SECRET_KEY="only for this example",
    ALLOWED_HOSTS=["127.0.0.1", ".localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["modern_csrf"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "modern_csrf.middleware.ModernCsrfViewMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    # Sent from every page: what stops a forgery is the library.
    SESSION_COOKIE_SAMESITE="None",
    SESSION_COOKIE_SECURE=True,
)

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <label>E-mail <input name="email" value="{}"></label>
  <button>Save</button>
</form>
"""


def sign_in(request):
    request.session["name"] = "alice"
    return redirect("/")


def show(request):
    if "name" not in request.session:
        return HttpResponse('<a href="/sign-in">Sign in as alice</a>')
    return HttpResponse(format_html(PAGE, emails[request.session["name"]]))


def save(request):
    if request.method == "POST" and "name" in request.session:
        emails[request.session["name"]] = request.POST["email"]
    return redirect("/")


def state(request):
    return JsonResponse(emails)


urlpatterns = [
    path("", show),
    path("sign-in", sign_in),
    path("email", save),
    path("state", state),
]

if __name__ == "__main__":
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", f"127.0.0.1:{sys.argv[1]}"])
