"""Where a visitor is sent: to a lab that exists, and on the walk of an attack at it."""

from __future__ import annotations

from django.http import Http404

from victim_site.lab import catalogue
from victim_site.label import BadLabel, Label, parse


def label_of(text: str) -> Label:
    """Return the label that an address names; where there is none, the answer is a 404."""
    try:
        return parse(text)
    except BadLabel as mistake:
        raise Http404(f"There is no such lab. {mistake}") from None


def walk(lab: str, attack: str, position: str) -> str:
    """Return the address that begins the walk: sign in, open the attacker's page, see."""
    about = catalogue.attacks()[attack]
    label = label_of(catalogue.lab_for(lab, attack))
    # A script inside the bank is put there by a page of the attacker's own site.
    host = "cross-site" if position == "same-origin" else position
    how = ".signed-out" * (about.victim != "signed-in") + ".by-bank" * about.by_bank
    return f"{label.url}/#try={attack}.{host}{how}"
