"""The page of one attempt: its story, its picture, and where to go on."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from csrf_proof.attacks import Attack
from victim_site.bank import reports
from victim_site.bank.attempts import FRAMED, KEPT, PREFLIGHT, WEBSOCKET
from victim_site.bank.models import Attempt
from victim_site.label import Label
from victim_site.teaching import texts
from victim_site.teaching.labs import picture, telling
from victim_site.teaching.walks import label_of, walk
from victim_site.wording import REASONS

# Words by which the attacks name their requests, for what the log keeps of one.
POSITIONS = {"cross-site": "cross-site", "same-site": "subdomain"}
KINDS = {PREFLIGHT: "OPTIONS", FRAMED: "frame", WEBSOCKET: "WebSocket"}
TYPES = {"application/x-www-form-urlencoded": "urlencoded", "multipart/form-data": "multipart"}
PLACES = {"document": "top-level", "iframe": "nested", "empty": "subresource"}


@require_safe
def attempt(request: HttpRequest, text: str, number: int) -> HttpResponse:
    """One attempt, drawn large."""
    label = label_of(text)
    found = reports.attempt(label.text, number)
    if found is None:
        raise Http404(
            "This lab has no such attempt, or has it no longer: it keeps its newest "
            f"{KEPT}, and a reset removes them all."
        )
    story, verdict = telling.told(found, label)
    context = {
        "lab": label,
        "attempt": found,
        "story": story,
        "verdict": verdict,
        "reason": REASONS.get(found.reason or ""),
        "picture": picture.draw(found, label),
        "attack": _attack(found, label),
        "subdomain": walk(label.text, "image-get", "subdomain"),
        "summaries": texts.summaries(label),
        "weak": [texts.weaknesses()[slug] for slug in label.weakness_slugs],
    }
    return render(request, "labs/attempt.html", context)


def _attack(attempt: Attempt, label: Label) -> Attack | None:
    """Return the plainest attack that sends such a request; which one it was, no request says."""
    position = POSITIONS.get(telling.sender(attempt, label))
    words = {KINDS[attempt.kind]} if attempt.kind in KINDS else _words(attempt)
    alike = [
        attack
        for attack in texts.attacks().values()
        if position in attack.positions
        and attempt.action in attack.actions
        and words <= set(attack.request.replace(",", "").split())
    ]
    return min(alike, key=lambda attack: len(attack.request.split()), default=None)


def _words(attempt: Attempt) -> set[str]:
    stated, place = attempt.content_type.partition(";")[0], attempt.sec_fetch_dest or ""
    return {attempt.method, TYPES.get(stated, stated), PLACES.get(place, place)} - {""}
