"""The classic bank: all that a request needs is a valid session cookie."""

from __future__ import annotations

from victim_site.defenses.base import Defense


class NoDefense(Defense):
    """Changes nothing, so every hook keeps its default."""

    does_not_stop = ("image-get", "link-get", "form-post")
