"""Parts of the matrix as tables: what the pages of attacks, defenses and the matrix share."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from victim_site.label import stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.links import walk


def profile_of(request: HttpRequest) -> str:
    profiles = expectations.the_matrix().profiles
    profile = request.GET.get("profile", profiles[0])
    if profile not in profiles:
        sentence = gettext("There is no profile called “%(profile)s”. There are %(profiles)s.")
        raise Http404(sentence % {"profile": profile, "profiles": ", ".join(profiles)})
    return profile


def square_at(row: int, column: int) -> tuple[tuple[str, str], str]:
    """Return the attack and position, and the column's label, of a square; both count from 1.

    Raises:
        Http404: The matrix has no such square.
    """
    columns, keys = expectations.columns(), list(expectations.the_matrix().rows)
    if not (0 < row <= len(keys) and 0 < column <= len(columns)):
        raise Http404(gettext("The matrix has no such square."))
    return keys[row - 1], columns[column - 1]


def page_of(label: str) -> str:
    """Return the address of what explains a label: a defense's page, or the lab of several."""
    one = label in stacks() or label in descriptions.defenses()
    return f"/defenses/{label}/" if one else f"/labs/{label}/"


def rows(
    keys: list[tuple[str, str]], columns: list[str], profile: str = "chromium"
) -> list[dict[str, Any]]:
    """Return rows for `_matrix.html`: the attack, where it is launched from, and a square a column.

    A square is a link that opens that lab and that attack, and its cells: two where age matters.
    """
    cells, lab_of = expectations.squares(profile), expectations.the_matrix().lab
    return [
        {
            "attack": descriptions.attacks()[attack],
            "position": position,
            "where": descriptions.POSITIONS[position],
            "squares": [
                {
                    "cells": cells[attack, position, lab_of(attack, column)],
                    "walk": walk(column, attack, position),
                }
                for column in columns
            ],
        }
        for attack, position in keys
    ]
