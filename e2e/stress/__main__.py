"""Run the stress: `python -m e2e.stress` takes about seven minutes.

Exit status 1 if an acknowledged transfer was lost, if an honest request wasn't answered, or if
anything ended in a traceback or a 500.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from e2e.stress import (
    clock,
    feeds,
    floods,
    full_disk,
    kills,
    malformed,
    room,
    slow,
    transfers,
    workbench,
)
from e2e.stress.report import Result
from e2e.stress.stand import Stand, StandError

# Each with a share of its whole size: 1 is all of it.
Kind = Callable[[Stand, float], list[Result]]


def kinds(seed: int) -> dict[str, Kind]:
    """Return the kinds that share a playground, in their order, by name."""
    return {
        "slow-heads": slow.heads,
        "slow-bodies": slow.bodies,
        "never-reading": slow.readers,
        "feeds": feeds.run,
        "floods": partial(floods.run, seed=seed),
        "malformed": partial(malformed.run, seed=seed),
        "workbench": partial(workbench.run, seed=seed),
        "transfers": transfers.run,
        "kills": kills.run,
    }


def own(seed: int) -> dict[str, Callable[[Path, float], list[Result]]]:
    """Return those that need a playground of their own, in a folder."""
    return {
        "full-disk": full_disk.run,
        "clock": clock.run,
        "room": partial(room.run, seed=seed),
    }


# The share that is in `make test`.
SHORT = 0.01


def results(names: Iterable[str], scale: float, seed: int) -> Iterator[Result]:
    """Run kinds of stress, and yield a line for each of their sites as soon as it's known."""
    wanted = list(names)
    shared = {name: kind for name, kind in kinds(seed).items() if name in wanted}
    with tempfile.TemporaryDirectory(prefix="csrf-stress-") as folder:
        if shared:
            with Stand(Path(folder)) as stand:
                for name, kind in shared.items():
                    _show(f"{name} …")
                    found = kind(stand, scale)
                    found[0].faults += [f"traceback: {text}" for text in stand.tracebacks()[:3]]
                    yield from found
        for name, alone in own(seed).items():
            if name in wanted:
                _show(f"{name} …")
                its = Path(folder, name)
                its.mkdir()
                yield from alone(its, scale)


def _show(text: str) -> None:
    """Say what is under way, on a terminal only; the next line overwrites it."""
    if sys.stdout.isatty():
        print(f"\x1b[K{text}", end="\r", flush=True)


def main() -> int:
    names = [*kinds(0), *own(0)]
    parser = argparse.ArgumentParser(prog="python -m e2e.stress", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(names)}")
    parser.add_argument("--seed", type=int, help="of an earlier run, to repeat its requests")
    parser.add_argument("--short", action="store_true", help="a hundredth of it")
    given = parser.parse_args()
    if unknown := set(given.kinds) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    begin = time.monotonic()
    passed = True
    try:
        for result in results(given.kinds or names, SHORT if given.short else 1.0, seed):
            _show("")
            print(result, flush=True)
            passed = passed and result.passed
    except StandError as error:
        print(error)
        passed = False
    verdict = "nothing lost, nothing hung, no traceback" if passed else "FAILED"
    print(f"{verdict}; {time.monotonic() - begin:.0f} s with seed {seed}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
