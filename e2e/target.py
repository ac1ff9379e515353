"""A lab as the target of a trial: how alice signs in, and what an attack would change there."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext

from csrf_proof.arsenal import SIGN_IN, Attack
from csrf_proof.trial import Look, Record
from e2e.bank import Lab, browser_cookies, sign_in_by_hand


class LabTarget:
    """One lab under one attack. What counts in its state depends on what the attack is after."""

    def __init__(self, lab: Lab, attack: Attack) -> None:
        self.url = lab.url
        self.site = lab.host.partition(".")[2]
        self._lab = lab
        self._attack = attack
        self._cookies: list[str] = []
        self._last: int | None = None

    def sign_in(self, context: BrowserContext, *, by_hand: bool) -> None:
        if by_hand:
            sign_in_by_hand(context, self._lab)
            return
        self._cookies = self._lab.sign_in()
        context.add_cookies(browser_cookies(self._cookies, self._lab.host))

    def look(self) -> Look:
        """Read `/api/labs/<lab>`: its state, and its attempts of the attack's action so far."""
        state = self._lab.state()
        attempts = state["attempts"]
        if self._last is None:
            self._last = attempts[-1]["id"] if attempts else 0
        records = [
            Record(a["kind"], a["reason"], tuple(said["reason"] for said in a["verdicts"]))
            for a in attempts
            if a["id"] > self._last and a["action"] == self._attack.action
        ]
        return Look(self._of_interest(state["accounts"], attempts), tuple(records))

    def _of_interest(
        self, accounts: dict[str, Any], attempts: list[dict[str, Any]]
    ) -> dict[str, Any]:
        action = self._attack.action
        # The attacker's server signs mallory in at will. A sign-in is forged once its cookie comes.
        del accounts["mallory"]["sessions"]
        if action == SIGN_IN:
            accounts["confirmed"] = [a["id"] for a in attempts if a["confirmed"]]
        if action == "upload-avatar":
            accounts["picture"] = self._lab.has_picture(self._cookies)
        if action == "statement":
            accounts["read"] = bool(self._lab.loot(self._attack.slug))
        return accounts
