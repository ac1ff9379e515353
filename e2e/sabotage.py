"""Prove that the tests can fail: take each defense away, and see its cells turn red.

`python -m e2e.sabotage` starts, for every folder in `victim_site/defenses`, the playground from a
temporary copy in which `defense.py` does nothing, and runs the cells of every lab that has the
defense with the real test: its column, and labs of several such as
naive-double-submit--host-prefix. What is left is the lab without it, so the cells that differ from
that lab's must turn red, and no others. A defense may have a test of its own besides (`ALSO`),
which must turn red too.

`python -m e2e.sabotage post-only …` tries the named ones, with a few cells of each; with
`--all-cells`, all of them.

Then the other way round: the sites stay as they are, one expectation is changed in a copy of
`matrix.toml`, and that cell alone must turn red.

Prints a line each and, last, how many were caught; the exit status is 1 unless that is all.

Limits: the profile `chromium` alone. A cell that was red before counts as turned red, so run
`make matrix` first.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from catalogue import matrix
from tools.copy import ROOT, copy_project

PROFILE = "chromium"
CELL_TEST = "e2e/test_matrix.py::test_cell"
DEFENSES = ROOT / "victim_site" / "defenses"
JOIN = "--"
# A test besides the cells, for what forged requests can't show.
ALSO = {
    "no-framing": "e2e/test_framing.py::test_under_no_framing_the_bank_does_not_show",
    "check-after-effect": "e2e/test_late.py::test_the_answer_is_a_refusal_and_the_money_is_gone",
}

EMPTY = '''"""Nothing: e2e.sabotage took this defense away."""

from victim_site.defenses.base import Defense


class Emptied(Defense):
    pass
'''

# Two wrong expectations, one each way, in a row that no other row is like: one cell each.
WRONG_ROW = ("fetch-post", "subdomain")
WRONG = {"post-only": "token-missing", "session-token": matrix.FORGED}

# Each trial has one browser, and two of them keep two cores busy.
AT_ONCE = 2
# In short: so many cells that must turn red, of different attacks, and as many that must not.
FEW = 2


class SabotageError(Exception):
    """The tests did not run to their end, which proves nothing; the text says why."""


@dataclass(frozen=True)
class Trial:
    """What was made wrong, and node ids: tests that ran, that should turn red, and that did."""

    name: str
    ran: set[str]
    due: set[str]
    red: list[str]

    @property
    def caught(self) -> bool:
        return bool(self.due) and set(self.red) == self.due

    def __str__(self) -> str:
        text = f"{self.name:<32} {len(self.ran):>3} run, {len(self.red):>3} turned red"
        if self.red:
            text += f", first {_short(self.red[0])}"
        if not self.due:
            text += "\n  NOT CAUGHT: it blocks nothing, and ALSO names no other test for it"
        elif not self.caught:
            text += f"\n  NOT CAUGHT: {len(self.due)} were due; these differ: "
            text += ", ".join(sorted(map(_short, self.due ^ set(self.red))))
        return text


def _short(node: str) -> str:
    """Return a cell's name, or another test's name and parameters."""
    if node.startswith(CELL_TEST):
        return node.removeprefix(f"{CELL_TEST}[").removesuffix("]")
    return node.rpartition("::")[2]


def defenses(folder: Path = DEFENSES) -> dict[str, Path]:
    """Return the file of every defense by slug, relative to the folder."""
    found = {
        path.parent.name.replace("_", "-"): path.relative_to(folder)
        for path in sorted(folder.rglob("defense.py"))
    }
    del found[matrix.CONTROL]
    return found


def column(defense: str, cells: Sequence[matrix.Cell]) -> list[matrix.Cell]:
    """Return the cells of all labs with one defense that have a test in the profile."""
    return [
        cell
        for cell in cells
        if cell.profile == PROFILE
        and defense in cell.defense.split(JOIN)
        and cell.outcome != matrix.NOT_APPLICABLE
    ]


def lab_without(defense: str, label: str) -> str:
    """Return what is left of a lab when one of its defenses is taken away."""
    left = [part for part in label.split(JOIN) if part != defense]
    named = [part for part in left if not part.startswith("with-")]
    return JOIN.join(left if named else [matrix.CONTROL, *left])


def differing(
    cells: Sequence[matrix.Cell],
    others: Sequence[matrix.Cell],
    counterpart: Callable[[str], str] = lambda label: label,
) -> set[str]:
    """Return, as node ids, the cells that expect something else than their counterparts.

    A counterpart is the same attack on the lab that `counterpart` names, among the others. They
    may lack ages: how old a cookie is matters only to one without SameSite. A cell that has none,
    since the matrix does not state that lab, expects nothing else.
    """
    expected = {
        (c.attack, c.position, c.defense, c.cookie_age): (c.outcome, c.reason, c.verdict)
        for c in others
    }

    def differs(cell: matrix.Cell) -> bool:
        here = (cell.attack, cell.position, counterpart(cell.defense))
        other = expected.get((*here, cell.cookie_age)) or expected.get((*here, "fresh"))
        return other is not None and other != (cell.outcome, cell.reason, cell.verdict)

    return {_node(cell) for cell in cells if differs(cell)}


def _node(cell: matrix.Cell) -> str:
    return f"{CELL_TEST}[{cell.name}]"


def few(cells: Sequence[matrix.Cell], due: set[str]) -> list[matrix.Cell]:
    """Return a few cells that are due to turn red, and a few that are not."""
    chosen: list[matrix.Cell] = []
    for is_due in (True, False):
        by_attack = {cell.attack: cell for cell in cells if (_node(cell) in due) == is_due}
        chosen += list(by_attack.values())[:FEW]
    return chosen


def run_tests(nodes: Sequence[str], *options: str, expectations: Path) -> dict[str, bool]:
    """Run tests against a playground of their own; return whether each passed, by node id.

    Raises:
        SabotageError: pytest did not get to the end, or a test could not begin.
    """
    options = (
        *options,
        *f"--all-cells --profile {PROFILE} -q --tb=no -rA -p no:cacheprovider".split(),
    )
    # With their addresses given, the tests would aim at a playground that nobody has sabotaged.
    # What another pytest, in which this may run, has left for its own workers goes too.
    ours = ("E2E_", "PYTEST_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *nodes, *options],
        cwd=ROOT,
        env={**env, "E2E_MATRIX": str(expectations), "VAR_DIR": str(expectations.parent / "var")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    passed = read_report(done.stdout)
    if done.returncode not in {0, 1} or not passed:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
        raise SabotageError(f"pytest ended with status {done.returncode}:\n{last}")
    return passed


def read_report(text: str) -> dict[str, bool]:
    """Return whether each test passed, by node id, from the lines that `pytest -rA` prints.

    Raises:
        SabotageError: A test could not begin, which doesn't count as a red cell.
    """
    lines = re.findall(
        r"^(PASSED|FAILED|ERROR) ([^\[\n]+?(?:\[.*?\])?)(?: - .*)?$", text, re.MULTILINE
    )
    for word, rest in lines:
        if word == "ERROR":
            raise SabotageError(f"A test could not begin: {rest}")
    return {node: word == "PASSED" for word, node in lines}


def _trial(name: str, passed: dict[str, bool], due: set[str]) -> Trial:
    return Trial(name, set(passed), due, [node for node in passed if not passed[node]])


def without(defense: str, folder: Path, *, short: bool = False) -> Trial:
    """Take one defense away, and run its column, or a few cells of it."""
    root = copy_project(folder / defense)
    file = defenses()[defense]
    (root / DEFENSES.relative_to(ROOT) / file).write_text(EMPTY, encoding="utf-8")
    cells = list(matrix.load().cells())
    mine = column(defense, cells)
    everything = [cell for cell in cells if cell.profile == PROFILE]
    due = differing(mine, everything, partial(lab_without, defense))
    if short:
        mine = few(mine, due)
        due &= {_node(cell) for cell in mine}
    also = [ALSO[defense]] if defense in ALSO else []
    nodes = [_node(cell) for cell in mine] + also
    passed = run_tests(
        nodes, f"--source-root={root}", expectations=root / "catalogue" / matrix.FILE.name
    )
    due |= {node for node in passed if node.startswith(tuple(also))}
    return _trial(f"without {defense}", passed, due)


def with_wrong_line(text: str, row: tuple[str, str], defense: str, value: str) -> str:
    """Return a matrix in which one row expects something else of one defense."""
    header = f"[{'.'.join(row)}]\n"
    before, found, after = text.partition(header)
    if not found:
        raise SabotageError(f"matrix.toml has no row {header.strip()}; WRONG_ROW needs another.")
    mine, bracket, rest = after.partition("\n[")
    mine = re.sub(rf"^{defense} = .*\n", "", mine, flags=re.MULTILINE)
    return f'{before}{header}{defense} = "{value}"\n{mine}{bracket}{rest}'


def with_wrong_expectation(defense: str, value: str, folder: Path) -> Trial:
    """Expect the opposite in one cell of a column, and run the column."""
    name = f"{defense} expected {value}"
    wrong = folder / f"wrong-{defense}.toml"
    text = matrix.FILE.read_text(encoding="utf-8")
    wrong.write_text(with_wrong_line(text, WRONG_ROW, defense, value), encoding="utf-8")
    cells = column(defense, list(matrix.load(wrong).cells()))
    due = differing(cells, column(defense, list(matrix.load().cells())))
    if len(due) != 1:
        raise SabotageError(f"{name} changes {len(due)} cells instead of one.")
    passed = run_tests([_node(cell) for cell in cells], expectations=wrong)
    return _trial(name, passed, due)


def main(arguments: Sequence[str]) -> int:
    """Run the trials of the named defenses, or all and the wrong expectations."""
    parser = argparse.ArgumentParser(
        prog="python -m e2e.sabotage", description="Take defenses away, and see cells turn red."
    )
    parser.add_argument("defense", nargs="*", help="only these, with a few cells of each")
    parser.add_argument("--all-cells", action="store_true", help="all cells of the named ones")
    options = parser.parse_args(arguments)
    wanted, short = options.defense, bool(options.defense) and not options.all_cells
    begin = time.monotonic()
    files = defenses()
    if unknown := set(wanted) - set(files):
        print(f"There is no defense {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="csrf-playground-") as name:
        folder = Path(name)
        trials = [partial(without, slug, folder, short=short) for slug in wanted or files]
        if not wanted:
            trials += [partial(with_wrong_expectation, *line, folder) for line in WRONG.items()]
        print(f"{len(trials)} sabotages, {AT_ONCE} at a time …", flush=True)
        caught = 0
        threads = ThreadPoolExecutor(AT_ONCE)
        try:
            for trial in threads.map(lambda run: run(), trials):
                print(trial, flush=True)
                caught += trial.caught
        except SabotageError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            threads.shutdown(cancel_futures=True)
    print(f"caught {caught} of {len(trials)}, in {time.monotonic() - begin:.0f} s")
    return 0 if caught == len(trials) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
