"""Sign-in to one lab's accounts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from victim_site.bank.models import Account
from victim_site.bank.requests import BankRequest
from victim_site.bank.sessions import SessionStore
from victim_site.prepared import prepared


class CheapHasher(PBKDF2PasswordHasher):
    """Django's hasher with almost no work. # Dangerous: for public passwords only."""

    algorithm = "cheap_pbkdf2_sha256"
    iterations = 1


class LabBackend(BaseBackend):
    """Finds an account by lab, user name and password."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Account | None:
        if request is None or username is None or password is None:
            return None
        found = _customers(cast("BankRequest", request).lab.pk, username)
        return next((account for account in found if account.check_password(password)), None)


@prepared
def _customers(lab: int, username: str) -> QuerySet[Account]:
    return Account.objects.filter(lab_id=lab, username=username).defer("avatar")


def signed_in(session: SessionStore) -> Account | None:
    """Return whose session it is, if the sign-in is still valid.

    The check is that of `django.contrib.auth.get_user` (a new password ends every other sign-in),
    without a query of its own: the account was read with the session.
    """
    stated = session.get(HASH_SESSION_KEY)
    account = session.account
    if account is None or not stated:
        return None
    return account if constant_time_compare(stated, _auth_hash(account.password)) else None


@lru_cache(maxsize=1024)
def _auth_hash(password: str) -> str:
    return Account(password=password).get_session_auth_hash()
