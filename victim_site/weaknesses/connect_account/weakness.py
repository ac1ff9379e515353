"""Whoever comes back from the sign-in service Lighthouse with a code is believed."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from victim_site.bank.actions import Action, Invalid
from victim_site.bank.labs import PASSWORDS, hold
from victim_site.bank.models import Account, IdentityCode
from victim_site.bank.requests import BankRequest
from victim_site.bank.views import begin_session
from victim_site.bank.weakness import View, Weakness
from victim_site.fields import submitted

CODE_LASTS = timedelta(minutes=10)
# Codes that a lab keeps, and the longest state that Lighthouse brings back.
MOST_CODES, LONGEST_STATE = 50, 200
# Where Lighthouse leads back to, by what it's asked for.
RETURNS = {"connect": "/lighthouse/connect", "sign-in": "/lighthouse/sign-in"}


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=100,
        error_messages={
            "required": "The code that Lighthouse should have sent is missing.",
            "max_length": "The code isn’t one of Lighthouse’s: it’s too long.",
        },
    )


# The bank


def _overview(request: BankRequest) -> HttpResponse:
    """Show who can sign in with Lighthouse, and lead there."""
    purpose = "connect" if request.user.is_authenticated else "sign-in"
    handed = {"for": purpose}
    for defense in request.label.defenses:
        handed |= defense.handed_over(request)
    return render(request, "connect_account/overview.html", {"handed": handed})


def _connect(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    identity = _redeem(request, fields["code"])
    assert isinstance(request.user, Account)  # The guard lets nobody else through.
    accounts = Account.objects.filter(lab=request.lab)
    if accounts.filter(identity=identity).exclude(pk=request.user.pk).exists():
        raise Invalid(f"{identity} is connected to another account already.")
    accounts.filter(pk=request.user.pk).update(identity=identity)
    request.change = f"{identity} is connected to {request.user.username}’s account"
    return _back(request, "/lighthouse")


def _sign_in(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    identity = _redeem(request, fields["code"])
    account = Account.objects.filter(lab=request.lab, identity=identity).defer("avatar").first()
    if account is None:
        raise Invalid(f"{identity} isn’t connected to an account. Sign in with the password first.")
    return _back(request, begin_session(request, account)["Location"])


def _back(request: BankRequest, address: str) -> HttpResponse:
    for defense in request.label.defenses:
        defense.came_back(request)
    return HttpResponse(status=303, headers={"Location": address})


def _redeem(request: BankRequest, code: str) -> str:
    """Return whose code it is at Lighthouse; it's used up then."""
    since = timezone.now() - CODE_LASTS
    found = IdentityCode.objects.filter(lab=request.lab, code=code, at__gt=since)
    identity = found.values_list("identity", flat=True).first()
    if identity is None:
        raise Invalid("Lighthouse doesn’t know this code. It’s wrong, used already, or too old.")
    found.delete()
    return identity


# Lighthouse, which would be another company's site


@require_http_methods(["GET", "HEAD", "POST"])
def _lighthouse(request: BankRequest) -> HttpResponse:
    """Ask who the visitor is, and then for a click that leads back with a code and the state."""
    fields = submitted(request)
    purpose, state = fields.get("for", ""), fields.get("state", "")
    if purpose not in RETURNS or len(state) > LONGEST_STATE:
        raise BadRequest("Lighthouse can’t read what the bank asked for. Begin again at the bank.")
    context = {"purpose": purpose, "state": state}
    if request.method != "POST":
        return render(request, "connect_account/lighthouse.html", context)
    name = fields.get("username", "")
    if PASSWORDS.get(name) != fields.get("password"):
        context |= {"error": "The name or the password is wrong.", "name": name}
        return render(request, "connect_account/lighthouse.html", context, status=422)
    context |= {"name": name, "code": _issue(request, name), "back": RETURNS[purpose]}
    return render(request, "connect_account/lighthouse.html", context)


def _issue(request: BankRequest, name: str) -> str:
    """Return a new code that stands for somebody at Lighthouse."""
    code = secrets.token_urlsafe()
    with hold(request.lab):
        codes = IdentityCode.objects.filter(lab=request.lab)
        oldest = codes.order_by("-pk").values("pk")[MOST_CODES - 1 : MOST_CODES]
        codes.filter(pk__lte=oldest).delete()
        codes.create(lab=request.lab, code=code, identity=f"{name}@lighthouse")
    return code


connecting = Action(
    "connect-account", CodeForm, _connect, acts_without_fields=True, comes_back=True
)
signing_in = Action(
    "login", CodeForm, _sign_in, needs_session=False, acts_without_fields=True, comes_back=True
)


class ConnectAccount(Weakness):
    menu = ("/lighthouse", "Lighthouse")
    sign_in = ("/lighthouse", "Sign in with Lighthouse")

    def pages(self) -> dict[str, View]:
        return {
            "lighthouse": _overview,
            "lighthouse/authorize": _lighthouse,
            "lighthouse/connect": connecting,
            "lighthouse/sign-in": signing_in,
        }
