"""The names of the bank's cookies begin with __Host-, so no other host can set them."""

from __future__ import annotations

from victim_site.defenses.base import Defense


class HostPrefix(Defense):
    does_not_stop = ("form-post", "prefix-smuggling-post")
    cookie_prefix = "__Host-"
