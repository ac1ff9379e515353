"""How gunicorn receives requests for both sites: `gunicorn.conf.py` names the worker.

A client can send slowly, stop half-way, or not read its answer, and none of that takes a thread
from anybody else. `worker` says how.
"""
