"""The log: every request that would act, what the defenses said, and why it acted or didn't.

The browser acts before the server does. So when an action needs a session and none was sent,
the reason is the browser's, whatever the defenses would have said; their verdicts are kept too.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import cast

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, QuerySet
from django.utils import timezone

from csrf_proof import cookie_rules
from csrf_proof.reasons import CORS_CLOSED, Reason
from victim_site.bank import sent_cookies
from victim_site.bank.labs import hold
from victim_site.bank.models import Attempt, Lab, Session
from victim_site.bank.requests import BankRequest
from victim_site.bank.sessions import SessionStore
from victim_site.defenses.base import own_origin
from victim_site.prepared import insert

KEPT = 200
# Older ones are hidden at once but deleted only now and then: it costs half a transfer.
REMOVED_EVERY = 50
APPLIED, REFUSED, ANONYMOUS = "applied", "refused", "anonymous"
ACT, PREFLIGHT, FRAMED, WEBSOCKET = "act", "preflight", "framed", "websocket"
SIGN_IN = "login"
MOST_COOKIES = 200
# The Sec-Fetch-Dest of a page inside another (Fetch Metadata, section 2.1).
FRAMES = {"embed", "fencedframe", "frame", "iframe", "object"}

Verdicts = list[tuple[str, Reason]]


def verdicts(request: BankRequest) -> Verdicts:
    """Ask every defense of the lab about an act; return those that refuse, each with its reason.

    They are in the order of the label, but those on the view are asked last, as in any framework.
    """
    refused = _ask(request, at_view=False)
    for weakness in request.label.weaknesses:
        weakness.route(request)
    refused |= _ask(request, at_view=True)
    return [(d.slug, refused[d.slug]) for d in request.label.defenses if d.slug in refused]


def _ask(request: BankRequest, *, at_view: bool) -> dict[str, Reason]:
    asked = [defense for defense in request.label.defenses if defense.at_view == at_view]
    return {d.slug: reason for d in asked if (reason := d.refusal(request))}


def handshake_verdicts(request: BankRequest) -> Verdicts:
    """Ask the same defenses about a WebSocket, except those on a view, which are only for acts."""
    return list(_ask(request, at_view=False).items())


def record(
    request: BankRequest,
    action: str,
    outcome: str,
    refused_by: Verdicts,
    reason: Reason | None,
    user: str | None,
    kind: str = ACT,
    change: str = "",
) -> None:
    """Add the request to its lab's log, which keeps the newest `KEPT`.

    The caller holds the lab. So the ids of a lab's attempts are in the order in which they become
    visible, and who asks for those after the last one seen misses none.
    """
    lab = request.lab
    headers = request.headers
    attempt = Attempt(
        lab=lab,
        at=timezone.now(),
        kind=kind,
        method=request.META["REQUEST_METHOD"],
        path=request.path,
        action=action,
        content_type=_cut(headers.get("Content-Type"), 200) or "",
        origin=_cut(headers.get("Origin"), 300),
        referer=_cut(headers.get("Referer"), 1000),
        sec_fetch_site=_cut(headers.get("Sec-Fetch-Site"), 30),
        sec_fetch_mode=_cut(headers.get("Sec-Fetch-Mode"), 30),
        sec_fetch_dest=_cut(headers.get("Sec-Fetch-Dest"), 30),
        sec_purpose=_cut(headers.get("Sec-Purpose"), 60),
        cookies=[_cut(name, 60) for name in sent_cookies.names(request)[:MOST_COOKIES]],
        user=user,
        outcome=outcome,
        verdicts=[{"defense": slug, "reason": verdict.code} for slug, verdict in refused_by],
        reason=reason.code if reason else None,
        change=_cut(change, 200) or "",
        confirmed=outcome == APPLIED and kind in {ACT, WEBSOCKET} and action != SIGN_IN,
    )
    insert(attempt)
    if action == SIGN_IN and outcome == APPLIED and kind == ACT:
        session = cast("SessionStore", request.session)
        session.unconfirmed = attempt.pk
        Session.objects.filter(pk=session.session_key).update(unconfirmed=attempt.pk)
    if attempt.pk % REMOVED_EVERY == 0:
        in_lab = Attempt.objects.filter(lab_id=lab.pk)
        beyond = in_lab.order_by("-pk").values("pk")[KEPT : KEPT + 1]
        in_lab.filter(pk__lte=beyond).delete()


def confirm_sign_in(request: BankRequest) -> None:
    """Record that the browser stored a sign-in's cookie: this request includes it.

    A request for a part of another site's page proves nothing: browsers keep cookies for such parts
    that the bank's own pages never see (Firefox partitions them by the site on top).
    """
    session = cast("SessionStore", request.session)
    if session.unconfirmed is None:
        return
    sent = _as_sent(request)
    if sent.relation == "cross-site" and not sent.top_level:
        return
    # A page that can be read is shown anyway, as on a full disk; the next request tries again.
    with suppress(DatabaseError), hold(request.lab):
        Attempt.objects.filter(pk=session.unconfirmed).update(confirmed=True)
        Session.objects.filter(pk=session.session_key).update(unconfirmed=None)
        Lab.objects.filter(pk=request.lab.pk).update(confirmations=F("confirmations") + 1)
        session.unconfirmed = None


def record_preflight(request: BankRequest, action: str) -> bool:
    """Record a preflight for a request from another origin; return the answer."""
    allowed = any(weakness.opens_cors for weakness in request.label.weaknesses)
    outcome, reason = (APPLIED, None) if allowed else (REFUSED, CORS_CLOSED)
    with hold(request.lab):
        record(request, action, outcome, [], reason, user=None, kind=PREFLIGHT)
    return allowed


def record_framing(request: BankRequest, action: str) -> None:
    """Record that a form of the bank was requested for a frame on another origin's page."""
    if request.headers.get("Sec-Fetch-Dest") not in FRAMES:
        return
    if request.headers.get("Sec-Fetch-Site") not in {"cross-site", "same-site"}:
        return
    asked = [(d.slug, d.framing(request)) for d in request.label.defenses]
    refused = [(slug, reason) for slug, reason in asked if reason]
    record_by_session(request, action, refused, FRAMED)


