"""The browser says where a GET or POST comes from; only the bank's own pages may act by them."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import FETCH_SITE_CROSS_SITE, FETCH_SITE_SAME_SITE, Reason
from victim_site.defenses.base import Defense

CHECKED = {"GET", "POST"}


class MethodList(Defense):
    stops = ("form-post", "link-get")
    bypassed_by = "override-post.cross-site"
    fixed_by = "fetch-metadata"
    at_view = True

    def refusal(self, request: HttpRequest) -> Reason | None:
        site = request.headers.get("Sec-Fetch-Site", "none")
        if request.method not in CHECKED or site in {"same-origin", "none"}:
            return None
        return FETCH_SITE_SAME_SITE if site == "same-site" else FETCH_SITE_CROSS_SITE
