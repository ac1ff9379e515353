"""The type of a request by the time it reaches the bank."""

from __future__ import annotations

from django.http import HttpRequest

from victim_site.bank.label import Label
from victim_site.bank.models import Lab


class SiteRequest(HttpRequest):
    """A request whose host is known; `label` is None on the teaching side."""

    label: Label | None


class BankRequest(HttpRequest):
    """A request to one lab: its label, from the host, and its row, which holds the state.

    An act leaves in `change` what it changed, in a few words for the log.
    """

    label: Label
    lab: Lab
    change: str
