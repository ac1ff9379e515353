"""A payment note is inserted as markup, scripts included."""

from __future__ import annotations

from victim_site.bank.weakness import Weakness


class ScriptInjection(Weakness):
    settles = "how a payment note is shown"
    menu = ("/pay?to=mallory&amount=20&note=For+%3Cb%3Elunch%3C%2Fb%3E", "A payment request")

    def note(self, text: str) -> str | None:
        return text
