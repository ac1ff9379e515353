"""Cross-site request forgery, tried in real browsers: launch an attack, observe it, judge it.

The engine of the CSRF Playground. It doesn't depend on a framework, an application or a test runner
next to `csrf_proof.plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from csrf_proof.application.action import Action as Action
    from csrf_proof.plugin import attacks as attacks

__all__ = ["Action", "attacks"]


def __getattr__(name: str) -> Any:
    """Import what a test needs when it asks for it: pytest isn't there in a playground."""
    if name == "Action":
        from csrf_proof.application.action import Action

        return Action
    if name == "attacks":
        from csrf_proof.plugin import attacks

        return attacks
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
