"""A payment note is shown as markup, scripts included.

## What the bank does

Whoever asks for money may send a link with a note in it, and the bank puts that note into the page
as it came. This is cross-site scripting (XSS).

## What it breaks

Every defense against forged requests: a script inside the bank reads the token, sends the headers,
and has the bank's own origin (`injected-script-post`). What asks for something that the page does
not know, as `reauthentication` does for the password, still holds where it asks.

## Mended by

Escaping, which templates do by themselves unless they are told not to. A content policy that runs
the bank's own script files alone (`content-policy`) is a second net.

## Sources

- OWASP Cross Site Scripting Prevention Cheat Sheet
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, its warning on XSS
"""

from __future__ import annotations

from victim_site.bank.weakness import Weakness


class ScriptInjection(Weakness):
    settles = "how a payment note is shown"
    menu = ("/pay?to=mallory&amount=20&note=For+%3Cb%3Elunch%3C%2Fb%3E", "A payment request")

    def note(self, text: str) -> str | None:
        return text
