"""No other page may show the bank inside itself.

## How it works

Every page of the bank declares that it must not be framed: `frame-ancestors 'none'` in its
content policy, and `X-Frame-Options: DENY` for browsers that do not know the first. A browser
then shows an empty frame, and no visitor can be led to click in it.

## What it does not stop

All forged requests. The frame stays empty, but the request that would have filled it was sent
and has acted by then. It takes clickjacking away from the defenses beside it, and nothing else.

## In your own project

In Django, with django-csp, told to add no `default-src` of its own; the first line stands in every
new project:

    MIDDLEWARE += ["django.middleware.clickjacking.XFrameOptionsMiddleware"]
    MIDDLEWARE += ["csp.middleware.CSPMiddleware"]
    CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": None, "frame-ancestors": [NONE]}}

In Flask:

    @app.after_request
    def no_framing(response):
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return response

## Sources

- Content Security Policy Level 3, "frame-ancestors"
- OWASP Clickjacking Defense Cheat Sheet
"""

from __future__ import annotations

from csp.constants import NONE
from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_deny

from csrf_proof.reasons import FRAME_REFUSED, Reason
from victim_site.defenses.base import Defense


class NoFraming(Defense):
    policy = {"frame-ancestors": [NONE]}

    def framing(self, request: HttpRequest) -> Reason | None:
        return FRAME_REFUSED

    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        # A decorator of views; the view here is the response that there is already.
        xframe_options_deny(lambda _: response)(request)
