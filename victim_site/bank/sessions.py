"""Django's database sessions, with the account in a column of its own so they can be counted."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from victim_site.bank.models import Session


class SessionStore(DatabaseStore):
    """The session engine; see Django's "Extending database-backed session engines"."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast("Session", super().create_model_instance(data))
        session.account_id = data.get(SESSION_KEY)
        return session
