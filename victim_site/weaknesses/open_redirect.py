"""The bank sends visitors on to any address, and hands a form on with all that is in it.

## What the bank does

`/go?next=…` moves a visitor on, as many sites do after a sign-in or on the way to a partner. The
page is for everybody, signed in or not. To a page of the bank it goes by script at once. To another
site it goes by a form, since the bank counts who leaves: `/go` takes it by POST, with the bank's
token, and answers 307. Neither looks at where the address leads.

## What it breaks

- SameSite=Strict, Fetch Metadata: the second request is made by the bank's own page
  (`onsite-redirect-get`).
- Tokens: a 307 makes the browser repeat the POST, body and token included, at the address that it
  is sent to (`redirect-307-post`).

## Mended by

A list of addresses that may follow; 303 instead of 307 after a POST; actions by POST only.

## Sources

- OWASP Unvalidated Redirects and Forwards Cheat Sheet
- RFC 9110, section 15.4.8: 307 Temporary Redirect
- PortSwigger Web Security Academy, "Bypassing SameSite cookie restrictions"
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.encoding import iri_to_uri

from victim_site.bank.weakness import View, Weakness

LONGEST = 2000
# What a page of the bank links to here, so that the feature is of use.
PLACES = {"/transfer": "Send money", "/email": "Your e-mail address", "/password": "Your password"}


def _go(request: HttpRequest) -> HttpResponse:
    address = request.GET.get("next", "")
    if not address:
        return render(request, "weaknesses/go.html", {"places": PLACES})
    if not _leads_somewhere(address):
        context = {"places": PLACES, "refused": True}
        return render(request, "weaknesses/go.html", context, status=400)
    if request.method == "POST":
        return HttpResponse(status=307, headers={"Location": iri_to_uri(address)})
    inside = address.startswith("/") and not address.startswith("//")
    context = {"address": address, "inside": inside, "host": urlsplit(address).netloc}
    return render(request, "weaknesses/go.html", context)


def _leads_somewhere(address: str) -> bool:
    """Tell whether a browser could follow the address; `javascript:` is no place."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    known = parts.scheme in {"http", "https"} and bool(parts.netloc)
    inside = not parts.scheme and not parts.netloc and address.startswith("/")
    return (known or inside) and len(address) <= LONGEST and address.isprintable()


class OpenRedirect(Weakness):
    menu = ("/go", "Shortcuts")

    def pages(self) -> dict[str, View]:
        return {"go": _go}
