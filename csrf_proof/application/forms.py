"""The forms of a page: which one acts, which of its fields changes, and how to send it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Page

from csrf_proof.address import WrongUse, target_of

# What may be in a field for text, by its type.
_EXAMPLES = {
    "text": "text",
    "textarea": "text",
    "search": "text",
    "email": "someone@example.org",
    "number": "1",
    "tel": "1",
    "url": "http://example.org/",
}
TEXT_TYPES = frozenset(_EXAMPLES)
# A form with fewer fields for text, and one for a password, signs in.
_DETAILS = 2
_SIGN_IN = r"(sign|log)[ -]?(in|on)|continue|next"
# A field that is called "action" or "method" hides the form's own property of that name.
_READ = """() => {
const own = (form, name) =>
    Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, name).get.call(form);
return [...document.forms].map((form, index) => ({
    index,
    method: own(form, "method").toUpperCase(),
    target: own(form, "action"),
    fields: [...own(form, "elements")].filter((one) => one.name && one.type !== "submit").map(
        (one) => ({
            name: one.name,
            type: one.type,
            value: one.value,
            required: one.required ?? false,
            open: !one.readOnly && !one.disabled && one.checkVisibility(),
        })),
}));
}"""
# Without showing the page, which takes a browser much longer.
_FETCH = """async ([address, name]) => {
    const answer = await fetch(address, { headers: { accept: "text/html" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fields = [...page.forms].flatMap((form) => [...form.elements]);
    return fields.find((one) => one.name === name && one.type !== "submit")?.value ?? null;
}"""
_SEND_FORM = """([method, action, enctype, fields]) => {
    const form = document.createElement("form");
    Object.assign(form, { method, action, enctype });
    for (const [name, value] of Object.entries(fields)) {
        const input = Object.assign(document.createElement("input"), { type: "hidden" });
        input.setAttribute("name", name);
        input.value = value;
        form.append(input);
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
}"""
_FIELD = """([index, name, value]) => {
    const found = document.forms[index].elements.namedItem(name);
    if (!(found instanceof RadioNodeList)) return found;
    return [...found].find((one) => one.value === value) ?? found[0];
}"""
_BUTTON = """([index, text]) => {
    const buttons = [...document.forms[index].elements].filter((one) =>
        ["submit", "image"].includes(one.type) && !one.disabled && one.checkVisibility());
    const says = (one) => new RegExp(text, "i").test(one.innerText || one.value || one.alt);
    return buttons.find(says) ?? buttons[0];
}"""


# Past a framework that has put a setter of its own in the way.
_TYPE = """(one, value) => {
    const there = Object.getPrototypeOf(one);
    Object.getOwnPropertyDescriptor(there, "value").set.call(one, value);
    for (const type of ["input", "change"])
        one.dispatchEvent(new Event(type, { bubbles: true }));
}"""


@dataclass(frozen=True)
class Field:
    """A field of a form: `type` as scripts see it; `open` if a visitor can fill it in."""

    name: str
    type: str
    value: str
    required: bool
    open: bool

    @property
    def is_text(self) -> bool:
        return self.open and self.type in TEXT_TYPES

    @property
    def example(self) -> str:
        """A text that it takes."""
        return self.value or _EXAMPLES.get(self.type, "text")


@dataclass(frozen=True)
class Form:
    """A form of a page: its place among them, the path and query that it sends to, its fields."""

    index: int
    method: str
    target: str
    fields: Sequence[Field]

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.fields}

    @property
    def password(self) -> Field | None:
        return next((each for each in self.fields if each.open and each.type == "password"), None)

    @property
    def needs_password(self) -> bool:
        """Whether it signs in, or wants the password once more. Someone's details, with a field for
        a new password, don't."""
        password = self.password
        texts = [each for each in self.fields if each.is_text]
        return password is not None and (password.required or len(texts) < _DETAILS)

    def text_field(self, apart_from: Mapping[str, str] = {}, user: str = "") -> Field | None:
        """Return the first field for text that isn't one of these, and isn't a user's name."""
        texts = (f for f in self.fields if f.is_text and f.name not in apart_from)
        return next((f for f in texts if not user or f.value != user), None)


def forms_of(page: Page) -> list[Form]:
    return [
        Form(
            form["index"],
            form["method"],
            _target(form["target"]),
            [Field(**each) for each in form["fields"]],
        )
        for form in page.evaluate(_READ)
    ]


def all_fields(page: Page) -> list[Field]:
    """Return the fields of all forms of a page."""
    return [each for form in forms_of(page) for each in form.fields]


def _target(address: str) -> str:
    try:
        return target_of(address)
    except ValueError:  # It isn't a valid address.
        return ""


def fields_for(page: Page, target: str, names: Collection[str]) -> list[Field]:
    """Return the fields of all forms of a page, last those of the form that would send such a
    request: each may have a token of its own, under the same name."""

    def likeness(form: Form) -> tuple[bool, int]:
        return form.target == target, len(form.names.intersection(names))

    return [each for form in sorted(forms_of(page), key=likeness) for each in form.fields]


def hidden(fields: Iterable[Field]) -> dict[str, str]:
    """Return what is in those fields that are hidden, by name."""
    return {each.name: each.value for each in fields if each.type == "hidden"}


def value_at(page: Page, address: str, name: str) -> str | None:
    """Return what is in a field of another page of the application that this one is of, or None if
    it can't be told without opening it."""
    try:
        said: str | None = page.evaluate(_FETCH, [address, name])
    except Error:  # A policy of this page, or there is none yet.
        return None
    return said


def choose(
    forms: Sequence[Form],
    at: str,
    fields: Mapping[str, str],
    changes: str | None,
    user: str = "",
) -> tuple[Form, Field]:
    """Return the form that acts, and the field that gets another value.

    `at` is the path of the page, `fields` what others are to hold, `changes` the name of the field,
    if it's known. `user` is who is signed in: who gets another name can't sign in again.

    Raises:
        WrongUse: No form has the fields that were named, or it takes more than is known.
    """
    named = {*fields, *([changes] if changes else [])}
    fitting = [form for form in forms if named <= form.names]
    if not forms:
        raise WrongUse(
            f"There is no form at {at}. If a script sends something there, say how: "
            "--method POST --field NAME, or write the action down in Python: "
            "csrf-proof init --pytest."
        )
    if not fitting:
        there = ", ".join(sorted({name for form in forms for name in form.names}))
        raise WrongUse(
            f"No form at {at} has the fields {', '.join(sorted(named))}. There are: {there}."
        )
    form = min(fitting, key=lambda form: (form.text_field() is None, form.method != "POST"))
    password = form.password
    if password and password.name not in fields and form.needs_password:
        raise WrongUse(
            f"The form at {at} asks for a password. To sign in first: --sign-in PATH --as NAME. "
            f"To send one with the form: --field {password.name}=…"
        )
    value = next((f for f in form.fields if f.name == changes), None)
    value = value or form.text_field(fields, user)
    if value is None:
        raise WrongUse(
            f"The form at {at} has no field for text that could be changed. Name another with "
            "--field NAME, or write the action down in Python: csrf-proof init --pytest."
        )
    return form, value


def fill(page: Page, form: Form, values: Mapping[str, str], *, by_script: bool = False) -> None:
    """Fill in a form: these fields, and others that must not be empty."""
    for each in form.fields:
        if each.name in values:
            _set(page, form, each, values[each.name], by_script)
        elif each.is_text and each.required and not each.value:
            _set(page, form, each, each.example, by_script)


def _set(page: Page, form: Form, each: Field, value: str, by_script: bool) -> None:
    found = page.evaluate_handle(_FIELD, [form.index, each.name, value]).as_element()
    assert found, f"The form has no field {each.name} any more."
    if each.type in {"checkbox", "radio"}:
        found.check()
    elif each.type.startswith("select"):
        found.select_option(value)
    elif (each.is_text or each.type == "password") and by_script:
        found.evaluate(_TYPE, value)
    elif each.is_text or each.type == "password":
        found.fill(value)
    else:
        found.evaluate("(one, value) => { one.value = value; }", value)


def send(page: Page, form: Form, *, signs_in: bool = False, by_script: bool = False) -> None:
    """Send a form as a visitor does: with its button or, if it has none, the Enter key."""
    text = _SIGN_IN if signs_in else ""
    button = page.evaluate_handle(_BUTTON, [form.index, text]).as_element()
    if button and by_script:
        button.evaluate("(one) => one.click()")
        return
    if button:
        button.click()
        return
    first = form.text_field() or form.password
    assert first, "The form has neither a button nor a field for text."
    field = page.evaluate_handle(_FIELD, [form.index, first.name, ""]).as_element()
    assert field
    field.press("Enter")


def submit(page: Page, method: str, action: str, enctype: str, fields: Mapping[str, Any]) -> None:
    """Send fields by a form that the page doesn't have."""
    page.evaluate(_SEND_FORM, [method, action, enctype, fields])
