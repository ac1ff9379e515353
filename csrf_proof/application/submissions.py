"""The forms that somebody sends in a browser, and the action that they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext

from csrf_proof.address import WrongUse, target_of
from csrf_proof.application.forms import TEXT_TYPES
from csrf_proof.application.known import Known

_BINDING = "csrfProofSends"
# What is typed into a field for a password is never told. A script may send the form instead of the
# browser, and the page may be gone right after, so it's told before anything else is.
_TELL = f"""(() => {{
const changed = (one) =>
    ["checkbox", "radio"].includes(one.type) ? !one.defaultChecked
    : one.options ? [...one.options].some((each) => each.selected !== each.defaultSelected)
    : one.type !== "hidden" && one.value !== one.defaultValue;
addEventListener("submit", ({{ target: form, submitter }}) => {_BINDING}({{
    page: location.href,
    method: (submitter?.getAttribute("formmethod") || form.method).toUpperCase(),
    fields: [...form.elements].filter((one) => one.name && one.type !== "submit")
        .filter((one) => !["checkbox", "radio"].includes(one.type) || one.checked)
        .map((one) => ({{
            name: one.name,
            type: one.type,
            value: one.type === "password" ? "" : one.value,
            filled: one.type === "password" ? one.value !== "" : changed(one),
        }})),
}}), true);
}})()"""


@dataclass(frozen=True)
class Submission:
    """A form that was sent from an address. `filled` are the fields that the visitor changed, with
    their values, those of passwords empty; `texts` the names of those that hold text."""

    page: str
    method: str
    filled: Mapping[str, str]
    texts: Sequence[str]
    password: str | None

    @property
    def path(self) -> str:
        return target_of(self.page)


def note(context: BrowserContext) -> list[Submission]:
    """Return a list that grows with every form that is sent in a context."""
    noted: list[Submission] = []
    context.expose_binding(_BINDING, lambda _, said: noted.append(_submission(said)))
    context.add_init_script(_TELL)
    return noted


def _submission(said: Mapping[str, Any]) -> Submission:
    filled = [each for each in said["fields"] if each["filled"]]
    return Submission(
        said["page"],
        said["method"],
        {each["name"]: each["value"] for each in filled},
        [each["name"] for each in filled if each["type"] in TEXT_TYPES],
        next((each["name"] for each in filled if each["type"] == "password"), None),
    )


def described(noted: Sequence[Submission]) -> Known:
    """Return what the forms say: the last one with a text that was changed is the action, rather by
    POST; and one before it with a password is how to sign in.

    Raises:
        WrongUse: There is no form, or one that can't be described.
    """
    if not noted:
        raise WrongUse(
            "No form was sent. If a script sends something, describe the action in Python: "
            "csrf-proof init --pytest."
        )
    fit = [each for each in noted if each.texts and not each.password]
    posted = [each for each in fit if each.method == "POST"]
    if not fit:
        last = noted[-1]
        lacks = (
            "takes a password, which isn't written into a file. If that was to sign in, do "
            "afterwards what is to be attacked; else"
            if last.password
            else "had no text that was changed, so nothing would show what it did. Change one, or"
        )
        raise WrongUse(
            f"The last form, at {last.path}, {lacks} describe the action in Python: "
            "csrf-proof init --pytest."
        )
    action = (posted or fit)[-1]
    before = noted[: noted.index(action)]
    sign_in = next((each for each in reversed(before) if each.password), None)
    changes, *_ = action.texts
    return Known(
        url=urlsplit(action.page)._replace(fragment="").geturl(),
        changes=changes,
        fields={name: said for name, said in action.filled.items() if name != changes},
        sign_in=sign_in.path if sign_in else None,
        as_=sign_in.filled[sign_in.texts[0]] if sign_in and sign_in.texts else "",
    )
