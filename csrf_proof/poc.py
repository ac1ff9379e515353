"""A page that sends somebody's request from another site, and why that works or doesn't."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, PackageLoader

from csrf_proof.address import address
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.bodies import JSON_TYPE, MULTIPART_TYPE, TEXT_TYPE, fields_of
from csrf_proof.pasted import Pasted

# Headers that a browser sets by itself, or that a page may set without asking (Fetch, "CORS-
# safelisted request-header" and "forbidden request-header").
_OF_BROWSERS = re.compile(
    r"accept|accept-(language|encoding)|content-(language|length|type)|host|origin|referer|cookie"
    r"|user-agent|connection|upgrade-insecure-requests|te|dnt|priority|pragma|cache-control|sec-.+"
)
_TOKEN = re.compile(r"csrf|xsrf|token|nonce|authenticity", re.IGNORECASE)
# How the page sends it.
LINK, FORM, SCRIPT = "link", "form", "script"
_ASKS = "to another site (a preflight): the page works only if the application allows that."


@dataclass(frozen=True)
class Poc:
    """The page, and sentences about when it works."""

    page: str
    sentences: Sequence[str]


def make(pasted: Pasted) -> Poc:
    """Return a page that sends the request as far as another site can.

    Raises:
        WrongUse: It goes to another machine.
    """
    address(pasted.url)
    way, why = _way(pasted)
    fields, enctype = _fields(pasted)
    headers = {n: said for n, said in pasted.headers.items() if not _OF_BROWSERS.fullmatch(n)}
    if way == SCRIPT and pasted.content_type:
        headers["content-type"] = pasted.headers["content-type"]
    pages = Environment(loader=PackageLoader("csrf_proof", "."), autoescape=True)
    page = pages.get_template("poc.html").render(
        way=way,
        url=pasted.url,
        method=pasted.method,
        fields=fields,
        enctype=enctype,
        headers=headers,
        body=pasted.body,
    )
    return Poc(page, [why, _about_cookies(pasted), *_about_tokens(pasted, fields)])


def _way(pasted: Pasted) -> tuple[str, str]:
    """Return how the page sends it, and a sentence about that."""
    own = [name for name in pasted.headers if not _OF_BROWSERS.fullmatch(name)]
    if pasted.method not in {"GET", "HEAD", "POST"}:
        return SCRIPT, f"A browser asks before it sends {pasted.method} {_ASKS}"
    if own:
        return SCRIPT, f"A browser asks before it sends the header {own[0]} {_ASKS}"
    if pasted.method == "HEAD":
        return SCRIPT, "A script sends a HEAD, and the browser doesn't ask anybody."
    if pasted.method == "GET":
        return LINK, "Any link, image or redirect sends a GET."
    if pasted.content_type in {FORM_TYPE, MULTIPART_TYPE, TEXT_TYPE, ""}:
        return FORM, "A form that submits itself sends this, and the browser doesn't ask anybody."
    if pasted.content_type == JSON_TYPE:
        return FORM, (
            "No form sends application/json. This one sends the same text as text/plain, which "
            "works if the application doesn't look at the Content-Type."
        )
    return SCRIPT, f"A browser asks before it sends {pasted.content_type} {_ASKS}"


def _fields(pasted: Pasted) -> tuple[dict[str, Any], str]:
    """Return the fields of a form that sends the body, and its enctype."""
    kind = pasted.content_type or FORM_TYPE
    if kind in {JSON_TYPE, TEXT_TYPE}:
        return _as_text(pasted.body), TEXT_TYPE
    if pasted.form:
        return dict(pasted.form), MULTIPART_TYPE
    return fields_of(pasted.headers.get("content-type", kind), pasted.body), kind


def _as_text(body: str) -> dict[str, str]:
    """Return the field of a form of plain text, which is sent as name=value: somewhere in the text
    there has to be an equals sign."""
    if "=" in body:
        name, _, value = body.partition("=")
        return {name: value}
    if body.rstrip().endswith("}") and body.strip() != "{}":
        return {f'{body.rstrip()[:-1]}, "ignored": "': '"}'}
    return {body: ""}


def _about_cookies(pasted: Pasted) -> str:
    if "authorization" in pasted.headers:
        return (
            "It carries an Authorization header. A browser adds one by itself only after Basic or "
            "Digest authentication; otherwise another page doesn't know it."
        )
    if "cookie" not in pasted.headers:
        return (
            "It has no cookie. If the application needs none, anybody can send it, and a browser "
            "is of use only where the application believes everybody in its own network."
        )
    names = [part.partition("=")[0].strip() for part in pasted.headers["cookie"].split(";")]
    return (
        f"It has the cookie {' and '.join(filter(None, names))}. Whether a browser sends that from "
        "another site depends on its SameSite: csrf-proof with the address of the form finds out."
    )


def _about_tokens(pasted: Pasted, fields: dict[str, Any]) -> list[str]:
    names = [*dict(parse_qsl(urlsplit(pasted.url).query)), *fields]
    says = (
        "looks like a token. If the application checks it, the page works only for whom that value "
        "was made, and as long as it's good."
    )
    return [f"{name} {says}" for name in names if _TOKEN.search(name)]
