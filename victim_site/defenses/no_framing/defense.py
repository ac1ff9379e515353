"""No other page can show the bank in a frame."""

from __future__ import annotations

from csp.constants import NONE
from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_deny

from csrf_proof.reasons import FRAME_REFUSED, Reason
from victim_site.defenses.base import Defense


class NoFraming(Defense):
    stops = ("clickjacking",)
    does_not_stop = ("link-get", "form-post")
    policy = {"frame-ancestors": [NONE]}

    def framing(self, request: HttpRequest) -> Reason | None:
        return FRAME_REFUSED

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        # A decorator of views; the view here is the response that there is already.
        xframe_options_deny(lambda _: response)(request)
