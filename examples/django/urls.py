"""A small Django application with an address to change, without protection or with it."""

import os

from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

SIGN_IN = """
<form method="post">
  {% csrf_token %}
  <label>Name <input name="name"></label>
  <label>Password <input type="password" name="password"></label>
  <button>Sign in</button>
</form>
"""
EMAIL = """
<form method="post">
  {% csrf_token %}
  <label>E-mail <input type="email" name="email" value="{{ user.email }}"></label>
  <button>Save</button>
</form>
"""


def page(request, source):
    template = engines["django"].from_string(source)
    return HttpResponse(template.render({"user": request.user}, request))


def sign_in(request):
    if request.method == "POST":
        user = authenticate(username=request.POST["name"], password=request.POST["password"])
        if user:
            login(request, user)
            return redirect("/email")
    return page(request, SIGN_IN)


@login_required
def email(request):
    if request.method == "POST":
        request.user.email = request.POST["email"]
        request.user.save()
        return redirect("/email")
    return page(request, EMAIL)


if "PROTECTED" not in os.environ:
    email = csrf_exempt(email)

urlpatterns = [path("sign-in", sign_in), path("email", email)]
