"""An ordinary Django page: a database session, a user, one query of ten rows, and a template.

It's about as long as the bank's account page (4 KB), and as economical: no translation, values
instead of model instances, and dates formatted by Python.

`python -m benchmarks.floors.django_page 32` makes a database with that many users, ten payments
each, signs them in, and prints their session ids.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import django
from django.conf import settings

from benchmarks.floors import database

PAYMENTS = 10

settings.configure(
    SECRET_KEY="floor",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    USE_I18N=False,
    STATIC_URL="/static/",
    DATABASES=database(),
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).with_name("templates")],
        }
    ],
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402


class Payment(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    sender = models.CharField(max_length=20)
    to = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    at = models.DateTimeField()
    objects: ClassVar[models.Manager[Payment]] = models.Manager()

    class Meta:
        app_label = "floors"

    def __str__(self) -> str:
        return f"{self.amount} to {self.to}"


def account(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, User)
    payments = Payment.objects.filter(user_id=request.user.pk).order_by("-pk")
    rows = payments.values_list("at", "sender", "to", "amount")[:PAYMENTS]
    context = {
        "username": request.user.username,
        "email": request.user.email,
        "payments": [(f"{at:%d %b, %H:%M:%S}", *names, f"−{sum_}") for at, *names, sum_ in rows],
    }
    return render(request, "account.html", context)


urlpatterns = [path("", account, name="account")]
application = get_wsgi_application()


def fill(users: int) -> None:
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Payment)
    for number in range(users):
        user = User.objects.create(username=f"alice-{number}", email=f"alice-{number}@bank.example")
        Payment.objects.bulk_create(
            Payment(user=user, sender=user.username, to="mallory", amount=1, at=datetime.now(UTC))
            for _ in range(PAYMENTS)
        )
        request = HttpRequest()
        request.session = SessionStore()
        # The type checker knows the bank's user model, not this one.
        login(request, user, "django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
        request.session.save()
        print(request.session.session_key)


if __name__ == "__main__":
    fill(int(sys.argv[1]))
