"""What the teaching side remembers of a learner, who is known by the owner of the labs used."""

from __future__ import annotations

from django.db import models


class Progress(models.Model):
    """How far a learner has come in a lesson.

    `predicted`, `tried` and `fixed` are `forged` or the code of a reason, or empty: what the
    learner expected, and the result of the attack on the lesson's first lab and on the fixed one.
    """

    owner = models.CharField(max_length=12)
    lesson = models.CharField(max_length=40)
    predicted = models.CharField(max_length=30, default="")
    tried = models.CharField(max_length=30, default="")
    fixed = models.CharField(max_length=30, default="")
    changed = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "lesson"], name="one_progress_a_lesson"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} in {self.lesson}"

    @property
    def is_done(self) -> bool:
        return bool(self.tried and self.fixed)


class ChosenName(models.Model):
    """A name that a learner has typed, and that no other learner can take without being told."""

    name = models.CharField(max_length=12, unique=True)

    def __str__(self) -> str:
        return self.name