def judged(
    request: BankRequest, refused: Verdicts, *, needs_session: bool = True
) -> tuple[str, Reason | None]:
    """Return the outcome and its reason: stopped by the browser, else by a defense, else not."""
    if needs_session and not request.user.is_authenticated:
        return ANONYMOUS, browser_reason(request)
    return (REFUSED, refused[0][1]) if refused else (APPLIED, None)


def record_by_session(request: BankRequest, action: str, refused: Verdicts, kind: str) -> bool:
    """Record a request that needs a session and isn't an act; return whether it got through."""
    outcome, reason = judged(request, refused)
    user = request.user.get_username() if request.user.is_authenticated else None
    with hold(request.lab):
        record(request, action, outcome, refused, reason, user, kind)
    return outcome == APPLIED


def browser_reason(request: BankRequest) -> Reason:
    """Return why no live session arrived with the request."""
    return cookie_rules.no_session(
        _as_sent(request),
        request.label.samesite,
        cookie_sent=settings.SESSION_COOKIE_NAME in request.COOKIES,
        anybody_signed_in=partial(_anybody_is_signed_in, request),
        another_opens=partial(_another_cookie_opens, request),
    )


def site_relation(request: BankRequest) -> str | None:
    """Return how the sender relates to the bank, in the words of Sec-Fetch-Site."""
    return _as_sent(request).relation


def _as_sent(request: BankRequest) -> cookie_rules.Request:
    method = request.method or ""
    return cookie_rules.Request(
        method, request.headers, own_origin(request), settings.ADDRESSES.domains.bank
    )


def _live_sessions(request: BankRequest) -> QuerySet[Session]:
    lab = request.lab
    return Session.objects.filter(account__lab_id=lab.pk, expire_date__gt=timezone.now())


def _anybody_is_signed_in(request: BankRequest) -> bool:
    return _live_sessions(request).exists()


def _another_cookie_opens(request: BankRequest) -> bool:
    """Tell whether a session cookie that wasn't read belongs to a live sign-in of this lab."""
    keys = sent_cookies.unread_session_keys(request, request.label.cookie_prefix)
    return bool(keys) and _live_sessions(request).filter(pk__in=keys).exists()


def _cut(text: str | None, length: int) -> str | None:
    """Shorten a header, and replace what a database cannot hold (headers may be any bytes)."""
    if text is None:
        return None
    clean = (
        text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return clean[:length]
