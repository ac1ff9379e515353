"""The classic bank: a request needs a valid session cookie, and nothing else."""

from __future__ import annotations

from victim_site.defenses.base import Defense


class NoDefense(Defense):
    """Changes nothing, so every hook keeps its default."""

    does_not_stop = ("image-get", "link-get", "form-post")
