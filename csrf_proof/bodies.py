"""The fields in a request's body, by its type."""

from __future__ import annotations

import email
import json
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from typing import Any, cast
from urllib.parse import parse_qsl

from csrf_proof.arsenal import FORM_TYPE

JSON_TYPE, MULTIPART_TYPE = "application/json", "multipart/form-data"
TEXT_TYPE = "text/plain"
_BOUNDARY = "csrf-proof"
IN_PARTS = f"{MULTIPART_TYPE}; boundary={_BOUNDARY}"


def fields_of(content_type: str, body: str) -> dict[str, Any]:
    """Return the fields of a body, without files; none if it can't be read."""
    kind = content_type.partition(";")[0]
    if kind == FORM_TYPE:
        return dict(parse_qsl(body, keep_blank_values=True))
    if kind == MULTIPART_TYPE:
        message = email.message_from_string(f"Content-Type: {content_type}\n\n{body}")
        parts = message.get_payload() if message.is_multipart() else []
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload()
            for part in cast("list[Message]", parts)
            if not part.get_filename()
        }
    if kind == JSON_TYPE:
        with suppress(ValueError):
            said = json.loads(body)
            return said if isinstance(said, dict) else {}
    return {}


def in_parts(fields: Mapping[str, Any]) -> bytes:
    """Return a body of type `IN_PARTS` with these fields."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{said}\r\n'
        for name, said in fields.items()
    ]
    return "".join([*parts, f"--{_BOUNDARY}--\r\n"]).encode()
