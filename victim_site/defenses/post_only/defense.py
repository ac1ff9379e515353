"""Actions are accepted only by POST; the bank refuses a GET that would change something."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from csrf_proof.reasons import GET_REFUSED, Reason
from victim_site.defenses.base import Defense, comes_back


@require_POST
def _accept(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class PostOnly(Defense):
    stops = ("image-get", "link-get", "form-get")
    does_not_stop = ("form-post", "override-get", "connect-account-get")
    at_view = True

    def refusal(self, request: HttpRequest) -> Reason | None:
        if comes_back(request):
            return None
        return GET_REFUSED if _accept(request).status_code == 405 else None
