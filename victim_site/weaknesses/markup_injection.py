"""A payment note is shown as markup, with the scripts taken out.

## What the bank does

Whoever asks for money may send a link with a note in it, and the note may be **bold**. So the bank
puts it into the page unescaped. Scripts are looked for and removed.

## What it breaks

Tokens: markup alone can carry the rest of the page away. A form with a text field that is never
closed swallows what follows, the hidden token included, and one click sends it off
(`dangling-markup`).

## Mended by

Escaping. A content policy that says where forms may go (`content-policy`) takes the prey away.

## Sources

- "Postcards from the post-XSS world", Michał Zalewski, 2011
- PortSwigger Web Security Academy, "Dangling markup injection"
"""

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
