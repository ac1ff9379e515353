"""Why the runner stops before or while the playground runs."""

from __future__ import annotations


class SetupError(Exception):
    """Something has to be changed before the playground can start; the text says what."""


class PortInUse(SetupError):
    """Another program listens on a port that is needed."""


class ServiceDied(Exception):
    """A service ended, or never answered; the text says which."""


class Interrupted(Exception):
    """A signal asked the runner to stop."""
