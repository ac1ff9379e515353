"""What the visitor says of an application, and what csrf-proof is then told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from csrf_proof.address import WrongUse, address

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_LONGEST = 300


def _text(label: StrOrPromise, help_text: StrOrPromise = "", example: str = "") -> forms.CharField:
    widget = forms.TextInput({"placeholder": example, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(
        label=label, help_text=help_text, widget=widget, required=False, max_length=_LONGEST
    )


def why_not(url: str) -> str:
    """Return why nothing at an address is attacked, or nothing if it is."""
    try:
        address(url)
    except WrongUse as error:
        return str(error)
    return ""


class ApplicationForm(forms.Form):
    """The address is enough, if nobody has to sign in."""

    url = forms.CharField(
        label=gettext_lazy("Address of the form"),
        help_text=gettext_lazy(
            "On this machine. Attacks change what it saves, so use a test account."
        ),
        widget=forms.TextInput(
            {"placeholder": "http://127.0.0.1:5055/email", "inputmode": "url", "size": 40}
        ),
        error_messages={"required": gettext_lazy("Say where the form is.")},
        max_length=_LONGEST,
    )
    sign_in = _text(
        gettext_lazy("Sign-in page"),
        gettext_lazy("Leave it empty if nobody has to sign in."),
        "/login",
    )
    user = _text(gettext_lazy("Name"), example="alice")
    password = forms.CharField(
        label=gettext_lazy("Password"),
        help_text=gettext_lazy("It isn’t kept."),
        widget=forms.PasswordInput({"autocomplete": "off"}),
        required=False,
        strip=False,
        max_length=_LONGEST,
    )
    field = _text(
        gettext_lazy("Field to change"), gettext_lazy("If it isn’t the first text field."), "email"
    )
    state = _text(
        gettext_lazy("Page that shows what was saved"),
        gettext_lazy("If it isn’t found."),
        "/account",
    )
    full = forms.BooleanField(
        label=gettext_lazy("Every attack, in every browser"),
        help_text=gettext_lazy("Otherwise the eight most telling ones, in Chromium."),
        required=False,
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if sentence := why_not(url):
            raise ValidationError(sentence)
        return url

    @property
    def arguments(self) -> list[str]:
        """What csrf-proof is told, but for the password."""
        said = self.cleaned_data
        options = {
            "--sign-in": said["sign_in"],
            "--as": said["user"],
            "--field": said["field"],
            "--state": said["state"],
        }
        full = ["--full"] if said["full"] else []
        return [said["url"], *(f"{name}={text}" for name, text in options.items() if text), *full]
