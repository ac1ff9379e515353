"""A payment note is inserted as markup, except for scripts."""

from __future__ import annotations

import re

from victim_site.bank.weakness import Weakness

# Elements that run scripts, handlers, and addresses that are scripts. What is left does not run.
_SCRIPTS = re.compile(
    r"<\s*/?\s*(script|iframe|object|embed|base|meta|link|svg|math|style)\b[^>]*>?"
    r"|\bon[a-z]+\s*="
    r"|\bsrcdoc\s*="
    r"|j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:",
    re.IGNORECASE,
)


class MarkupInjection(Weakness):
    settles = "how a payment note is shown"
    menu = ("/pay?to=mallory&amount=20&note=For+%3Cb%3Elunch%3C%2Fb%3E", "A payment request")

    def note(self, text: str) -> str | None:
        # Browsers read over these inside an address, so `java<tab>script:` would run.
        text = re.sub(r"[\x00-\x1f]", " ", text)
        while (stripped := _SCRIPTS.sub("", text)) != text:
            text = stripped
        return text
