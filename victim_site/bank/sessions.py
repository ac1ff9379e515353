"""Django's database sessions, with the account in a column of its own so they can be counted."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from victim_site.bank.models import Account, Session


class SessionStore(DatabaseStore):
    """The session engine; see Django's "Extending database-backed session engines".

    `account` is whose session was loaded, if any, lab included.
    """

    account: Account | None = None

    def __init__(self, session_key: str | None = None) -> None:
        # A quoted cookie may contain NUL, and PostgreSQL refuses to look for it in text.
        super().__init__(None if session_key and "\0" in session_key else session_key)

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        session: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        self.account = session.account if session else None
        return session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast("Session", super().create_model_instance(data))
        session.account_id = data.get(SESSION_KEY)
        return session
