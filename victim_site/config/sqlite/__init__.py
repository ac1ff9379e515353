"""Django's SQLite backend, with a queue in front of the lock for writing (`base.py`)."""
