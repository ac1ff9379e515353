"""Links to a lab, to the walkthrough of an attack on it, and to the attacker's page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext

from catalogue.labels import BadLabel
from victim_site.bank.label import Label
from victim_site.label import closest_label, parse
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.missing import Missing
from victim_site.teaching.missions.told import told


def get_label_or_404(text: str) -> Label:
    """Return what may be told of the label in an address; where there's none, it's a 404."""
    try:
        return told(parse(text))
    except BadLabel as mistake:
        sentence = gettext("There is no such lab. %(mistake)s") % {"mistake": mistake}
        raise Missing(sentence, "labs", closest_label(text)) from None


def walk(lab: str, attack: str, position: str, back: str = "") -> str:
    """Return the address that begins the walk: sign in, open the attacker's page, see.

    What is to be seen is in the lab's log, or in a lesson: `back` is its slug and the step in it.
    """
    about = descriptions.attacks()[attack]
    label = get_label_or_404(expectations.lab_for(lab, attack))
    host = _launched_from(position)
    how = ".signed-out" * (about.victim != "signed-in") + ".by-bank" * about.by_application
    asks = {"load": "", "click": ".click", "address": ".address"}
    how += asks.get(about.trigger, ".asks")
    lesson = f".lesson.{back}" if back else ""
    return f"{label.url}/#try={attack}.{host}{how}{lesson}"


def attack_page(label: Label, attack: str, position: str) -> str:
    """Return the address of the attacker's page that aims an attack at a lab."""
    host = {
        "cross-site": settings.ADDRESSES.evil,
        "subdomain": label.community,
        "lookalike": label.lookalike,
    }[_launched_from(position)]
    lab = f"?{urlencode({'lab': label.text})}" if host == settings.ADDRESSES.evil else ""
    return f"{host}/{attack}/{lab}"


def _launched_from(position: str) -> str:
    # A script inside the bank is put there by a page of the attacker's own site.
    return "cross-site" if position == "same-origin" else position
