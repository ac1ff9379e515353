"""Actions are accepted only by POST; the bank refuses a GET that would change something."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from csrf_proof.reasons import GET_REFUSED, Reason
from victim_site.defenses.base import Defense


@require_POST
def _accept(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class PostOnly(Defense):
    stops = ("image-get", "link-get", "form-get")
    does_not_stop = ("form-post", "override-get", "clickjacking")
    at_view = True

    def refusal(self, request: HttpRequest) -> Reason | None:
        return GET_REFUSED if _accept(request).status_code == 405 else None
