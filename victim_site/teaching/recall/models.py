"""What the teaching side remembers of the questions that it has asked."""

from __future__ import annotations

from typing import Any

from django.db import models

from catalogue.matrix import Cell


class Asked(models.Model):
    """A question that a learner was asked, and the answer, empty until there is one.

    `form` says where: in a review, or in a form of the quiz. A review has rounds of up to five;
    `before` is the lesson that a round comes before. `lesson` is the one that a question is from.
    """

    owner = models.CharField(max_length=12)
    form = models.CharField(max_length=10)
    round = models.PositiveIntegerField(default=0)
    number = models.PositiveSmallIntegerField()
    before = models.CharField(max_length=40, default="")
    lesson = models.CharField(max_length=40)
    attack = models.CharField(max_length=40)
    position = models.CharField(max_length=20)
    lab = models.CharField(max_length=63)
    profile = models.CharField(max_length=30)
    answer = models.CharField(max_length=30, default="")
    sureness = models.CharField(max_length=10, default="")
    right = models.BooleanField(null=True)
    answered = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "form", "round", "number"], name="one_row_a_question"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner}, {self.form} {self.round}.{self.number}"

    @classmethod
    def about(cls, cell: Cell, **more: Any) -> Asked:
        """Return a row that asks about a cell of the matrix, and isn't saved yet."""
        where = {"attack": cell.attack, "position": cell.position, "lab": cell.defense}
        return cls(**where, profile=cell.profile, **more)

    @property
    def cell(self) -> tuple[str, str, str]:
        return self.attack, self.position, self.lab
