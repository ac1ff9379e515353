"""Starting over, for learners themselves and for a trainer."""

from __future__ import annotations

from victim_site.bank.labs import reset as reset_lab
from victim_site.teaching.lessons import progress
from victim_site.teaching.missions import solving as missions
from victim_site.teaching.recall import store as asked
from victim_site.teaching.room.models import SecondVote


def start_over(owner: str, slug: str = "") -> None:
    """Forget what somebody has done in one lesson, or in all, and reset the labs of it."""
    for lesson in progress.lessons().values():
        if slug in {"", lesson.slug}:
            for lab in lesson.labs:
                reset_lab(progress.own_lab(lab, owner).text)
    if not slug:
        missions.forget(owner)
    progress.forget(owner, slug)
    asked.forget(owner, slug)
    votes = SecondVote.objects.filter(owner=owner)
    (votes.filter(lesson=slug) if slug else votes).delete()
