"""What no browser sends and any program can: bytes and lengths for tokens, cookies and headers."""

from __future__ import annotations

# As WSGI hands them over: one character for each byte.
ODD = {
    "empty": "",
    "blanks": " \t ",
    "20 KB": "x" * 20_000,
    "every high byte": "".join(map(chr, range(0x80, 0x100))),
    "every control character": "".join(map(chr, [*range(0x20), 0x7F])),
    "NUL": "a\0b",
    "half a UTF-8 sequence": "\xe2\x80",
    "half a surrogate pair in UTF-8": "\xed\xa0\x80",
    "other digits and blanks": "\u2000\u00a0\u0661".encode().decode("latin-1"),
    "markup": "<script>alert(1)</script>",
    "a broken address": "http://[",
    "a number": "0",
    "a format": "%s%n{0}",
}


def thousands_of_cookies(count: int = 5000) -> str:
    """Return a Cookie header of so many cookies, none of which the bank has set."""
    return "; ".join(f"c{number}=x" for number in range(count))
