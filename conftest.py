"""What tests don't take from the environment that they are run in: how a playground is set up.

pytest loads this file before any test and before Django's settings, so that a suite says the same
under ``make test VICTIM_PORT=8900`` and under ``HTTPS=1``. Only ``DATABASE_URL`` is kept, by which
the bank's tests run on another database.
"""

from __future__ import annotations

import os

SETUP = {
    "ATTACKER_PORT",
    "BANK_DOMAIN",
    "BIND",
    "EVIL_DOMAIN",
    "HTTPS",
    "MOST_LABS",
    "PLAYGROUND_DOMAIN",
    "ROOM",
    "ROOM_BIND",
    "ROOM_CODE",
    "ROOM_PAGE_PORT",
    "ROOM_PORT",
    "ROOM_SECRET",
    "ROOM_WAYS",
    "SECRET_KEY",
    "VAR_DIR",
    "VICTIM_ADDRESS",
    "VICTIM_PORT",
    "VICTIM_SCHEME",
}
for name in SETUP:
    os.environ.pop(name, None)
# Here and not in pyproject.toml, by which pytest-django would read the settings too early.
os.environ["DJANGO_SETTINGS_MODULE"] = "victim_site.config.settings"
