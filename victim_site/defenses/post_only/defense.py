"""Actions are accepted by POST alone; a GET that would act is refused.

## How it works

A browser makes a GET whenever it merely loads something: an image, a frame, a link. So an
address that acts on GET can be triggered by any page that names it. With this defense reading
is GET and changing is POST: the bank answers 405 to everything else.

## What it does not stop

Any forged POST. A hidden form that submits itself is one line of script, and the browser sends
it with the visitor's cookie. This is half of the rule of thumb; the token is the other half.

## In your own project

In Django:

    @require_POST
    def transfer(request):
        return move_money(request)

In Flask:

    @app.post("/transfer")
    def transfer():
        return move_money(request)

## Sources

- RFC 9110, section 9.2.1: safe methods
- Django documentation, "View decorators: Allowed HTTP methods"
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from csrf_proof.reasons import GET_REFUSED, Reason
from victim_site.defenses.base import Defense


@require_POST
def _accept(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class PostOnly(Defense):
    at_view = True

    def refusal(self, request: HttpRequest) -> Reason | None:
        return GET_REFUSED if _accept(request).status_code == 405 else None
