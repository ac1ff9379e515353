"""In the branch, nobody has to sign in: the bank trusts the network address of a request."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from victim_site.bank import payments
from victim_site.bank.actions import Action, Invalid
from victim_site.bank.forms import TransferForm
from victim_site.bank.requests import BankRequest
from victim_site.bank.weakness import View, Weakness
from victim_site.fields import submitted


class BranchForm(TransferForm):
    account = forms.CharField(max_length=20)


class BranchAction(Action):
    """The teller's page. From elsewhere, it's only a sentence."""

    def show(self, request: BankRequest, error: str = "", status: int = 200) -> HttpResponse:
        inside = is_in_the_branch(request)
        context = {"error": error, "entered": submitted(request), "inside": inside}
        status = status if inside else 403
        return render(request, self.template, context, status=status)


def is_in_the_branch(request: BankRequest) -> bool:
    """Tell whether the request comes from a private address, such as this machine's own.

    In a container, the machine outside has another one.
    """
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:  # By a socket that's a file.
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_private


def _pay(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    if not is_in_the_branch(request):
        raise Invalid("Payments without a sign-in are made in the branch only.")
    sender, recipient = (_customer(request, fields[name]) for name in ("account", "to"))
    if sender == recipient:
        raise Invalid("An account can’t pay itself.")
    if not payments.take(sender, fields["amount"]):
        raise Invalid(f"{fields['account']} doesn’t have that much.")
    payments.give(recipient, fields["amount"])
    payments.note(request.lab.pk, sender, recipient, fields["amount"])
    request.change = f"{fields['amount']} moved from {fields['account']} to {fields['to']}"
    return HttpResponse(status=303, headers={"Location": "/branch?paid"})


def _customer(request: BankRequest, name: str) -> int:
    found = payments.customers(request.lab.pk, name)
    if not found:
        raise Invalid(f"There’s no customer called {name}. Try alice or mallory.")
    [(customer,)] = found
    return int(customer)


branch = BranchAction(
    "branch-payment",
    BranchForm,
    _pay,
    "trusted_network/branch.html",
    needs_session=False,
    ignores_session=True,
)


class TrustedNetwork(Weakness):
    menu = ("/branch", "Branch")

    def pages(self) -> dict[str, View]:
        return {"branch": branch}
