"""Sign-in to one lab's accounts."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest

from victim_site.bank.models import Account
from victim_site.bank.requests import BankRequest


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

    def get_user(self, user_id: int) -> Account | None:
        return Account.objects.select_related("lab").filter(pk=user_id).first()
