"""A bare Django: a view that says hello, and a transfer that is only its SQL statements.

`python -m benchmarks.floors.django_hello 32` makes a database with that many pairs of accounts.
"""

from __future__ import annotations

import sys

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.floors import database

settings.configure(
    SECRET_KEY="floor",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES=database(),
)

BALANCE = 1_000_000


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello")


def transfer(request: HttpRequest) -> HttpResponse:
    sender, to, amount = (request.POST[name] for name in ("from", "to", "amount"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM account WHERE name = %s", [to])
        recipient = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE account SET balance = balance - %s WHERE id = %s AND balance >= %s",
            [amount, sender, amount],
        )
        cursor.execute(
            "UPDATE account SET balance = balance + %s WHERE id = %s", [amount, recipient]
        )
        cursor.execute(
            "INSERT INTO transfer (sender, recipient, amount) VALUES (%s, %s, %s)",
            [sender, recipient, amount],
        )
    return HttpResponse(status=303, headers={"Location": "/"})


urlpatterns = [path("", hello), path("transfer", transfer)]

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()


def fill(pairs: int) -> None:
    """Make the accounts: alice-0 and mallory-0, whose ids are 1 and 2, and so on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT UNIQUE, balance INTEGER)"
        )
        cursor.execute(
            "CREATE TABLE transfer (id INTEGER PRIMARY KEY,"
            " sender INTEGER REFERENCES account (id), recipient INTEGER REFERENCES account (id),"
            " amount INTEGER)"
        )
        names = [f"{who}-{number}" for number in range(pairs) for who in ("alice", "mallory")]
        cursor.executemany(
            "INSERT INTO account (name, balance) VALUES (%s, %s)",
            [(name, BALANCE) for name in names],
        )


if __name__ == "__main__":
    fill(int(sys.argv[1]))
