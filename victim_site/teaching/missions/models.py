"""Which missions somebody has solved."""

from __future__ import annotations

from django.db import models


class Solved(models.Model):
    """A mission that the owner of its lab has solved."""

    owner = models.CharField(max_length=12)
    mission = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "mission"], name="a_mission_solved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.mission} by {self.owner}"
