"""When a mission is solved: read from what arrives at its lab, never from a click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from catalogue.fixes import all_fixes
from catalogue.graded import G, Graded
from catalogue.missions import Mission, all_missions
from catalogue.reviews import all_reviews
from csrf_proof.arsenal import Attack
from victim_site.bank.attempts import ACT, APPLIED
from victim_site.bank.label import Label
from victim_site.bank.labs import reset as reset_lab
from victim_site.bank.models import Attempt
from victim_site.label import parse
from victim_site.teaching import descriptions
from victim_site.teaching.labs.attempt_summary import initiator
from victim_site.teaching.missions.models import Solved

# The kinds of missions, and what there is of each.
KINDS: dict[str, Callable[[], Mapping[str, Graded]]] = {
    "break": all_missions,
    "review": all_reviews,
    "fix": all_fixes,
}
# Rows beyond are removed, the oldest first: all missions for some thousand learners.
MOST_ROWS = 60_000
_REMOVED_EVERY = 50


def own_lab(mission: Mission, owner: str) -> Label:
    """Return somebody's own lab of a mission."""
    return parse(f"{mission.label}--for-{owner}")


def solved_by(owner: str) -> set[str]:
    """Return the missions that somebody has solved."""
    return set(Solved.objects.filter(owner=owner).values_list("mission", flat=True))


def next_unsolved(found: Mapping[str, G], slug: str, solved: Collection[str]) -> G | None:
    """Return the first of these missions that's left after one, if there is one."""
    return next((one for one in found.values() if one.slug not in {*solved, slug}), None)


def how_many(owners: Iterable[str]) -> Counter[str]:
    """Return how many missions each of these has solved."""
    rows = Solved.objects.filter(owner__in=list(owners)).values_list("owner", flat=True)
    return Counter(rows)


def forget(owner: str) -> None:
    """Forget what somebody has solved, and reset the labs of it."""
    for mission in all_missions().values():
        reset_lab(own_lab(mission, owner).text)
    Solved.objects.filter(owner=owner).delete()


@receiver(post_save, sender=Attempt)
def note(sender: Any, instance: Attempt, **kwargs: Any) -> None:
    """Note a forged request that does what the mission of the lab asks for."""
    label = parse(instance.lab.label)
    if not label.mystery or (instance.kind, instance.outcome) != (ACT, APPLIED):
        return
    solution = descriptions.attacks()[all_missions()[label.mystery].attack]
    if instance.action == solution.action and _is_foreign(instance, label, solution):
        solve(label.owner, label.mystery)


def _is_foreign(attempt: Attempt, label: Label, solution: Attack) -> bool:
    """Tell whether something other than the bank led to a request.

    If the solution ends on a page of the bank's, the request is the bank's own, and nothing in it
    says whether the press was stolen or meant. But the page was opened with fields in its address,
    and no page of the bank links there.
    """
    if initiator(attempt, label) != "bank":
        return True
    opened = f"{label.url}{solution.opens}?"
    return bool(solution.opens) and (attempt.referer or "").startswith(opened)


def solve(owner: str, mission: str) -> None:
    """Note that somebody has solved a mission."""
    row, new = Solved.objects.get_or_create(owner=owner, mission=mission)
    if new and row.pk % _REMOVED_EVERY == 0:
        beyond = Solved.objects.order_by("-pk").values("pk")[MOST_ROWS:]
        Solved.objects.filter(pk__in=list(beyond.values_list("pk", flat=True))).delete()
