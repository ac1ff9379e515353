"""Which version of a lab, or of a learner's progress, there is: what an open page compares.

A lab's version is the id of its newest attempt, or 0, and how many of its sign-ins were confirmed.
Whatever changes an account also records an attempt, in the same transaction, and a reset removes
them all. So nothing else has to be written for it. Only a sign-in that expires, after two weeks,
leaves the version as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.db import connection

from victim_site.bank.models import Attempt, Lab
from victim_site.teaching.lessons.models import Progress

NO_ATTEMPT, NO_PROGRESS = "0.0", ".."
# At the end of a progress's version: the browser didn't send the learner's name back.
COOKIELESS = "-cookieless"


def progress_key(lesson: str, owner: str) -> str:
    """Return the name of a learner's progress in a lesson. It has a dot, so it's never a label."""
    return f"{lesson}.{owner}"


def current(labels: Iterable[str], lesson: str = "", owner: str = "") -> dict[str, str]:
    """Return the version of each lab, and of a learner's progress in a lesson if one is named.

    One statement in plain SQL: this is asked once a second for every open page, and building it in
    the ORM would take longer than everything else.
    """
    found = dict.fromkeys(labels, NO_ATTEMPT)
    values = [*found]
    if lesson:
        values += [lesson, owner]
        found[progress_key(lesson, owner)] = NO_PROGRESS
    with connection.cursor() as cursor:
        cursor.execute(_statement(len(values) - 2 * bool(lesson), bool(lesson)), values)
        return found | dict(cursor.fetchall())


@cache
def _statement(labs: int, progress: bool) -> str:
    lab, attempt, row = (model._meta.db_table for model in (Lab, Attempt, Progress))
    newest = f"SELECT MAX(id) FROM {attempt} WHERE lab_id = {lab}.id"  # noqa: S608  Names of ours.
    sql = (
        f"SELECT label, COALESCE(({newest}), 0) || '.' || confirmations"  # noqa: S608
        f" FROM {lab} WHERE label IN ({', '.join(['%s'] * labs)})"
    )
    if progress:
        sql += (
            " UNION ALL SELECT lesson || '.' || owner, predicted || '.' || tried || '.' || fixed"  # noqa: S608
            f" FROM {row} WHERE lesson = %s AND owner = %s"
        )
    return sql


def has_attempts(version: str) -> bool:
    """Tell whether anything has arrived at a lab; a sign-in is an attempt as well."""
    return not version.startswith("0.")


def progress_in(version: str) -> Progress:
    """Return the progress that a version is made of."""
    predicted, tried, fixed = version.split(".")
    return Progress(predicted=predicted, tried=tried, fixed=fixed)


def as_query(found: dict[str, str]) -> str:
    """Return versions as the query by which a page asks if they're still the newest."""
    return "&".join(f"{name}={version}" for name, version in found.items())
