"""A request as people keep it: a curl command, or its text as proxies save it."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote_plus, urlsplit

from csrf_proof.address import WrongUse
from csrf_proof.arsenal import FORM_TYPE

_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+)( HTTP/[\d.]+)?")

# What Chromium's “Copy as cURL” writes around special characters, and shlex doesn't know.
_ANSI_QUOTED = re.compile(r"\$'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True)
class Pasted:
    """A request. The names of `headers` are in lower case; `form` are the parts of a multipart body
    by name, where curl was told them one by one."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse(text: str) -> Pasted:
    """Return the request that a text describes.

    Raises:
        WrongUse: It's neither a curl command nor a request; the message says what's wrong, and in
            which line.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise WrongUse("There is nothing: give a curl command, or a request as a proxy saves it.")
    if re.match(r"(\$ *)?curl\b", text):
        return _curl(text.removeprefix("$").strip())
    return _raw(text)


def _raw(text: str) -> Pasted:
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    found = _REQUEST_LINE.fullmatch(first.strip())
    if not found:
        raise WrongUse(
            f"Line 1, {first.strip()[:60]!r}, is neither a curl command nor the first line of a "
            "request, such as: POST /email HTTP/1.1"
        )
    headers = {}
    for number, line in enumerate(lines, 2):
        name, colon, said = line.partition(":")
        if not colon or not re.fullmatch(r"[!-9;-~]+", name):
            raise WrongUse(
                f"Line {number}, {line[:60]!r}, isn't a header, such as: Host: 127.0.0.1:5055. "
                "Between the headers and the body there has to be an empty line."
            )
        headers[name.lower()] = said.strip()
    method, target = found[1], found[2]
    if target.startswith("/"):
        if "host" not in headers:
            raise WrongUse("There is no Host header, so nothing says where the request goes.")
        target = f"http://{headers['host']}{target}"
    return Pasted(method, target, headers, body)


def _unescaped(text: str) -> str:
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape")


class _Curl(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUse(f"The curl command can't be read: {message}.")


def _curl(text: str) -> Pasted:
    text = _ANSI_QUOTED.sub(lambda found: shlex.quote(_unescaped(found[1])), text)
    try:
        words = shlex.split(text.replace("\\\n", " "))[1:]
    except ValueError as error:
        raise WrongUse(f"The curl command can't be read: {error}.") from None
    parser = _Curl("curl", add_help=False, allow_abbrev=False)
    parser.add_argument("address", nargs="?")
    parser.add_argument("--url", dest="address")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-b", "--cookie")
    parser.add_argument("-A", "--user-agent")
    parser.add_argument("-e", "--referer")
    for kind in ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii"):
        parser.add_argument(kind, action="append", dest="data")
    parser.add_argument("--data-urlencode", action="append", dest="encoded")
    parser.add_argument("--json")
    parser.add_argument("-F", "--form", action="append", default=[])
    for flag in (("-I", "--head"), ("-G", "--get")):
        parser.add_argument(*flag, action="store_true")
    # What says nothing about the request.
    for flags in ("-k --insecure", "-s --silent", "-i --include", "-v --verbose", "-L --location"):
        parser.add_argument(*flags.split(), action="store_true")
    parser.add_argument("--compressed", action="store_true")
    said = parser.parse_args(words)
    if not said.address:
        raise WrongUse("The curl command has no address.")
    if (read := next((d for d in said.data or [] if d.startswith("@")), None)) is not None:
        raise WrongUse(f"The curl command reads {read[1:]}. Write what's in it in its place.")
    return _told(said)


def _told(said: argparse.Namespace) -> Pasted:
    headers = {}
    for line in said.header:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if said.cookie:
        headers["cookie"] = said.cookie
    encoded = [_encoded(each) for each in said.encoded or []]
    body = "&".join([*(said.data or []), *encoded])
    url = said.address if "://" in said.address else f"http://{said.address}"
    if said.get:
        url, body = f"{url}{'&' if urlsplit(url).query else '?'}{body}", ""
    form = dict(each.partition("=")[::2] for each in said.form)
    if any(part.startswith(("@", "<")) for part in form.values()):
        raise WrongUse("The curl command sends a file, which no form sends by itself.")
    if said.json is not None:
        body = said.json
        headers.setdefault("content-type", "application/json")
    elif form:
        headers.setdefault("content-type", "multipart/form-data")
    elif body:
        headers.setdefault("content-type", FORM_TYPE)
    method = "HEAD" if said.head else "POST" if body or form else "GET"
    return Pasted(said.request or method, url, headers, body, form)


def _encoded(said: str) -> str:
    name, equals, value = said.partition("=")
    return f"{name}={quote_plus(value)}" if equals and name else quote_plus(value or name)
