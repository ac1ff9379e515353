"""Customers enter a payment and then confirm it, but only the first step is checked."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from csrf_proof.reasons import STEP_SKIPPED
from victim_site.bank import forms
from victim_site.bank.actions import Action, Refused
from victim_site.bank.requests import BankRequest
from victim_site.bank.views import api_transfer, transfer
from victim_site.bank.weakness import View, Weakness


def _enter(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    return render(request, "two_step/confirm.html", {"payment": fields})


def _skip(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    raise Refused("two-step", STEP_SKIPPED)


first_step = Action("enter-transfer", forms.TransferForm, _enter, transfer.template, sensitive=True)
second_step = Action(
    "transfer", forms.TransferForm, transfer.perform, transfer.template, checked=False
)
one_step = Action(
    "transfer",
    forms.TransferForm,
    _skip,
    post_only=True,
    json=api_transfer.json,
    sensitive=True,
)


class TwoStep(Weakness):
    menu = ("/transfer", "Two steps")
    quick_payment = False

    def pages(self) -> dict[str, View]:
        return {
            "transfer": first_step,
            "transfer/confirm": second_step,
            "api/transfer": one_step,
        }
