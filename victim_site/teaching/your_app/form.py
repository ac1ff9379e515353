"""What the visitor says of an application, and what csrf-proof is then told."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from csrf_proof.address import WrongUse, address

_LONGEST = 300


def _text(label: str, help_text: str = "", example: str = "") -> forms.CharField:
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
        label="Address of the form",
        help_text="On this machine. Attacks change what it saves, so use a test account.",
        widget=forms.TextInput(
            {"placeholder": "http://127.0.0.1:5055/email", "inputmode": "url", "size": 40}
        ),
        error_messages={"required": "Say where the form is."},
        max_length=_LONGEST,
    )
    sign_in = _text("Sign-in page", "Leave it empty if nobody has to sign in.", "/login")
    user = _text("Name", example="alice")
    password = forms.CharField(
        label="Password",
        help_text="It isn’t kept.",
        widget=forms.PasswordInput({"autocomplete": "off"}),
        required=False,
        strip=False,
        max_length=_LONGEST,
    )
    field = _text("Field to change", "If it isn’t the first text field.", "email")
    state = _text("Page that shows what was saved", "If it isn’t found.", "/account")
    full = forms.BooleanField(
        label="Every attack, in every browser",
        help_text="Otherwise the eight most telling ones, in Chromium.",
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
