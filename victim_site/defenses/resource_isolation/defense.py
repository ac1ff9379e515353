"""Other sites can only send visitors here; they can't load anything from the bank."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import FETCH_SITE_CROSS_SITE, Reason
from victim_site.defenses.base import Defense


class ResourceIsolation(Defense):
    stops = ("image-get.cross-site", "form-post.cross-site")
    does_not_stop = ("link-get", "form-post.subdomain", "clickjacking")

    def refusal(self, request: HttpRequest) -> Reason | None:
        headers = request.headers
        if headers.get("Sec-Fetch-Site", "none") in {"same-origin", "same-site", "none"}:
            return None
        opens_a_page = (
            request.method == "GET"
            and headers.get("Sec-Fetch-Mode") == "navigate"
            # A plug-in's document isn't a page that a visitor sees in the address bar.
            and headers.get("Sec-Fetch-Dest") not in {"object", "embed"}
        )
        return None if opens_a_page else FETCH_SITE_CROSS_SITE
