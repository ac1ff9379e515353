"""What may be told of a mission's lab: nothing that it checks, until its owner has solved it."""

from __future__ import annotations

from dataclasses import replace

from victim_site.bank.label import Label
from victim_site.bank.models import Attempt
from victim_site.teaching.missions.models import Solved


def told(label: Label) -> Label:
    """Return what pages may say of a lab: all of it, or a label with a `mystery` and no more."""
    if not label.mystery:
        return label
    if Solved.objects.filter(owner=label.owner, mission=label.mystery).exists():
        return replace(label, mystery="")
    return replace(label, defenses=(), weaknesses=())


def conceal(label: Label, attempts: list[Attempt]) -> list[Attempt]:
    """Return attempts without what each defense said of them, if the lab is still a mystery."""
    if label.mystery:
        for attempt in attempts:
            attempt.verdicts = []
    return attempts
