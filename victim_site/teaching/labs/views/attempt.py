"""One attempt: the link that finds it, and its own page with its picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalogue.missions import MYSTERY
from csrf_proof.arsenal import Attack
from victim_site.bank import reports
from victim_site.bank.attempts import FRAMED, KEPT, PREFLIGHT, WEBSOCKET
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.label import parse
from victim_site.teaching import descriptions
from victim_site.teaching.labs import attempt_summary, picture
from victim_site.teaching.labs.log import address_of
from victim_site.teaching.labs.views import scene
from victim_site.teaching.links import get_label_or_404, walk
from victim_site.teaching.missions.told import conceal
from victim_site.wording import REASONS

# Words by which the attacks name their requests, for what the log keeps of one.
POSITIONS = {"cross-site": "cross-site", "same-site": "subdomain"}
KINDS = {PREFLIGHT: "OPTIONS", FRAMED: "frame", WEBSOCKET: "WebSocket"}
TYPES = {"application/x-www-form-urlencoded": "urlencoded", "multipart/form-data": "multipart"}
PLACES = {"document": "top-level", "iframe": "nested", "empty": "subresource"}

# How long an attempt may take to arrive before its absence means something.
PATIENCE = timedelta(seconds=5)


@require_safe
def find(request: HttpRequest, text: str) -> HttpResponse:
    """Lead to the first attempt since a moment.

    The query says `since` when (milliseconds since 1970), perhaps of which `path`, and perhaps
    `by-others`: not by the bank's own pages. Of a mission's lab, it's the mission that says more.
    """
    label = get_label_or_404(text)
    if text.startswith(MYSTERY):
        place = "log" if label.mystery else "solved"
        return redirect(f"{reverse('mission', args=[parse(text).mystery])}#{place}")
    try:
        since = datetime.fromtimestamp(int(request.GET.get("since", "")) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Http404(
            gettext("This link to an attempt is broken. The lab’s page has the log.")
        ) from None
    path = request.GET.get("path")
    candidates = (
        attempt
        for attempt in reports.attempts(label.text, at__gte=since)
        if path in {None, attempt.path}
        and not (
            "by-others" in request.GET and attempt_summary.sender(attempt, label) == "same-origin"
        )
    )
    found = next(candidates, None)
    if found is None:
        # A person may be faster than the attacker's page: for a moment the page looks again itself.
        soon = abs(datetime.now(UTC) - since) < PATIENCE
        context = {"lab": label, "since": since, "again": request.get_full_path(), "soon": soon}
        return render(request, "labs/no_attempt.html", context)
    if scene.is_scene(found, label):
        return redirect("scene", text=label.text, number=found.pk)
    return redirect(address_of(found, label, reports.newer_attempts(found)))


@require_safe
def show(request: HttpRequest, text: str, number: int) -> HttpResponse:
    """One attempt, drawn large."""
    label = get_label_or_404(text)
    answer = reports.attempt(label.text, number)
    if answer is None:
        sentence = gettext(
            "This lab has no such attempt, or has it no longer: it keeps its newest %(kept)d, and "
            "a reset removes them all."
        )
        raise Http404(sentence % {"kept": KEPT})
    found, newer = answer
    conceal(label, [found])
    story, verdict = attempt_summary.summarize(found, label)
    context = {
        "lab": label,
        "bank": settings.ADDRESSES.bank(label.text),
        "attempt": found,
        "in_log": address_of(found, label, newer),
        "story": story,
        "verdict": verdict,
        "reason": REASONS.get(found.reason or ""),
        "picture": picture.draw(found, label),
        "attack": _attack(found, label),
        "subdomain": walk(label.text, "image-get", "subdomain"),
        "summaries": descriptions.summaries(label),
        "weak": [descriptions.weaknesses()[slug] for slug in label.weakness_slugs],
    }
    return render(request, "labs/attempt.html", context)


def _attack(attempt: Attempt, label: Label) -> Attack | None:
    """Return the plainest attack that sends such a request; which one it was, no request says."""
    if attempt.sec_fetch_mode == "cors" and attempt.sec_fetch_dest != "empty":
        return None  # A picture or the like with `crossorigin`, which no attack uses.
    position = POSITIONS.get(attempt_summary.sender(attempt, label))
    words = {KINDS[attempt.kind]} if attempt.kind in KINDS else _words(attempt)
    alike = [
        attack
        for attack in descriptions.attacks().values()
        if position in attack.positions
        and attempt.action in attack.actions
        and words <= set(attack.request.replace(",", "").split())
    ]
    return min(alike, key=lambda attack: len(attack.request.split()), default=None)


def _words(attempt: Attempt) -> set[str]:
    stated, place = attempt.content_type.partition(";")[0], attempt.sec_fetch_dest or ""
    return {attempt.method, TYPES.get(stated, stated), PLACES.get(place, place)} - {""}
