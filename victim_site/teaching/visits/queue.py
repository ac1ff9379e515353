"""Who visits next. The queue is in the database, so that it outlives the programs that use it.

One visit of an owner's at a time, the oldest first. A visit whose worker is gone is made again,
once.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.labels import BadLabel
from catalogue.matrix import FORGED
from catalogue.visits import DONE, FAILED, LONG_STAY, RUNNING, STAY, WAITING, How
from csrf_proof.profile_names import PROFILES
from victim_site.bank import reports
from victim_site.label import parse
from victim_site.teaching.visits.models import Delivery, Visit, Worker
from victim_site.teaching.visits.verdict import judge

MOST_WAITING = 200
MOST_OF_OWNER = 6
KEPT, KEPT_OF_OWNER = 1_000, 20
# A worker says at least that often that it's there, also during a long visit.
PRESENT = timedelta(seconds=100)
SAYS_SO = timedelta(seconds=5)
# No visit takes longer than alice stays, and this.
BESIDES = timedelta(seconds=55)
UNTAKEN = timedelta(minutes=15)
MOST_TRIES = 2


class NotTaken(Exception):
    """There's no such visit, or no place in the queue; `status` is the HTTP status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def available() -> list[str]:
    """Return the profiles for which a worker is there."""
    there = Worker.objects.filter(seen__gt=timezone.now() - PRESENT)
    found = {
        profile for profiles in there.values_list("profiles", flat=True) for profile in profiles
    }
    return [profile for profile in PROFILES if profile in found]


def deliver(
    owner: str,
    name: str,
    lab: str,
    file: str,
    profiles: Sequence[str],
    how: How,
) -> Delivery:
    """Put a visit in each of these browsers at the end of the queue.

    Raises:
        NotTaken: The lab isn't the owner's, no such browser is there, or there's no room.
    """
    _check_lab(lab, name)
    there = available()
    wanted = list(dict.fromkeys(profiles)) or there[:1]
    if not there:
        raise NotTaken(503, "No victim’s browser is running in this playground.")
    if absent := [profile for profile in wanted if profile not in there]:
        raise NotTaken(
            400, f"There is no browser {absent[0][:40]!r} here. There are: {', '.join(there)}."
        )
    with transaction.atomic():
        unfinished = Visit.objects.filter(state__in=[WAITING, RUNNING])
        if unfinished.filter(owner=owner).count() + len(wanted) > MOST_OF_OWNER:
            raise NotTaken(429, f"{MOST_OF_OWNER} visits of yours aren’t over yet. Wait for them.")
        if unfinished.count() + len(wanted) > MOST_WAITING:
            raise NotTaken(503, f"{MOST_WAITING} visits are waiting. Try again in a few minutes.")
        made = Delivery.objects.create(
            key=secrets.token_hex(16),
            owner=owner,
            lab=lab,
            file=file,
            made=timezone.now(),
            **asdict(how),
        )
        Visit.objects.bulk_create(
            Visit(delivery=made, owner=owner, profile=profile) for profile in wanted
        )
        _forget_old(owner)
    return made


def _check_lab(lab: str, name: str) -> None:
    try:
        label = parse(lab)
    except BadLabel as mistake:
        raise NotTaken(400, f"No such lab. {mistake}") from None
    # Alone, the labs without an owner are one person's; in a room they're everybody's.
    if label.owner != name and (label.owner or settings.ROOM):
        raise NotTaken(
            403, f"{lab} isn’t your lab. Yours end in --for-{name}, such as no-defense--for-{name}."
        )


def _forget_old(owner: str) -> None:
    """Keep the newest deliveries: so many of each owner's, and so many in all."""
    over = Delivery.objects.exclude(visits__state__in=[WAITING, RUNNING])
    for kept, these in (
        (KEPT_OF_OWNER, over.filter(owner=owner)),
        (KEPT, over),
    ):
        old = list(these.order_by("-pk").values_list("pk", flat=True)[kept:])
        Delivery.objects.filter(pk__in=old).delete()


