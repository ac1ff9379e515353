"""The bank's pages and acts. There is no code against forgery here."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.core.exceptions import BadRequest, ValidationError
from django.core.validators import URLValidator
from django.db import DatabaseError
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from victim_site.bank import feed, forms, payments
from victim_site.bank.actions import Action, Invalid
from victim_site.bank.attempts import site_relation
from victim_site.bank.middleware import refusal_page
from victim_site.bank.models import Account
from victim_site.bank.requests import BankRequest
from victim_site.fields import submitted

# What the account page says after an act, by the name in its address.
NOTICES = {
    "transfer": "The money is on its way.",
    "change-email": "Your e-mail address was changed.",
    "change-password": "Your password was changed.",
    "upload-avatar": "Your picture was changed.",
}


@require_safe
def account(request: BankRequest) -> HttpResponse:
    """The account page; visitors who aren't signed in are redirected to the sign-in page."""
    just_signed_in = "signed-in" in request.GET
    if not request.user.is_authenticated:
        return _cookie_not_kept(request) if just_signed_in else redirect("login")
    context = {
        "notice": NOTICES.get(request.GET.get("done", "")),
        "history": payments.history(request.lab.pk, request.user.get_username()),
        # Where every body must be JSON, files can't be uploaded.
        "takes_files": "Content-Type" not in request.label.script_headers(request),
        "quick_payment": all(weakness.quick_payment for weakness in request.label.weaknesses),
    }
    return render(request, "bank/account.html", context)


def _cookie_not_kept(request: BankRequest) -> HttpResponse:
    """Explain why a sign-in didn't work. There must always be an explanation."""
    context = {
        "samesite": request.label.samesite or "no SameSite attribute",
        "strict_and_foreign": _strict_and_foreign(request),
    }
    return render(request, "bank/cookie_not_kept.html", context)


def _strict_and_foreign(request: BankRequest) -> bool:
    """Tell whether the browser may have withheld its cookie because of where the visit began."""
    strict: bool = request.label.samesite == "Strict"
    return strict and site_relation(request) == "cross-site"


@require_safe
def statement(request: BankRequest) -> HttpResponse:
    """The statement as it happens: a script of the bank opens the feed."""
    if not request.user.is_authenticated:
        return redirect("login")
    unavailable = "" if settings.STATEMENT_FEED else feed.UNAVAILABLE
    return render(request, "bank/statement.html", {"feed": feed.PATH, "unavailable": unavailable})


