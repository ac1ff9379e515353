"""The short walk from the start page, and the scene that it ends with."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalogue.matrix import CONTROL
from csrf_proof.cookie_rules import origin_of
from victim_site.bank import reports
from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs import attempt_summary
from victim_site.teaching.lessons import progress
from victim_site.teaching.links import get_label_or_404, walk
from victim_site.wording import REASONS

# The walk has a lab of its own, by which its end is known, and the attack of the classic account.
LAB, ATTACK = f"{CONTROL}--for-kitten", "image-get"


def short_walk(profile: str) -> str:
    """Return where the walk begins: with the first launch that works in a browser like that."""
    positions = descriptions.attacks()[ATTACK].positions
    return walk(LAB, ATTACK, expectations.the_matrix().works_from(profile, ATTACK, positions))


def is_scene(attempt: Attempt, label: Label) -> bool:
    """Tell whether an attempt is what the short walk leads to."""
    foreign = attempt_summary.sender(attempt, label) in {"cross-site", "same-site"}
    attack = descriptions.attacks()[ATTACK]
    alike = (attempt.action, attempt.method) == (attack.action, attack.method)
    return label.text == LAB and foreign and alike


@require_safe
def show(request: HttpRequest, text: str, number: int) -> HttpResponse:
    """What has just happened to the visitor, in large type, and the next step."""
    label = get_label_or_404(text)
    answer = reports.attempt(label.text, number)
    if answer is None:
        raise Http404(gettext("This attempt is gone: the lab was reset, or others came after it."))
    attempt = answer[0]
    if not is_scene(attempt, label):
        return redirect("attempt-picture", text=text, number=number)
    _, verdict = attempt_summary.summarize(attempt, label)
    context = {
        "lab": label,
        "attempt": attempt,
        "attack": descriptions.attacks()[ATTACK],
        "forged": verdict is attempt_summary.FORGED,
        "reason": REASONS.get(attempt.reason or ""),
        "from": origin_of(attempt.referer),
        "cookies": "; ".join(f"{name}=…" for name in dict.fromkeys(attempt.cookies)),
        "subdomain": walk(LAB, ATTACK, "subdomain"),
        "next": next(iter(progress.lessons().values()), None),
    }
    return render(request, "labs/scene.html", context)
