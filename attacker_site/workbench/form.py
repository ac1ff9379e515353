"""The form that a workbench takes, from a browser or from any other program.

Its fields are `responseFile`, `responseHead`, `responseBody` and `formAction`. What's in a body may
be any bytes, so they're read here; Flask would replace what isn't UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl

from flask import Request

from attacker_site.workbench.exploit import FILE, HEAD, Unusable
from attacker_site.workbench.store import Refused
from catalogue import visits
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN

# What a paste sends besides.
PASTED: Final = "pasted"
LAB: Final = "lab"
BROWSER: Final = "browser-"
CLICK: Final = "click"
STAY: Final = "stay"
FROM: Final = "from"
# The whole request, encoded. The server reads no more.
MOST_BYTES: Final = 1_000_000
MOST_FIELDS: Final = 20
Fields = dict[str, bytes]


class Action(StrEnum):
    """What a form asks for, after what's in it has been stored."""

    STORE = "STORE"
    VIEW = "VIEW_EXPLOIT"
    LOG = "ACCESS_LOG"
    DELIVER = "DELIVER_TO_VICTIM"


@dataclass(frozen=True)
class Written:
    """What somebody has written, unchecked. `body` is None where the form has none to store."""

    file: str = FILE
    head: str = HEAD
    body: bytes | None = None


def read(request: Request) -> Fields:
    """Return the fields of the form, as bytes.

    Raises:
        Refused: It's too large, or no form.
        Unusable: A field is given twice.
    """
    if (request.content_length or 0) > MOST_BYTES:
        raise Refused(
            413,
            "A store can send at most 1 MB (1,000,000 bytes, with the form’s own encoding). "
            "Nothing was stored. In your browser, go back: what you wrote is still there.",
        )
    if request.mimetype != FORM_TYPE:
        raise Refused(415, f"Send a form (Content-Type: {FORM_TYPE}).")
    body = request.get_data(cache=False).decode("latin-1")
    try:
        pairs = parse_qsl(
            body, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Refused(400, f"The form has more than {MOST_FIELDS} fields.") from None
    fields = {name: said.encode("latin-1") for name, said in pairs}
    if len(fields) != len(pairs):
        raise Unusable("A field of the form is given twice.")
    return fields


def action_of(fields: Fields) -> Action:
    """Return what the form asks for.

    Raises:
        Unusable: It's nothing that there is.
    """
    said = fields.get("formAction", b"").decode("utf-8", "replace")
    try:
        return Action(said)
    except ValueError:
        raise Unusable(f"formAction has to be one of {', '.join(Action)}.") from None


def checked_stay(said: str) -> int:
    """Return how many seconds alice stays at most; without a word, as long as usual.

    Raises:
        Refused: That isn't possible.
    """
    for seconds in (visits.STAY, visits.LONG_STAY):
        if said == str(seconds):
            return seconds
    if said:
        raise Refused(400, f"“stay” is {visits.STAY} or {visits.LONG_STAY} seconds.")
    return visits.STAY


def is_subdomain(said: str) -> bool:
    """Tell whether alice is to open the exploit at the lab's subdomain; without a word, she isn't.

    Raises:
        Refused: It's neither.
    """
    if said not in {"", SUBDOMAIN, CROSS_SITE}:
        raise Refused(400, f"“{FROM}” is {CROSS_SITE} or {SUBDOMAIN}.")
    return said == SUBDOMAIN


def written(fields: Fields) -> Written:
    """Return what the form has written."""
    head = text(fields, "responseHead", HEAD).replace("\r\n", "\n").rstrip("\n")
    return Written(text(fields, "responseFile", FILE), head, fields.get("responseBody"))


def text(fields: Fields, name: str, default: str = "") -> str:
    """Return a field as text."""
    said = fields.get(name)
    # What isn't UTF-8 becomes a sign that no check allows.
    return said.decode("utf-8", "replace") if said is not None else default
