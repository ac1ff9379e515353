"""The rows of questions: what is asked, what is answered, and what is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from victim_site.teaching.recall.models import Asked
from victim_site.teaching.recall.questions import Question

REVIEW, BEFORE, AFTER = "review", "before", "after"
# Rows beyond are removed, the oldest first: a hundred questions for some thousand learners.
MOST_ROWS = 300_000


def of(owner: str, *forms: str) -> list[Asked]:
    """Return what a learner was asked in some forms, oldest first."""
    return list(Asked.objects.filter(owner=owner, form__in=forms).order_by("pk"))


def ask(rows: Iterable[Asked]) -> None:
    """Note what is asked. What another tab has asked at the same time stays."""
    Asked.objects.bulk_create(rows, ignore_conflicts=True)
    newest = Asked.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    # They are counted by their ids, since counting rows would take longer than everything else.
    Asked.objects.filter(pk__lte=newest - MOST_ROWS).delete()


def answer(row: Asked, question: Question, said: str, sureness: str, now: datetime) -> bool:
    """Note an answer unless there is one; return whether it counts."""
    return bool(
        Asked.objects.filter(pk=row.pk, answered=None).update(
            answer=said, sureness=sureness, right=said == question.right, answered=now
        )
    )


def forget(owner: str, lesson: str = "") -> None:
    """Forget all that a learner was asked, or what a review has asked about one lesson."""
    rows = Asked.objects.filter(owner=owner)
    (rows.filter(form=REVIEW, lesson=lesson) if lesson else rows).delete()
