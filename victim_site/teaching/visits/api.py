"""The queue for programs that have its key: the attacker's site and the victim's browser.

It isn't part of the public contract: people and other programs use the workbench.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.errors import HttpError
from ninja.security import HttpBearer
from pydantic import StringConstraints

from catalogue.kept import victim_key
from catalogue.matrix import FORGED
from catalogue.missions import all_missions
from catalogue.visits import OVER, RUNNING, WAITING, How
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN
from victim_site.bank import reports
from victim_site.label import parse
from victim_site.teaching.api import AttemptOut, iso
from victim_site.teaching.labs.attempt_summary import initiator
from victim_site.teaching.missions.told import told
from victim_site.teaching.visits import queue
from victim_site.teaching.visits.models import Delivery, Visit
from victim_site.wording import REASONS

MOST_LINES = 100
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,50}$")]
File = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9_~./-]{1,99}$")]
Line = Annotated[str, StringConstraints(max_length=1_000)]


class Key(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> bool:
        return hmac.compare_digest(token.encode(), victim_key(settings.KEY_DIR).encode())


router = Router(auth=Key())


class DeliveryIn(Schema):
    owner: Name
    name: Name
    lab: Annotated[str, StringConstraints(max_length=200)]
    file: File
    browsers: list[Name] = []
    click: Annotated[str, StringConstraints(max_length=100)] = ""
    stay: Literal[20, 60] = 20
    subdomain: bool = False


class WorkerIn(Schema):
    worker: Name
    profiles: list[Name]


class RequestIn(Schema):
    method: Annotated[str, StringConstraints(max_length=20)]
    url: Line
    kind: Annotated[str, StringConstraints(max_length=30)]
    status: int | None
    failed: Line
    cookies_sent: list[Line] | None
    cookies_withheld: list[Line]
    # The code of the rule that is enough to withhold each of them.
    cookies_why: dict[Line, Name] = {}


class ReportIn(Schema):
    worker: Name
    problem: Annotated[str, StringConstraints(max_length=300)] = ""
    read_nothing: bool = False
    quiet: bool = True
    broke_policy: bool = False
    clicked: Line = ""
    seconds: float = 0
    navigation: list[Line] = []
    requests: list[RequestIn] = []
    console: list[Line] = []
    refused: list[Line] = []
    screenshot: str = ""


@router.get("/visits", include_in_schema=False)
def browsers(request: HttpRequest) -> dict[str, Any]:
    return {"browsers": queue.available()}


@router.post("/visits", include_in_schema=False)
def deliver(request: HttpRequest, asked: DeliveryIn) -> HttpResponse:
    try:
        made = queue.deliver(
            asked.owner,
            asked.name,
            asked.lab,
            asked.file,
            asked.browsers,
            How(asked.click, asked.stay, asked.subdomain),
        )
    except queue.NotTaken as refusal:
        raise HttpError(refusal.status, str(refusal)) from None
    return JsonResponse({"id": made.key}, status=202)


@router.get("/visits/of/{owner}", include_in_schema=False)
def newest(request: HttpRequest, owner: str) -> dict[str, Any]:
    # What the visits have seen isn't told in a list.
    found = _with_visits("screenshot", "report").filter(owner=owner).order_by("-pk")
    return {"deliveries": [_delivery(each) for each in found[: queue.KEPT_OF_OWNER]]}


@router.get("/visits/of/{owner}/{key}", include_in_schema=False)
def one(request: HttpRequest, owner: str, key: str) -> dict[str, Any]:
    found = get_object_or_404(_with_visits("screenshot"), owner=owner, key=key)
    return _delivery(found, whole=True)


@router.get("/visits/of/{owner}/{key}/{profile}", include_in_schema=False)
def screenshot(request: HttpRequest, owner: str, key: str, profile: str) -> dict[str, Any]:
    found = get_object_or_404(Visit, delivery__owner=owner, delivery__key=key, profile=profile)
    return {"jpeg": base64.b64encode(bytes(found.screenshot)).decode()}


@router.post("/visits/next", include_in_schema=False)
def take(request: HttpRequest, asked: WorkerIn) -> dict[str, Any]:
    found = queue.take(asked.worker, asked.profiles)
    if found is None:
        return {}
    where, delivery = settings.ADDRESSES, found.delivery
    return {
        "visit": found.pk,
        "profile": found.profile,
        "bank": where.bank(delivery.lab),
        "site": where.domains.bank,
        # Built here, so nothing but an exploit is ever visited.
        "address": delivery.address,
        "click": delivery.click,
        "stay": delivery.stay,
    }


@router.post("/visits/{pk}/{what}", include_in_schema=False)
def report(
    request: HttpRequest, pk: int, what: Literal["begin", "end"], said: ReportIn
) -> HttpResponse:
    found = Visit.objects.filter(pk=pk, state=RUNNING, worker=said.worker).first()
    if found is None:
        raise HttpError(409, "This visit isn’t yours any more.")
    if what == "begin":
        queue.begin(found)
        return HttpResponse(status=204)
    seen = said.dict(exclude={"worker", "problem", "screenshot", "read_nothing", "broke_policy"})
    for lines in ("navigation", "requests", "console", "refused"):
        seen[lines] = seen[lines][:MOST_LINES]
    queue.end(
        found,
        seen,
        _image(said.screenshot),
        said.problem,
        read_nothing=said.read_nothing,
        broke_policy=said.broke_policy,
    )
    return HttpResponse(status=204)


@router.post("/visits/leave", include_in_schema=False)
def leave(request: HttpRequest, asked: WorkerIn) -> HttpResponse:
    queue.leave(asked.worker)
    return HttpResponse(status=204)


def _image(text: str) -> bytes:
    try:
        image = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return image if image.startswith(b"\xff\xd8") else b""


def _with_visits(*left_out: str) -> QuerySet[Delivery]:
    """Return all deliveries, whose visits come with them except for these large columns."""
    visits = Visit.objects.order_by("pk").defer(*left_out)
    return Delivery.objects.prefetch_related(Prefetch("visits", visits))


def _delivery(found: Delivery, *, whole: bool = False) -> dict[str, Any]:
    visits = found.visits.all()
    open_ones = [each for each in visits if each.state in {WAITING, RUNNING}]
    states = {each.state for each in open_ones}
    return {
        "id": found.key,
        "lab": found.lab,
        "exploit": found.address,
        "file": found.file,
        "from": SUBDOMAIN if found.subdomain else CROSS_SITE,
        "made": iso(found.made),
        "state": RUNNING if RUNNING in states else WAITING if states else OVER,
        "place": queue.place_of(open_ones[0]) if open_ones else None,
        "browsers": [_visit(each, found.lab, whole=whole) for each in visits],
        **({"mission": _mission(found.lab)} if whole else {}),
    }


def _mission(lab: str) -> dict[str, Any] | None:
    """Return the mission that a lab belongs to, and whether its owner has solved it."""
    label = parse(lab)
    if not label.mystery:
        return None
    return {
        "slug": label.mystery,
        "title": all_missions()[label.mystery].title,
        "solved": not told(label).mystery,
    }


def _visit(found: Visit, lab: str, *, whole: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "browser": found.profile,
        "state": found.state,
        "outcome": found.outcome or None,
        "reason": found.reason or None,
        "sentence": _sentence(found),
        "started": iso(found.started) if found.started else None,
        "ended": iso(found.ended) if found.ended else None,
    }
    if whole and found.report:
        told["evidence"] = found.report | {"attempts": _attempts(found, lab)}
    return told


def _sentence(found: Visit) -> str:
    """Return what there is to say about a visit that is over; nothing about others."""
    if found.problem or not found.outcome:
        return found.problem
    if found.outcome == FORGED:
        return "The bank did what the page asked for."
    if reason := REASONS.get(found.reason):
        return reason.sentence
    return "Nothing that acts arrived at the bank."


def _attempts(found: Visit, lab: str) -> list[dict[str, Any]]:
    """Return the visit's attempts, as far as the lab still has them."""
    label = parse(lab)
    rows = reports.attempts(lab, pk__in=found.report["attempts"])
    for row in rows:
        row.initiator = initiator(row, label)  # type: ignore[attr-defined]
    return [AttemptOut.from_orm(row).dict() for row in rows]
