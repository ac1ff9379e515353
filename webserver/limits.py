"""What one client may take of a site's time and memory. Each process counts for itself."""

from __future__ import annotations

from dataclasses import dataclass

KB = 1024
MB = 1024 * KB


@dataclass(frozen=True)
class Limits:
    """Seconds are totals: sending a byte now and then doesn't buy more time."""

    head_seconds: float = 10
    """From the first byte of a request to the end of its head, or of a TLS handshake."""
    body_seconds: float = 20
    send_seconds: float = 30
    """To read the whole answer."""
    closing_seconds: float = 2
    """For a client to close its side, after an answer that is the connection's last."""
    head_bytes: int = 128 * KB
    body_bytes: int = MB
    """A longer body isn't read at all. The sites refuse it by its Content-Length."""
    small_bytes: int = 16 * KB
    """What every connection can hold. Anything larger shares the next limit."""
    large_bytes: int = 32 * MB
    check_seconds: float = 0.5
    """How often deadlines are looked at."""
