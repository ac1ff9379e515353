"""Small sites that do as little as possible: what the playground's own figures are compared with.

Each runs under `gunicorn.conf.py`, as the playground's sites do, and keeps its database in the
file that `FLOOR_DATABASE` names. Their SQLite has the settings of
`victim_site/config/settings.py`.
"""

from __future__ import annotations

import os
from typing import Any


def database() -> dict[str, Any]:
    """Return the setting DATABASES."""
    return {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["FLOOR_DATABASE"],
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
