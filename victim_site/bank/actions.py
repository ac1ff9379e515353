"""An action: one address of the bank with two views, a form that only shows and an act that does.

A request acts if it is a POST, or a GET or HEAD that brings fields (to sign out, any will do). A
weakness can make others act, too.
There is no code here against forgery: `bank.middleware.GuardMiddleware` asks the lab's defenses
before an act is performed, and writes down the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from csrf_proof.reasons import Reason
from victim_site.bank.requests import BankRequest
from victim_site.fields import submitted


class Invalid(Exception):
    """The bank itself rejects an act, apart from defenses; the message is for the customer."""


class Refused(Exception):
    """A feature of the bank refuses an act; `by` is its slug."""

    def __init__(self, by: str, reason: Reason) -> None:
        super().__init__(reason.code)
        self.by = by
        self.reason = reason


@dataclass(frozen=True)
class Action:
    """One state-changing operation, used as the view of its address.

    `perform` does it, within a transaction, and returns the answer; it may raise `Invalid` or
    `Refused`, and then nothing has happened. `template` shows the form; without one the address is
    POST only. `sensitive`: money or access is at stake, so a defense may ask for the password.
    `checked`: the lab's defenses are asked, which only a weakness does without. `body` reads the
    fields of a POST's body where they aren't read as everywhere (`victim_site.fields`).
    `comes_back`: the bank has led the browser to another service, which leads it back, so a GET
    has to do. `ignores_session`: it makes no difference whether anybody is signed in, or who.
    """

    slug: str
    form: type[forms.Form]
    perform: Callable[[BankRequest, dict[str, Any]], HttpResponse]
    template: str = ""
    needs_session: bool = True
    acts_without_fields: bool = False
    post_only: bool = False
    json: bool = False
    sensitive: bool = False
    checked: bool = True
    body: Callable[[HttpRequest], dict[str, str]] | None = None
    comes_back: bool = False
    ignores_session: bool = False

    def acts(self, request: BankRequest) -> bool:
        """Tell whether the request would do the action, rather than show its form."""
        if request.method == "POST" or any(
            request.method in weakness.acts_by for weakness in request.label.weaknesses
        ):
            return True
        if self.post_only or request.method not in {"GET", "HEAD"}:
            return False
        return self.acts_without_fields or any(
            name in request.GET for name in self.form.base_fields
        )

    def __call__(self, request: BankRequest) -> HttpResponse:
        """Perform the act or show the form."""
        return self.prepare(request)()

    def prepare(self, request: BankRequest) -> Callable[[], HttpResponse]:
        """Read and check the whole request; return what performs the act or shows the form.

        A client may send its body slowly, so this happens before a transaction begins.

        Raises:
            Invalid: The bank turns the act down.
            BadRequest: The body is broken.
        """
        if self.acts(request):
            form = self.form(submitted(request), request.FILES if self.post_only else None)
            if not form.is_valid():
                raise Invalid(mistakes(form))
            return partial(self.perform, request, form.cleaned_data)
        if self.post_only or request.method not in {"GET", "HEAD"}:
            allowed = ["POST"] if self.post_only else ["GET", "HEAD", "POST"]
            return partial(HttpResponseNotAllowed, allowed)
        return partial(self.show, request)

    def show(self, request: BankRequest, error: str = "", status: int = 200) -> HttpResponse:
        """Show the form, with what was wrong if anything was."""
        if self.needs_session and not request.user.is_authenticated:
            return redirect("login")
        context = {"error": error, "entered": submitted(request)}
        return render(request, self.template, context, status=status)


def mistakes(form: forms.Form) -> str:
    """Return the form's errors as sentences, each naming its field unless it does so itself."""
    return " ".join(
        message
        if message.startswith("The ")
        else f"{name.replace('_', ' ').capitalize()}: {message}"
        for name, messages in form.errors.items()
        for message in map(str, messages)
    )
