"""The lines that stop a forgery by POST, in the framework that an application is made with.

They're cut from the playground's own small applications, which are attacked with them and without.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from csrf_proof import folders
from csrf_proof.application.tries import Tried
from csrf_proof.marked import Block, Marked

_FOLDER = folders.find("fixes", "victim_site/defenses")
_FILES = {"Django": "csrf_token/in_django.py", "Flask": "session_token/in_flask.py"}
# The names that Django gives its cookies unless it's told otherwise.
_DJANGO = re.compile(r"(?:^|; )(?:sessionid|csrftoken)=")
# In which Flask keeps a session: data, perhaps compressed, a time and a signature.
_FLASK = re.compile(r"(?:^|; )session=(\.?)(e[\w-]+)\.[\w-]{6}\.[\w-]{20,}(?:;|$)")


@dataclass(frozen=True)
class Fix:
    """The name of a framework, and lines to add."""

    framework: str
    blocks: Sequence[Block]


def fix(results: Sequence[Tried]) -> Fix | None:
    """Return the lines for the framework that is recognized by the cookies, if one is."""
    sent = [each.verdict.evidence.headers.get("cookie", "") for each in results if each.verdict]
    found = next(filter(None, map(_framework, sent)), None)
    return _fix(found) if found else None


def _framework(cookies: str) -> str | None:
    if _DJANGO.search(cookies):
        return "Django"
    if session := _FLASK.search(cookies):
        compressed, data = session.groups()
        # Starlette's session looks the same, but for the spaces in its JSON.
        if compressed or b'": ' not in base64.urlsafe_b64decode(data + "=="):
            return "Flask"
    return None


@cache
def _fix(framework: str) -> Fix:
    return Fix(framework, Marked(_FOLDER / _FILES[framework]).defense)
