"""Where a lab's defenses take effect: on the session cookie, and before each act.

Two thin layers, because Django's session middleware is between them: the cookie is finished
outside it, and acts are guarded inside, where the session is known.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import Morsel
from typing import Any, cast

from csp import constants as csp
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from csrf_proof.reasons import Reason
from victim_site.bank import attempts
from victim_site.bank.actions import Action, Invalid, Refused
from victim_site.bank.advice import ADVICE
from victim_site.bank.auth import signed_in
from victim_site.bank.labs import LabsFull, hold, open_lab, seen
from victim_site.bank.requests import BankRequest, SiteRequest
from victim_site.bank.sessions import SessionStore
from victim_site.wording import REASONS

GetResponse = Callable[[HttpRequest], HttpResponse]


class EdgeMiddleware:
    """The bank's outermost layer: browsers' cookies, and the headers of each response."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponse:
        label = request.label
        if label is None:
            return self.get_response(request)
        read_as_the_bank(cast("BankRequest", request))
        response = self.get_response(request)
        # Pages that measure what a browser does with cookies set theirs themselves, as they are.
        measured = {*response.cookies} - {settings.SESSION_COOKIE_NAME}
        response.headers.setdefault("Cache-Control", "no-store")
        for weakness in label.weaknesses:
            weakness.answer(request, response)
        if label.policy:
            response.headers[csp.HEADER] = label.policy
        for defense in label.defenses:
            defense.declare(request, response)
        if cookie := response.cookies.get(settings.SESSION_COOKIE_NAME):
            for defense in label.defenses:
                defense.session_cookie(cookie)
        if not label.cookie_prefix and not request.is_secure():
            for one in response.cookies.keys() - measured:
                _make_keepable(response.cookies[one], response)
        _put_prefix_on(label.cookie_prefix, response)
        return response


def read_as_the_bank(request: BankRequest) -> None:
    """Give the request the cookies and fields that the bank's code reads in this lab."""
    _take_prefix_off(request.label.cookie_prefix, request)
    for weakness in request.label.weaknesses:
        weakness.read(request)


def _take_prefix_off(prefix: str, request: BankRequest) -> None:
    """Give the request the cookies that the bank has set, by the names that its code knows.

    A cookie without the lab's prefix is none of the bank's, so it is gone.
    """
    if prefix:
        request.COOKIES = {
            name.removeprefix(prefix): value
            for name, value in request.COOKIES.items()
            if name.startswith(prefix)
        }


def _put_prefix_on(prefix: str, response: HttpResponse) -> None:
    """Rename every cookie that is being set, with what browsers require besides the prefix."""
    if not prefix:
        return
    for name, cookie in list(response.cookies.items()):
        del response.cookies[name]
        response.cookies[prefix + name] = cookie.value
        renamed = response.cookies[prefix + name]
        renamed.update(cookie.items())
        renamed["secure"], renamed["path"], renamed["domain"] = True, "/", ""


def _make_keepable(cookie: Morsel[str], response: HttpResponse) -> None:
    """Make browsers store the cookie over plain http.

    Chromium and Firefox accept SameSite=None only with Secure, and accept Secure here because
    the host is on this machine. WebKit keeps no Secure cookie over http at all, and asks for
    none beside SameSite=None. So such a cookie goes out twice, Secure first: the first two keep the
    first line, WebKit the second. The others simply do without Secure.
    """
    if cookie["samesite"] == "None":
        second: Morsel[str] = Morsel()
        second.set(cookie.key, cookie.value, cookie.coded_value)
        second.update(cookie.items())
        second["secure"] = ""
        # Django sends every morsel of this mapping; the key is not looked at.
        dict.__setitem__(response.cookies, f"{cookie.key} for WebKit", second)
    else:
        cookie["secure"] = ""


class GuardMiddleware:
    """Picks the lab, asks its defenses before an act, refuses or performs, and keeps the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: SiteRequest) -> HttpResponse:
        if request.label is None:
            return self.get_response(request)
        try:
            _enter_lab(cast("BankRequest", request))
            return self.get_response(request)
        except LabsFull:
            message = "There are too many labs. Use an older one, or come back in an hour."
            return refusal_page(cast("BankRequest", request), 503, "No room for a lab", message)

    def process_view(
        self, request: BankRequest, view: Any, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not isinstance(view, Action):
            return None
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            allowed = attempts.record_preflight(request, view.slug)
            return HttpResponse(status=204) if allowed else None
        if view.acts(request):
            return guarded(view, request)
        attempts.record_framing(request, view.slug)
        return None


def _enter_lab(request: BankRequest) -> None:
    """Set `request.lab` and `request.user`; another lab's session doesn't count here."""
    label = request.label.text
    account = signed_in(cast("SessionStore", request.session))
    if account and account.lab.label == label:
        request.user = account
        request.lab = account.lab
        seen(request.lab)
        attempts.confirm_sign_in(request)
        return
    if account:
        # The other lab's session is left alone: signing in or out here must not end it.
        request.session = SessionStore()
    request.user = AnonymousUser()
    request.lab = open_lab(label)


def guarded(action: Action, request: BankRequest) -> HttpResponse:
    """Perform an act unless a defense refuses it, or it needs a session and none was sent."""
    known = request.user.is_authenticated and not action.ignores_session
    user = request.user.get_username() if known else None
    refused_by = attempts.verdicts(request) if action.checked else []
    outcome, reason = attempts.judged(request, refused_by, needs_session=action.needs_session)
    if outcome != attempts.APPLIED:
        with hold(request.lab):
            attempts.record(request, action.slug, outcome, refused_by, reason, user)
        return _refused(action, request, refused_by[0][1]) if refused_by else _anonymous(action)
    try:
        act = action.prepare(request)
        # The act and its line in the log are one transaction.
        with hold(request.lab):
            request.change = ""
            response = act()
            change = request.change
            attempts.record(request, action.slug, attempts.APPLIED, [], None, user, change=change)
    except Invalid as mistake:
        return _invalid(action, request, str(mistake))
    except Refused as refusal:
        by = [(refusal.by, refusal.reason)]
        with hold(request.lab):
            attempts.record(request, action.slug, attempts.REFUSED, by, refusal.reason, user)
        return _refused(action, request, refusal.reason)
    return response


def _anonymous(action: Action) -> HttpResponse:
    if action.json:
        return JsonResponse({"error": "Sign in first."}, status=401)
    return redirect("login")


def _invalid(action: Action, request: BankRequest, message: str) -> HttpResponse:
    if action.json:
        return JsonResponse({"error": message}, status=422)
    if action.template:
        return action.show(request, error=message, status=422)
    return refusal_page(request, 422, "That didn’t work", message)


def _refused(action: Action, request: BankRequest, reason: Reason) -> HttpResponse:
    sentence = REASONS[reason.code].sentence
    if action.json:
        body = {"error": sentence, "reason": reason.code}
        response: HttpResponse = JsonResponse(body, status=reason.status)
    else:
        response = refusal_page(
            request, reason.status, "The bank refused this request", sentence, reason.code
        )
    if reason.status == 405:
        response["Allow"] = "POST"
    return response


def refusal_page(
    request: BankRequest, status: int, title: str, message: str, code: str = ""
) -> HttpResponse:
    """Return a page that says what went wrong.

    It holds no form and so hands out no token: an answer to a forged request must not replace
    what the visitor's own pages rely on.
    """
    context = {
        "title": title,
        "message": message,
        "code": code,
        "advice": ADVICE.get(code),
        "page_status": status,
    }
    return render(request, "bank/refused.html", context, status=status)
