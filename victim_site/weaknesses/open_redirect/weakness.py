"""The bank redirects visitors to any address, and forwards a form with everything in it."""

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
        return render(request, "open_redirect/go.html", {"places": PLACES})
    if not _leads_somewhere(address):
        context = {"places": PLACES, "refused": True}
        return render(request, "open_redirect/go.html", context, status=400)
    if request.method == "POST":
        return HttpResponse(status=307, headers={"Location": iri_to_uri(address)})
    inside = address.startswith("/") and not address.startswith("//")
    context = {"address": address, "inside": inside, "host": urlsplit(address).netloc}
    return render(request, "open_redirect/go.html", context)


def _leads_somewhere(address: str) -> bool:
    """Tell whether a browser could follow the address; `javascript:` isn't a place."""
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
