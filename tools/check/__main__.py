"""Print the problems, or how much there is."""

from __future__ import annotations

import sys

from catalogue import fixes, lessons, matrix, missions, reviews
from tools.check import problems
from tools.check.printing import printed


def main() -> int:
    """Print the problems, or how much there is."""
    if printed(problems(), "problems in the catalogue"):
        return 1
    loaded = matrix.load()
    print(f"catalogue: {len(loaded.rows)} rows, {len(list(loaded.cells()))} cells, none missing")
    print(f"lessons: {len(lessons.read_all()[0])}, all of whose claims are cells")
    print(f"missions: {len(missions.read_all()[0])}, each with a solution that is a cell")
    print(f"fixes: {len(fixes.read_all()[0])}, each with a solution")
    print(f"reviews: {len(reviews.read_all()[0])}, each with what the engine did to its code")
    return 0


if __name__ == "__main__":
    sys.exit(main())
