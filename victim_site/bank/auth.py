"""Sign-in to one lab's accounts."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from victim_site.bank.models import Account
from victim_site.bank.requests import BankRequest
from victim_site.bank.sessions import SessionStore


class CheapHasher(PBKDF2PasswordHasher):
    """Django's hasher with next to no work in it. # Dangerous: for public passwords only."""

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
        account = cast("BankRequest", request).lab.accounts.filter(username=username).first()
        return account if account and account.check_password(password) else None


def signed_in(session: SessionStore) -> Account | None:
    """Return whose session it is, if the sign-in still holds.

    The check is that of `django.contrib.auth.get_user` (a new password ends every other sign-in),
    without a query of its own: the account came along with the session.
    """
    stated = session.get(HASH_SESSION_KEY)
    account = session.account
    if account is None or not stated:
        return None
    return account if constant_time_compare(stated, account.get_session_auth_hash()) else None
