"""The JSON surface: what happened in a lab, a way to start it over, and the matrix.

The OpenAPI document stands at /api/openapi.json.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError

from catalogue.labels import BadLabel
from victim_site.bank import labs, reports
from victim_site.bank.label import Label
from victim_site.label import parse
from victim_site.teaching import expectations
from victim_site.teaching.labs.attempt_summary import initiator
from victim_site.teaching.labs.choices import owner_mistake
from victim_site.teaching.missions import solving
from victim_site.teaching.missions.told import conceal, told

# The operation ids are part of the public contract. They were once derived from the module's name.
api = NinjaAPI(title="CSRF Playground", version="1", docs_url=None)


class Verdict(Schema):
    defense: str
    reason: str


class AttemptOut(Schema):
    id: int
    at: str
    kind: str
    method: str
    path: str
    action: str
    content_type: str
    origin: str | None
    referer: str | None
    sec_fetch_site: str | None
    sec_fetch_mode: str | None
    sec_fetch_dest: str | None
    sec_purpose: str | None
    cookies: list[str]
    user: str | None
    outcome: str
    verdicts: list[Verdict]
    reason: str | None
    initiator: str
    confirmed: bool

    @staticmethod
    def resolve_at(attempt: Any) -> str:
        return iso(attempt.at)


class AccountOut(Schema):
    balance: int
    email: str
    sessions: int
    password_changed: bool
    identity: str


class LabOut(Schema):
    lab: str
    defenses: list[str] | None
    weaknesses: list[str] | None
    accounts: dict[str, AccountOut]
    attempts: list[AttemptOut]


class CellOut(Schema):
    attack: str
    position: str
    defense: str
    profile: str
    cookie_age: str
    outcome: str
    reason: str | None
    note: str


class MatrixOut(Schema):
    profiles: list[str]
    cells: list[CellOut]


class MissionOut(Schema):
    name: str
    kind: str
    grade: int
    solved: bool


class Mistake(Schema):
    detail: str


def iso(moment: datetime) -> str:
    """Return a moment in UTC, to the millisecond."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _label(text: str) -> Label:
    try:
        return parse(text)
    except BadLabel as mistake:
        raise HttpError(404, f"No such lab. {mistake}") from None


@api.get(
    "/labs/{lab}",
    response={200: LabOut, 404: Mistake},
    summary="The state and log of a lab",
    operation_id="victim_site_lab_api_lab_state",
)
def lab_state(request: HttpRequest, lab: str) -> dict[str, Any]:
    """Newest attempt last. A lab that was never visited shows its initial state, without a row.

    Of a mission's lab, `defenses` and `weaknesses` are null and `verdicts` are empty until it's
    solved.
    """
    label = told(_label(lab))
    # The log before the accounts: if an attempt is in the answer, so is its effect.
    attempts = conceal(label, reports.attempts(label.text))
    for attempt in attempts:
        attempt.initiator = initiator(attempt, label)  # type: ignore[attr-defined]
    return {
        "lab": label.text,
        "defenses": None if label.mystery else label.slugs,
        "weaknesses": None if label.mystery else label.weakness_slugs,
        "accounts": reports.accounts(label.text),
        "attempts": attempts,
    }


@api.post(
    "/labs/{lab}/reset",
    response={204: None, 404: Mistake},
    summary="Put a lab back to its start",
    operation_id="victim_site_lab_api_reset_lab",
)
def reset_lab(request: HttpRequest, lab: str) -> HttpResponse:
    """Taken from the teaching side's own pages only: needs their CSRF token."""
    labs.reset(_label(lab).text)
    return HttpResponse(status=204)


@api.get(
    "/missions",
    response={200: list[MissionOut], 400: Mistake},
    summary="The missions, and which of them somebody has solved",
    operation_id="victim_site_missions_list",
)
def missions(request: HttpRequest, owner: str) -> list[dict[str, Any]]:
    """Of each `kind`, the easy ones first: `grade` is 1 to 3. `owner` is whose labs they are."""
    if mistake := owner_mistake(owner):
        raise HttpError(400, mistake)
    solved = solving.solved_by(owner)
    return [
        {"name": one.slug, "kind": kind, "grade": one.grade, "solved": one.slug in solved}
        for kind, found in solving.KINDS.items()
        for one in found().values()
    ]


@api.get(
    "/matrix",
    response=MatrixOut,
    summary="The expected matrix, expanded",
    operation_id="victim_site_lab_api_expected_matrix",
)
def expected_matrix(request: HttpRequest) -> HttpResponse:
    """`outcome` is forged, blocked or n/a; `defense` is a label without owner."""
    return HttpResponse(_matrix_json(), content_type="application/json")


@cache
def _matrix_json() -> str:
    # Thousands of cells take a second to check and write, and they change with the files alone.
    cells = [CellOut.model_validate(cell, from_attributes=True) for cell in expectations.cells()]
    return MatrixOut(
        profiles=list(expectations.the_matrix().profiles), cells=cells
    ).model_dump_json()
