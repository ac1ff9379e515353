"""The bank of the classic account: it believes every request that carries the session cookie."""

from __future__ import annotations

from victim_site.defenses.base import Defense


class NoDefense(Defense):
    """Changes nothing, so every hook keeps its default."""

    does_not_stop = ("image-get", "link-get", "form-post")
