"""The fields of each action, and how the bank validates them."""

from __future__ import annotations

from django import forms

LARGEST_AMOUNT = 1_000_000
LARGEST_AVATAR = 256 * 1024
# The first bytes of the picture types that every browser shows.
PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class SignInForm(forms.Form):
    username = forms.CharField(max_length=20)
    password = forms.CharField(max_length=100, strip=False)


class NoFields(forms.Form):
    """For an act that takes nothing, such as signing out."""


class TransferForm(forms.Form):
    to = forms.CharField(max_length=20)
    amount = forms.IntegerField(
        min_value=1,
        max_value=LARGEST_AMOUNT,
        error_messages={
            "invalid": "The amount must be a whole number.",
            "min_value": "The amount must be at least 1.",
            "max_value": f"The amount must be at most {LARGEST_AMOUNT}.",
        },
    )


class EmailForm(forms.Form):
    email = forms.EmailField(max_length=200)


class PasswordForm(forms.Form):
    new_password = forms.CharField(max_length=100, strip=False)


class AvatarForm(forms.Form):
    avatar = forms.FileField(error_messages={"required": "The picture is missing."})

    def clean_avatar(self) -> tuple[str, bytes]:
        """Return the picture's type and bytes; the type comes from the bytes."""
        upload = self.cleaned_data["avatar"]
        if upload.size > LARGEST_AVATAR:
            raise forms.ValidationError(
                f"The picture must be at most {LARGEST_AVATAR // 1024} KB large."
            )
        content = upload.read()
        for signature, content_type in PICTURES.items():
            if content.startswith(signature):
                return content_type, content
        raise forms.ValidationError("The picture must be a PNG, a JPEG or a GIF.")
