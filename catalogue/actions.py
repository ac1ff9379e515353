"""What an attacker wants from the bank: the actions, their addresses and the forged values."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 100


@dataclass(frozen=True)
class Action:
    """One state-changing operation of the bank, with the values that the attacker sends.

    `label` is the action in a list; `effect` completes "the request asks the bank to …".
    """

    name: str
    path: str
    label: str
    effect: str
    values: tuple[tuple[str, str], ...] = ()

    def fields(self, amount: int, evil: str) -> dict[str, str]:
        """Return the fields to send, with the amount and the attacker's own domain filled in."""
        return {name: value.format(amount=amount, evil=evil) for name, value in self.values}


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "login",
            "/login",
            "sign in",
            "sign the visitor in to mallory’s account",
            (("username", "mallory"), ("password", "mischief")),
        ),
        Action("logout", "/logout", "sign out", "sign alice out"),
        Action(
            "transfer",
            "/transfer",
            "transfer money",
            "move {amount} from alice’s account to mallory’s",
            (("to", "mallory"), ("amount", "{amount}")),
        ),
        Action(
            "change-email",
            "/email",
            "change the e-mail address",
            "change alice’s e-mail address to mallory@{evil}",
            (("email", "mallory@{evil}"),),
        ),
        Action(
            "change-password",
            "/password",
            "change the password",
            "change alice’s password to one that mallory knows",
            (("new_password", "mischief"),),
        ),
        Action("upload-avatar", "/avatar", "change the picture", "change alice’s picture"),
        Action(
            "connect-account",
            "/lighthouse/connect",
            "connect an outside identity",
            "connect mallory’s identity at Lighthouse to alice’s account",
        ),
        Action(
            "branch-payment",
            "/branch",
            "make a payment at the branch",
            "move {amount} from alice’s account to mallory’s",
            (("account", "alice"), ("to", "mallory"), ("amount", "{amount}")),
        ),
        Action("statement", "/statement/feed", "read the statement", "send alice’s statement here"),
    )
}
