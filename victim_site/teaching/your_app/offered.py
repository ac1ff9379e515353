"""Who can have an application attacked: the person at the machine that the playground runs on."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext

_View = Callable[..., HttpResponse]


def is_offered(request: HttpRequest) -> bool:
    """Tell whether the playground serves this machine alone, and the request comes from there."""
    try:
        here = ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback
    except (KeyError, ValueError):
        return False
    return here and settings.SERVES_THIS_MACHINE_ALONE


def on_this_machine(view: _View) -> _View:
    """Answer 404 to everybody else."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not is_offered(request):
            raise Http404(
                gettext(
                    "The playground attacks other applications only while it serves nobody but "
                    "the machine that it runs on. There, use the command csrf-proof."
                )
            )
        return view(request, *args, **kwargs)

    return checked
