"""What a kind of stress found out: one line on the screen."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Result:
    """One kind against one site.

    `answered` counts what got an answer or was closed. `lost` are acknowledged transfers without a
    row, and rows that are there twice. Each fault is a sentence and fails the run.
    """

    kind: str
    site: str
    tried: int
    answered: int
    seconds: float
    lost: int = 0
    note: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.lost and not self.faults

    def __str__(self) -> str:
        line = (
            f"{self.kind:20} {self.site:9} tried {self.tried:>7,}, answered {self.answered:>7,}, "
            f"lost {self.lost}, {self.seconds:5.1f} s"
        )
        lines = [line + (f"   {self.note}" if self.note else "")]
        return "\n".join([*lines, *(f"    FAULT: {fault}" for fault in self.faults)])


def counted(counts: dict[str, int]) -> str:
    """Return counts as text, the most frequent first: "408 × 90, closed × 6"."""
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} × {count:,}" for name, count in ordered)
