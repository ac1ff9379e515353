"""Which host is which: the first look at every request.

The playground's domain is the teaching side. A name below the bank's is that lab's bank.
This machine's own name and number lead to the teaching side. Nothing else is served, so a page on
the internet cannot reach in by pointing its own name here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import set_urlconf

from catalogue.addresses import LOCALHOST
from catalogue.labels import BadLabel
from victim_site.bank.label import Label
from victim_site.bank.requests import SiteRequest
from victim_site.config.urls_bank import addresses
from victim_site.defenses.base import all_defenses
from victim_site.label import closest_label, parse, stacks
from victim_site.weaknesses.registry import all_weaknesses

# What people type who know only the port. Neither is in ALLOWED_HOSTS, so that nothing behind
# this middleware ever takes such a host for one of ours.
_LOOPBACK = re.compile(rf"(?:{LOCALHOST}|127\.0\.0\.1)(?::[0-9]{{0,5}})?")


class HostMiddleware:
    """Set `request.label` (None on the teaching side) and the addresses that go with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponse:
        try:
            host = request.get_host().partition(":")[0].lower()
        except DisallowedHost:
            if _LOOPBACK.fullmatch(request.META.get("HTTP_HOST", "").lower()):
                return _lead_to_playground(request)
            return _unknown_host(request)
        if refusal := _unreadable(request):
            return refusal
        request.label = None
        if host == settings.ADDRESSES.domains.playground:
            return self.get_response(request)
        if host == settings.ADDRESSES.domains.bank:
            return _to_playground()
        try:
            request.label = _label(host)
        except BadLabel as mistake:
            return _no_such_lab(request, host, mistake)
        request.urlconf = addresses(request.label.weaknesses)
        set_urlconf(request.urlconf)
        return self.get_response(request)


def _label(host: str) -> Label:
    text = _below_bank(host)
    if "." in text:
        raise BadLabel(f"A lab is a single label before {settings.ADDRESSES.domains.bank}.")
    return parse(text)


def _below_bank(host: str) -> str:
    return host.removesuffix(f".{settings.ADDRESSES.domains.bank}")


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """Refuse a body that would be read wrongly, or not at all; None if it can be read."""
    if _too_large(request):
        return _refuse(request, 413, "Too large", "The bank accepts at most 1 MB at a time.")
    if "HTTP_TRANSFER_ENCODING" in request.META:  # Django would read it as an empty body.
        message = "The request needs a Content-Length header if it has a body."
        return _refuse(request, 411, "Length needed", message)
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in {"utf-8", "utf8"}:
        message = "The request declares a character set other than UTF-8. Use UTF-8."
        return _refuse(request, 415, "Not UTF-8", message)
    return None


def _too_large(request: HttpRequest) -> bool:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return False
    return length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _refuse(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    return render(
        request,
        "teaching/host_error.html",
        {"title": title, "message": message},
        status=status,
    )


def _to_playground() -> HttpResponse:
    return HttpResponseRedirect(f"{settings.ADDRESSES.playground}/")


def _lead_to_playground(request: HttpRequest) -> HttpResponse:
    """Redirect a visitor who typed only the port; accept nothing that could act."""
    allowed = ["GET", "HEAD"]
    if request.method in allowed:
        return _to_playground()
    message = (
        "This address only leads to the playground, and only with GET or HEAD. "
        f"Send the request to {settings.ADDRESSES.playground} instead."
    )
    response = _refuse(request, 405, "Method not allowed", message)
    response["Allow"] = ", ".join(allowed)
    return response


def _unknown_host(request: HttpRequest) -> HttpResponse:
    domains = settings.ADDRESSES.domains
    message = f"This port answers for {domains.playground} and {domains.lab('<lab>')}."
    return _refuse(request, 421, "No such host", message)


def _no_such_lab(request: HttpRequest, host: str, mistake: BadLabel) -> HttpResponse:
    return render(
        request,
        "labs/no_such_lab.html",
        {
            "message": str(mistake),
            "meant": closest_label(_below_bank(host)),
            "defenses": sorted(all_defenses()),
            "stacks": stacks(),
            "weaknesses": all_weaknesses(),
        },
        status=404,
    )