@require_safe
def avatar_image(request: BankRequest) -> HttpResponse:
    """The signed-in customer's picture."""
    if not request.user.is_authenticated:
        raise Http404
    pictures = Account.objects.filter(pk=request.user.pk).exclude(avatar_type="")
    picture = pictures.values_list("avatar", "avatar_type").first()
    if picture is None:
        raise Http404
    content, content_type = picture
    return HttpResponse(
        bytes(content),
        content_type=content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


class PaymentLink(Action):
    """A payment link: it shows the transfer form filled in, and never acts.

    Its query has `to` and `amount`, and may have a `note`, and the address of the `shop` that asks,
    to go back to. Everybody may read it; to pay, one signs in.
    """

    def acts(self, request: BankRequest) -> bool:
        return False

    def __call__(self, request: BankRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.show(request)

    def show(self, request: BankRequest, error: str = "", status: int = 200) -> HttpResponse:
        entered = submitted(request)
        context = {
            "entered": entered,
            "shop": _shop(entered.get("shop", "")),
            "strict_and_foreign": _strict_and_foreign(request),
        }
        return render(request, "bank/pay.html", context)


def _shop(address: str) -> str:
    """Return the address unchanged if it's a web page's, otherwise nothing."""
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        return ""
    return address


class SignIn(Action):
    """The sign-in page differs from other forms: it's for visitors who aren't signed in."""

    def show(self, request: BankRequest, error: str = "", status: int = 200) -> HttpResponse:
        context = {"error": error, "strict_and_foreign": _strict_and_foreign(request)}
        return render(request, self.template, context, status=status)


def _sign_in(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    user = authenticate(request, username=fields["username"], password=fields["password"])
    if user is None:
        raise Invalid("The username or the password is wrong.")
    return begin_session(request, user)


def begin_session(request: BankRequest, user: Account) -> HttpResponse:
    """Sign a customer in; return the way to the account page."""
    login(request, user)
    for defense in request.label.defenses:
        defense.signed_in(request)
    # In the act's transaction: when it's in the log, the sign-in is there too.
    request.session.save()
    request.change = f"a new sign-in as {user.get_username()}"
    # The account page checks that the browser sent the cookie back, and explains if it didn't.
    return _see_other("/?signed-in")


def _sign_out(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    request.change = f"{_customer(request).username} is signed out"
    logout(request)
    return redirect("login")


def _move_money(request: BankRequest, to: str, amount: int) -> None:
    """Move the customer's money to another account of the lab, within the caller's transaction."""
    sender = _customer(request)
    found = payments.customers(sender.lab_id, to)
    if not found:
        raise Invalid("There’s no customer with that name here. Try mallory.")
    [(recipient,)] = found
    if recipient == sender.pk:
        raise Invalid("You can’t send money to yourself.")
    if not payments.take(sender.pk, amount):
        raise Invalid("You don’t have that much in your account.")
    payments.give(recipient, amount)
    payments.note(sender.lab_id, sender.pk, recipient, amount)
    request.change = f"{amount} moved from {sender.username} to {to}"


def _transfer(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    _move_money(request, fields["to"], fields["amount"])
    return _see_other("/?done=transfer")


def _transfer_by_script(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    customer = _customer(request)
    _move_money(request, fields["to"], fields["amount"])
    customer.refresh_from_db(fields=["balance"])
    return JsonResponse({"sent": fields["amount"], "balance": customer.balance})


def _change_email(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    customer = _customer(request)
    customer.email = fields["email"]
    customer.save(update_fields=["email"])
    request.change = f"{customer.username}’s e-mail address is now {customer.email}"
    return _see_other("/?done=change-email")


def _change_password(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    customer = _customer(request)
    customer.set_password(fields["new_password"])
    customer.save(update_fields=["password"])
    update_session_auth_hash(request, customer)  # This sign-in goes on; others end.
    customer.sessions.exclude(session_key=request.session.session_key).delete()
    request.change = f"{customer.username} has a new password"
    return _see_other("/?done=change-password")


def _upload_avatar(request: BankRequest, fields: dict[str, Any]) -> HttpResponse:
    customer = _customer(request)
    customer.avatar_type, customer.avatar = fields["avatar"]
    customer.save(update_fields=["avatar", "avatar_type"])
    request.change = f"{customer.username} has a new picture"
    return _see_other("/?done=upload-avatar")


def _customer(request: BankRequest) -> Account:
    assert isinstance(request.user, Account)  # The guard lets nobody else through.
    return request.user


def _see_other(address: str) -> HttpResponseRedirect:
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response


sign_in = SignIn("login", forms.SignInForm, _sign_in, "bank/login.html", needs_session=False)
sign_out = Action("logout", forms.NoFields, _sign_out, acts_without_fields=True)
pay = PaymentLink("transfer", forms.TransferForm, _transfer)
transfer = Action("transfer", forms.TransferForm, _transfer, "bank/transfer.html", sensitive=True)
email = Action("change-email", forms.EmailForm, _change_email, "bank/email.html", sensitive=True)
password = Action(
    "change-password", forms.PasswordForm, _change_password, "bank/password.html", sensitive=True
)
upload_avatar = Action("upload-avatar", forms.AvatarForm, _upload_avatar, post_only=True)
api_transfer = Action(
    "transfer",
    forms.TransferForm,
    _transfer_by_script,
    post_only=True,
    json=True,
    sensitive=True,
)


def bad_request(request: BankRequest, exception: Exception) -> HttpResponse:
    """400: the request could not be read."""
    said = str(exception) if isinstance(exception, BadRequest) else ""
    message = said or "The request couldn’t be read. Nothing was changed."
    if request.path.startswith("/api/"):
        return JsonResponse({"error": message}, status=400)
    return refusal_page(request, 400, "That request is broken", message)


def not_found(request: BankRequest, exception: Exception) -> HttpResponse:
    """404: no such page."""
    return refusal_page(request, 404, "No such page", "The bank has no page at this address.")


def server_error(request: BankRequest) -> HttpResponse:
    """500, or 503 if the database is what failed. Plain: templates may be what broke."""
    status, message = 500, "Something broke inside the playground. Nothing was changed."
    if isinstance(sys.exception(), DatabaseError):
        status = 503
        message = "The playground can’t save anything now: its disk is full, or it’s too busy."
    if request.path.startswith("/api/"):
        return JsonResponse({"error": message}, status=status)
    return HttpResponse(message, status=status, content_type="text/plain")
