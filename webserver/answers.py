"""What gunicorn itself answers, in the sites' own words: which limit was hit, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]

from webserver.limits import KB, Limits


@dataclass(frozen=True)
class Answer:
    """A small page that is the last answer on its connection."""

    status: int
    title: str
    sentence: str
    retry_after: int | None = None

    def __bytes__(self) -> bytes:
        page = (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            f"<title>{self.title}</title>\n<h1>{self.title}</h1>\n<p>{self.sentence}</p>\n</html>\n"
        ).encode()
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: text/html; charset=utf-8",
            f"Content-Length: {len(page)}",
            "Content-Security-Policy: default-src 'none'",
            "Cache-Control: no-store",
            "Connection: close",
        ]
        if self.retry_after is not None:
            lines.append(f"Retry-After: {self.retry_after}")
        return "\r\n".join([*lines, "", ""]).encode() + page


BROKEN = Answer(
    500,
    "Something broke",
    "That’s the playground’s mistake and not yours. Its terminal says more. Go back and try again.",
)
TOO_MUCH = Answer(
    503,
    "Too much at once",
    "More is being uploaded than this site holds at one time. Come back in a moment.",
    retry_after=1,
)
FULL = Answer(
    503,
    "Too many at once",
    "This site is busy with as many requests as it takes. Come back in a moment.",
    retry_after=1,
)
PLAIN_HTTP = Answer(
    400,
    "This is https",
    "The playground speaks https here: begin the address with https://",
)


def too_slow(limits: Limits) -> Answer:
    return Answer(
        408,
        "Too slow",
        f"A request’s head has to arrive within {limits.head_seconds:g} seconds, and its body "
        f"within {limits.body_seconds:g} more. This one didn’t, and nothing was done. Try again.",
    )


def unreadable(error: Exception, limits: Limits, cfg: Any) -> Answer:
    """Return the answer to a head that gunicorn's parser turned down."""
    match error:
        case errors.LimitRequestLine():
            return Answer(
                414,
                "Too long an address",
                f"The first line of a request, with its address, has at most "
                f"{cfg.limit_request_line} characters here. Shorten the address and try again.",
            )
        case errors.LimitRequestHeaders():
            return Answer(
                431,
                "Too much in the headers",
                f"A request has at most {cfg.limit_request_fields} headers, of at most "
                f"{cfg.limit_request_field_size // KB} KB each and {limits.head_bytes // KB} KB "
                "together. If it’s cookies, delete this site’s cookies and load the page again.",
            )
        case errors.UnsupportedTransferCoding():
            return Answer(
                501,
                "Unknown encoding",
                "The body is encoded in a way that isn’t understood here. Send it as it is, with a "
                "Content-Length.",
            )
        case errors.ExpectationFailed():
            return Answer(
                417,
                "Unknown expectation",
                "The only Expect that is understood here is 100-continue. Leave the header out.",
            )
        case errors.InvalidHTTPVersion():
            return Answer(505, "Unknown version", "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        case _:
            return Answer(
                400,
                "Not a valid request",
                "This isn’t a request as HTTP defines it, so no page has seen it. "
                "Correct its first line or its headers and try again.",
            )
