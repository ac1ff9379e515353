"""Requests that may change something get the answer 403 unless their Origin is the bank's own.

## How it works

The browser writes the `Origin` header, and no page can change it. Where it is not exactly the
bank's own, or is missing, the answer becomes a page that says 403. Here the check stands in the
hook that runs after the view, as in Flask's `after_request` or Django's `process_response`.

People ship it because that hook is the one place that sees every answer, errors included, and is
where the security headers are set already. A test that sends a forged request and looks at the
status is content. What it does stop: the attacker's page learns nothing from the answer, and the
visitor sees an error.

## The flaw

The view has run by then, and the database has been written. Only the answer is refused, and an
attacker does not need it. This is why the playground looks at the bank's state and never at a
status: its log calls the request applied.

## Falls to

`form-post` from `cross-site`: the window says 403, and the money is gone.

## Mended by

`origin-check`: the same comparison, made before the view runs.

## Sources

- CWE-696: Incorrect Behavior Order
- Django documentation, "Middleware": `process_view` runs before the view
- Flask documentation, `before_request` and `after_request`
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from victim_site.defenses.base import Defense, is_unsafe, own_origin


class CheckAfterEffect(Defense):
    def declare(self, request: HttpRequest, response: HttpResponse) -> None:
        if is_unsafe(request) and request.headers.get("Origin") != own_origin(request):
            response.status_code = 403
            response.content = b"The request came from another site and was refused."
            response["Content-Type"] = "text/plain; charset=utf-8"
            # A redirect would lead on to the page that says what was done.
            del response["Location"]
