"""Django's database sessions, with the account in a column of its own so they can be counted."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils import timezone

from victim_site.bank.models import Account, Lab, Session
from victim_site.prepared import prepared

# What every request needs. The picture isn't part of it, and is loaded only on request.
_LAB = [field.attname for field in Lab._meta.concrete_fields]
_ACCOUNT = [f.attname for f in Account._meta.concrete_fields if f.name != "avatar"]


class SessionStore(DatabaseStore):
    """The session engine; see Django's "Extending database-backed session engines".

    `account` is whose session was loaded, if any, lab included. `unconfirmed`: see the model.
    """

    account: Account | None = None
    unconfirmed: int | None = None
    _saved: tuple[str | None, dict[str, Any]] | None = None

    def __init__(self, session_key: str | None = None) -> None:
        # A quoted cookie may contain NUL, and PostgreSQL refuses to look for it in text.
        super().__init__(None if session_key and "\0" in session_key else session_key)

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        """Load the session along with its account and lab, in one query."""
        found = _live(str(self.session_key), timezone.now())
        if not found:
            self._session_key = None
            return {}
        [(data, self.unconfirmed, *columns)] = found
        lab, account = columns[: len(_LAB)], columns[len(_LAB) :]
        if lab[0] is not None:
            self.account = Account.from_db(DEFAULT_DB_ALIAS, _ACCOUNT, account)
            self.account.lab = Lab.from_db(DEFAULT_DB_ALIAS, _LAB, lab)
        return self.decode(data)

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return what signed data says; the signature of the same data is checked once."""
        return deepcopy(_decoded(session_data))

    def save(self, must_create: bool = False) -> None:
        """Save, unless it's saved: a sign-in saves within its act, and the middleware after it."""
        if must_create or self._saved != (self.session_key, dict(self.items())):
            super().save(must_create)
            self._saved = self.session_key, deepcopy(dict(self.items()))

    def exists(self, session_key: str) -> bool:
        return bool(_with_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast("Session", super().create_model_instance(data))
        session.account_id = data.get(SESSION_KEY)
        session.unconfirmed = self.unconfirmed
        return session


@lru_cache(maxsize=1024)
def _decoded(session_data: bytes | str) -> dict[str, Any]:
    return DatabaseStore.decode(SessionStore(), session_data)


@prepared
def _with_key(key: str) -> QuerySet[Session, tuple[str]]:
    return Session.objects.filter(session_key=key).values_list("session_key")


@prepared
def _live(key: str, now: datetime) -> QuerySet[Session, tuple[Any, ...]]:
    return Session.objects.filter(session_key=key, expire_date__gt=now).values_list(
        "session_data",
        "unconfirmed",
        *(f"account__lab__{name}" for name in _LAB),
        *(f"account__{name}" for name in _ACCOUNT),
    )
