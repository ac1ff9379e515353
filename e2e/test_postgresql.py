"""The bank on PostgreSQL: its own tests, two dozen cells, and a server that ends with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from catalogue import matrix
from tools import postgresql
from tools.run import ROOT, Playground

CELLS = 24
# PostgreSQL does not care which browser sends a request.
PROFILE = "chromium"


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty PostgreSQL database; without PostgreSQL, only CI insists on it."""
    try:
        postgresql.programs()
    except postgresql.PostgresqlMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with postgresql.server() as url:
        yield url


def run_tests(*arguments: str, env: dict[str, str]) -> None:
    """Run tests in a process of their own, with no more than these variables added."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        [*postgresql.ends_with_this_process(), *command],
        cwd=ROOT,
        env=inherited | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


@pytest.mark.long
@pytest.mark.sample(0)
def test_the_banks_own_tests_pass(database: str) -> None:
    # And those of the queue, which SQLite takes another lock for.
    run_tests("victim_site/bank", "victim_site/teaching/visits", env={"DATABASE_URL": database})


@pytest.mark.long
def test_two_dozen_cells_come_out_as_expected(database: str, tmp_path: Path) -> None:
    cells = [f"e2e/test_matrix.py::test_cell[{name}]" for name in two_dozen()]
    with Playground(var_dir=tmp_path, env={"DATABASE_URL": database}) as playground:
        ports = {
            "E2E_VICTIM_PORT": str(playground.victim_port),
            "E2E_ATTACKER_PORT": str(playground.attacker_port),
            "E2E_SCHEME": "http",
        }
        run_tests("--all-cells", *cells, env=ports)

    with psycopg.connect(database) as connection:
        labs = connection.execute("SELECT count(*) FROM bank_lab").fetchone()
    assert labs is not None
    assert labs[0] >= CELLS // 2, "the cells were tried elsewhere"


def two_dozen() -> list[str]:
    """Return the names of cells that are spread over the attacks, as many forged as blocked."""
    cells = [c for c in matrix.load().cells() if c.profile == PROFILE and c.cookie_age != "old"]
    attacks = sorted({cell.attack for cell in cells})
    names = []
    for number in range(CELLS):
        attack = attacks[number * len(attacks) // CELLS]
        outcome = ("forged", "blocked")[number % 2]
        choice = [c.name for c in cells if (c.attack, c.outcome) == (attack, outcome)]
        names.append(choice[number * 7 % len(choice)])
    return names


@pytest.mark.skipif(sys.platform != "linux", reason="A server survives its killed parent there.")
def test_a_killed_run_leaves_no_server(database: str) -> None:
    program = (
        "import time; from tools.postgresql import server\n"
        "with server() as url: print(url, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        url = run.stdout.readline().strip()
        psycopg.connect(url).close()
        run.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 20
    while takes_connections(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not takes_connections(url)


def takes_connections(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        # While it shuts down it says so.
        return "refused" not in str(error)
    return True
