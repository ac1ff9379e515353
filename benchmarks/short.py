"""How much is measured. SHORT=1 only shows that everything runs: its figures say nothing."""

from __future__ import annotations

import os

SHORT = os.environ.get("SHORT") == "1"
ROUNDS = 1 if SHORT else 3
LOAD_SECONDS = 1 if SHORT else 2
CONNECTIONS = 32
SESSIONS = 2 if SHORT else 32
STARTS = 1 if SHORT else 3
FULL_LOG = 5 if SHORT else 200
WORKERS = int(os.environ.get("WORKERS", "4"))
