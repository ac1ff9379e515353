"""The addresses on the host of a lab: the bank's, and those of the browser checks."""

from __future__ import annotations

from functools import cache
from typing import Any

from victim_site.bank import urls as bank
from victim_site.bank.weakness import Weakness
from victim_site.teaching.browser import urls_bank as browser


@cache
def addresses(weaknesses: tuple[Weakness, ...]) -> Any:
    """Return what Django takes for a module of addresses, for labs with these weaknesses."""
    return type(
        "Addresses",
        (),
        {
            "urlpatterns": [*bank.addresses(weaknesses), *browser.urlpatterns],
            "handler400": "victim_site.bank.views.bad_request",
            "handler404": "victim_site.bank.views.not_found",
            "handler500": "victim_site.bank.views.server_error",
        },
    )