def take(worker: str, profiles: Sequence[str]) -> Visit | None:
    """Return the next visit for a worker with these browsers, if there is one."""
    now = timezone.now()
    _note(worker, list(profiles), now)
    # Most of the time there's nothing to do, and asking has to be cheap.
    if not Visit.objects.filter(state__in=[WAITING, RUNNING]).exists():
        return None
    try:
        with transaction.atomic():
            _clear_up(worker, now)
            busy = Visit.objects.filter(state=RUNNING).values("owner")
            waiting: QuerySet[Visit] = Visit.objects.filter(state=WAITING, profile__in=profiles)
            found = (
                waiting.exclude(owner__in=busy)
                .select_for_update(skip_locked=True)
                .order_by("pk")
                .first()
            )
            if found is None:
                return None
            found.state, found.worker, found.started = RUNNING, worker, now
            found.tries += 1
            found.save(update_fields=["state", "worker", "started", "tries"])
            return found
    except IntegrityError:  # Another worker was faster with a visit of the same owner's.
        return None


def leave(worker: str) -> None:
    """Forget a worker, which has ended."""
    Worker.objects.filter(name=worker).delete()
    _give_back(Visit.objects.filter(state=RUNNING, worker=worker))


def _note(worker: str, profiles: list[str], now: datetime) -> None:
    known = Worker.objects.filter(name=worker)
    if not known.filter(seen__gt=now - SAYS_SO, profiles=profiles).exists():
        Worker.objects.update_or_create(name=worker, defaults={"seen": now, "profiles": profiles})
        Worker.objects.filter(seen__lt=now - 10 * PRESENT).delete()


def _clear_up(worker: str, now: datetime) -> None:
    """End what nobody makes any more: visits of lost workers, and of this one, which is free."""
    running = Visit.objects.filter(state=RUNNING)
    _give_back(running.filter(worker=worker))
    for stay in (STAY, LONG_STAY):
        lost = now - timedelta(seconds=stay) - BESIDES
        _give_back(running.filter(delivery__stay=stay, started__lt=lost))
    Visit.objects.filter(state=WAITING, delivery__made__lt=now - UNTAKEN).update(
        state=FAILED, problem="No browser was free in time."
    )


def _give_back(lost: QuerySet[Visit]) -> None:
    lost.filter(tries__gte=MOST_TRIES).update(
        state=FAILED, problem="The victim’s browser was lost, twice."
    )
    lost.filter(tries__lt=MOST_TRIES).update(state=WAITING)


def begin(visit: Visit) -> None:
    """Note what the lab is like now: alice is signed in, and the exploit is opened next."""
    newest = reports.attempts(visit.delivery.lab, 1)
    visit.after = newest[-1].pk if newest else 0
    visit.before = reports.accounts(visit.delivery.lab)
    visit.save(update_fields=["after", "before"])


def end(
    visit: Visit,
    report: dict[str, object],
    screenshot: bytes,
    problem: str,
    *,
    read_nothing: bool,
    broke_policy: bool,
) -> None:
    """Store what the browser has seen, and the verdict."""
    visit.report, visit.screenshot, visit.problem = report, screenshot, problem
    visit.state = FAILED if problem or visit.after is None else DONE
    visit.ended = timezone.now()
    lab = visit.delivery.lab
    noted = reports.attempts(lab, pk__gt=visit.after or 0)
    report["accounts"] = {"before": visit.before, "after": reports.accounts(lab)}
    report["attempts"] = [each.pk for each in noted]
    if visit.after is not None:
        verdict = judge(noted, read_nothing=read_nothing, broke_policy=broke_policy)
        # What failed on the way proves nothing, unless the bank has been robbed anyway.
        if visit.state == DONE or verdict.outcome == FORGED:
            visit.outcome, visit.reason = verdict.outcome, verdict.reason
    visit.save()


def place_of(visit: Visit) -> int:
    """Return how many visits come before a waiting one, itself included."""
    before = Visit.objects.filter(state__in=[WAITING, RUNNING], pk__lt=visit.pk)
    return before.count() + 1
