"""The bank's pages run only the bank's own script files, and send forms only to the bank."""

from __future__ import annotations

from csp.constants import NONE, SELF

from victim_site.defenses.base import Defense


class ContentPolicy(Defense):
    stops = ("dangling-markup", "injected-script-post")
    does_not_stop = ("form-post", "clickjacking")
    policy = {
        "script-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
    }
