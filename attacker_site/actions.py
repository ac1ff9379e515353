"""The bank's actions, as what an attack is aimed at."""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.actions import ACTIONS, MOST, Action
from csrf_proof.arsenal import Arsenal, AttackError, Shot


@dataclass(frozen=True, kw_only=True)
class AimedShot(Shot):
    """An attack aimed at one of these actions.

    `amount` is how much it takes where it takes money, `evil` the attacker's own domain.
    """

    action: Action
    evil: str
    amount: int = MOST


def check(arsenal: Arsenal) -> None:
    """Refuse attacks that cause what this bank doesn't do.

    Raises:
        AttackError: An attack names an action that isn't in `ACTIONS`.
    """
    for attack in arsenal.attacks.values():
        if not set(attack.actions) <= set(ACTIONS):
            raise AttackError(
                f"attacks/{attack.slug}/attack.toml: actions must be among {', '.join(ACTIONS)}."
            )
