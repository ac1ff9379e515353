"""A GET that would change something is refused, so just loading an address does nothing."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import GET_REFUSED, Reason
from victim_site.defenses.base import Defense, comes_back


class GetOnlyRefused(Defense):
    stops = ("link-get",)
    bypassed_by = "head-request.cross-site"
    fixed_by = "post-only"
    at_view = True

    def refusal(self, request: HttpRequest) -> Reason | None:
        if request.method == "GET" and not comes_back(request):
            return GET_REFUSED
        return None
