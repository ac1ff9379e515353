"""Measure against floors: what the playground costs beyond what it stands on.

`python -m e2e.bench` takes about three minutes, asserts nothing, and prints a table. Each floor is
measured in the same run, in turns with what stands on it, so a machine whose speed drifts does so
for both. A ratio of 1 is as good as the floor, 0.5 takes twice as long or twice as much. Figures
are medians of rounds.

- A cell of the matrix, by the real test function, against a bare load in a fresh context, in as
  many processes as `make test` has.
- The sites' pages under wrk (without it, under a simple loop of threads) against a Django view
  that says hello, and against the statements of a transfer alone. All under gunicorn.conf.py.
- A room of learners in one lesson against the same view, and how soon a page shows an attempt.
- The start, and the memory when idle, against the same bare Django, and Flask.

Limits: wrk and the sites share the cores, so rates are lower than the sites could have, and ratios
hold for this machine alone. The rates of cells are those of the profile `chromium`. Memory is
read from `/proc`, so it is missing outside Linux.
"""

from __future__ import annotations

import http.client
import itertools
import json
import multiprocessing
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from catalogue import matrix
from csrf_proof import profiles
from e2e import bench_lessons
from e2e.bank import Lab, Site
from e2e.conftest import Browsers
from e2e.test_matrix import test_cell
from tools.run import ROOT, Playground, free_port

# To see that everything runs, at the cost of figures that say nothing.
SHORT = os.environ.get("SHORT") == "1"
ROUNDS = 1 if SHORT else 3
PROFILE = "chromium"
WORKERS = int(os.environ.get("WORKERS", "3"))
CELL_SECONDS = 1.0 if SHORT else 6.0
LOAD_SECONDS = 1 if SHORT else 2
CONNECTIONS = 32
STARTS = 1 if SHORT else 5

# Two applications that do nothing but answer, and a transfer that is only its statements, with the
# bank's settings of SQLite (victim_site/config/settings.py).
BARE = {
    "django": """
import os
import django.db
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="bench", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BARE_DATABASE"],
        "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE", "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"}}})

def hello(request):
    return HttpResponse("Hello")

def transfer(request):
    to, amount = request.POST["to"], int(request.POST["amount"])
    with django.db.transaction.atomic(), django.db.connection.cursor() as cursor:
        cursor.execute("SELECT id FROM account WHERE name = %s", [to])
        recipient = cursor.fetchone()[0]
        sender = 3 - recipient
        cursor.execute("UPDATE account SET balance = balance - %s"
                       " WHERE id = %s AND balance >= %s", [amount, sender, amount])
        cursor.execute("UPDATE account SET balance = balance + %s"
                       " WHERE id = %s", [amount, recipient])
        cursor.execute("INSERT INTO transfer (sender, recipient, amount)"
                       " VALUES (%s, %s, %s)", [sender, recipient, amount])
    return HttpResponse(status=303, headers={"Location": "/"})

urlpatterns = [path("", hello), path("transfer", transfer)]
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
""",
    "flask": """
from flask import Flask
application = Flask(__name__)
application.get("/")(lambda: "Hello")
""",
}
BARE_TABLES = """
import os, sqlite3
with sqlite3.connect(os.environ["BARE_DATABASE"]) as database:
    database.executescript('''
        CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT, balance INTEGER);
        CREATE TABLE transfer (id INTEGER PRIMARY KEY, sender INTEGER REFERENCES account (id),
            recipient INTEGER REFERENCES account (id), amount INTEGER);
        INSERT INTO account (name, balance) VALUES ('alice', 1000), ('mallory', 1000);''')
"""


# --- The table ------------------------------------------------------------------------------------


def rate(name: str, floor: Sequence[float], measured: Sequence[float], what: str) -> None:
    """Print a line of rates: more is better."""
    low, mine = median(floor), median(measured)
    _line(name, f"{low:,.1f}/s", f"{mine:,.1f}/s", mine / low, what)


def amount(
    name: str, unit: str, floor: Sequence[float], measured: Sequence[float], what: str
) -> None:
    """Print a line of seconds or MiB: less is better."""
    low, mine = median(floor), median(measured)
    _line(name, f"{low:,.2f} {unit}", f"{mine:,.2f} {unit}", low / mine, what)


def _line(name: str, floor: str, measured: str, ratio: float, what: str) -> None:
    print(f"{name:<36} {floor:>12} {measured:>12} {ratio:>6.2f}  {what}", flush=True)


# --- Cells ----------------------------------------------------------------------------------------


def _browse(pipe: Connection, site: Site, worker: int) -> None:
    """Be a worker: load as the pipe asks, (kind, seconds) each, and answer with a rate."""
    hello = f"{site.addresses.evil}/health"
    with sync_playwright() as playwright:
        browsers = Browsers(playwright)
        browser = browsers.get(PROFILE)
        reused = browser.new_page()
        cells = [
            cell
            for cell in matrix.load().cells()
            if cell.profile == PROFILE
            and cell.cookie_age == "fresh"
            and cell.outcome != matrix.NOT_APPLICABLE
        ]
        mine = itertools.cycle(cells[worker::WORKERS])

        def bare() -> None:
            with profiles.fresh_context(browser) as context:
                context.new_page().goto(hello)

        loads: dict[str, Callable[[], object]] = {
            "cell": lambda: test_cell(next(mine), browsers, site, lambda name, value: None),
            "bare": bare,
            "reused": lambda: reused.goto(hello),
        }
        pipe.send(browser.version)
        for kind, seconds in iter(pipe.recv, None):
            pipe.send(_rate(loads[kind], seconds))
        browsers.close()


def _rate(load: Callable[[], object], seconds: float) -> float:
    begin = time.monotonic()
    count = 0
    while (spent := time.monotonic() - begin) < seconds:
        load()
        count += 1
    return count / spent


def cells(site: Site) -> str:
    """Measure cells against bare loads, and return the browser's version."""
    spawn = multiprocessing.get_context("spawn")
    workers: list[tuple[multiprocessing.process.BaseProcess, Connection]] = []
    for number in range(WORKERS):
        here, there = spawn.Pipe()
        process = spawn.Process(target=_browse, args=(there, site, number), daemon=True)
        process.start()
        there.close()  # So that a worker that dies is seen as the end of its pipe.
        workers.append((process, here))
    versions = [pipe.recv() for _, pipe in workers]
    rates: dict[str, list[float]] = defaultdict(list)
    for kind in ["bare", "cell"] + ["bare", "cell", "reused"] * ROUNDS:
        for _, pipe in workers:
            pipe.send((kind, CELL_SECONDS / (2 if kind == "reused" else 1)))
        rates[kind].append(sum(pipe.recv() for _, pipe in workers))
    for worker, pipe in workers:
        pipe.send(None)
        worker.join()
    warm = {kind: each[-ROUNDS:] for kind, each in rates.items()}
    rate("a cell of the matrix", warm["bare"], warm["cell"], "a bare load in a fresh context")
    rate("a bare load in a reused page", warm["bare"], warm["reused"], "the same, for reference")
    return str(versions[0])


# --- Requests -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """Requests to send over and over, in turn, and the status that each is answered with."""

    port: int
    host: str
    requests: Sequence[tuple[str, str, dict[str, str], str]]
    status: int = 200

    def check(self) -> None:
        """Send each once: a rate of wrong answers would say nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for method, path, headers, body in self.requests:
            connection.request(method, path, body, {"Host": self.host, **headers})
            answer = connection.getresponse()
            answer.read()
            if answer.status != self.status:
                raise SystemExit(
                    f"{method} {path} at {self.host} answered {answer.status}, not {self.status}."
                )
        connection.close()


def get(port: int, host: str, path: str, cookie: str = "") -> Load:
    return Load(port, host, [("GET", path, {"Cookie": cookie} if cookie else {}, "")])


def post(port: int, host: str, path: str, bodies: Iterable[tuple[str, str]], status: int) -> Load:
    """Return a load of forms, each given as a cookie and a body."""
    form = "application/x-www-form-urlencoded"
    requests = [
        ("POST", path, {"Cookie": cookie, "Content-Type": form}, body) for cookie, body in bodies
    ]
    return Load(port, host, requests, status)


def press(load: Load, folder: Path) -> float:
    """Send a load for a while; return requests per second."""
    if wrk := shutil.which("wrk"):
        return _press_by_wrk(wrk, load, folder)
    return _press_by_threads(load)


def _press_by_wrk(wrk: str, load: Load, folder: Path) -> float:
    formatted = ", ".join(
        f"wrk.format({json.dumps(method)}, {json.dumps(path)}, {{"
        + ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in headers.items())
        + f"}}, {json.dumps(body)})"
        for method, path, headers, body in (
            (method, path, {"Host": load.host, **headers}, body)
            for method, path, headers, body in load.requests
        )
    )
    script = folder / "requests.lua"
    script.write_text(
        f"local requests, next = {{}}, 0\n"
        f"init = function(args) requests = {{{formatted}}} end\n"
        f"request = function() next = next % #requests + 1 return requests[next] end\n"
    )
    address = f"http://127.0.0.1:{load.port}/"
    command = [wrk, "-t2", f"-c{CONNECTIONS}", f"-d{LOAD_SECONDS}s", "-s", str(script), address]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^Requests/sec: +([\d.]+)", text, re.MULTILINE)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if failed and load.status < 400:
        print(f"  {failed[1]} answers of {load.host} were errors.", file=sys.stderr)
    if "Socket errors" in text:
        print(f"  {re.findall('Socket errors.*', text)[0]} at {load.host}", file=sys.stderr)
    return float(found[1]) if found else 0.0


def _press_by_threads(load: Load) -> float:
    """Do what wrk does, slowly: the ratio then says less, since this takes most of the time."""
    counts: list[float] = []

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", load.port, timeout=30)
        requests = itertools.cycle(load.requests)

        def once() -> None:
            method, path, headers, body = next(requests)
            connection.request(method, path, body, {"Host": load.host, **headers})
            connection.getresponse().read()

        counts.append(_rate(once, LOAD_SECONDS))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def sign_in(lab: Lab, username: str = "alice", password: str = "wonderland") -> str:
    """Return the Cookie header of a signed-in customer."""
    lines = lab.sign_in(username, password)
    return next(line.partition(";")[0] for line in lines if line.startswith("sessionid="))


def requests(site: Site, bare_port: int, folder: Path) -> None:
    """Measure the sites' pages and acts against bare views."""
    to_mallory, to_alice = (urlencode({"to": who, "amount": 1}) for who in ("mallory", "alice"))
    calm, busy, strict = (
        Lab(site, "no-defense"),
        Lab(site, "no-defense"),
        Lab(site, "session-token"),
    )
    cookie, alice, token_cookie = sign_in(calm), sign_in(busy), sign_in(strict)
    mallory = sign_in(busy, "mallory", "mischief")
    port = site.victim_port

    def host(lab: Lab) -> str:
        return f"{lab.host}:{port}"

    playground = f"{site.domains.playground}:{port}"
    # There and back, so that nobody runs out of money.
    there_and_back = [(alice, to_mallory), (mallory, to_alice)]
    loads = {
        "hello": get(bare_port, "127.0.0.1", "/"),
        "statements": post(bare_port, "127.0.0.1", "/transfer", there_and_back, 303),
        "account": get(port, host(calm), "/", cookie),
        "sign-in": get(port, host(calm), "/login"),
        "transfer": post(port, host(busy), "/transfer", there_and_back, 303),
        "home": get(port, playground, "/"),
        "lesson": get(port, playground, "/lessons/the-image/", "learner=bench"),
        "health": get(port, playground, "/health"),
        "form": get(port, host(strict), "/transfer", token_cookie),
        "refused": post(port, host(strict), "/transfer", [(token_cookie, to_mallory)], 403),
    }
    for load in loads.values():
        load.check()
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for name, load in loads.items():
            rates[name].append(press(load, folder))
    hello = rates["hello"]
    rate("the account page, signed in", hello, rates["account"], "a Django view that says hello")
    rate("the sign-in page", hello, rates["sign-in"], "a Django view that says hello")
    rate("the teaching side's home page", hello, rates["home"], "a Django view that says hello")
    rate("a lesson's page", hello, rates["lesson"], "a Django view that says hello")
    rate("the teaching side's /health", hello, rates["health"], "a Django view that says hello")
    rate("a transfer", hello, rates["transfer"], "a Django view that says hello")
    rate("a transfer, logged", rates["statements"], rates["transfer"], "its four statements alone")
    rate("a refused and logged transfer", rates["form"], rates["refused"], "showing its form")


def room(site: Site, bare_port: int) -> None:
    """Measure thirty learners in one lesson, and how long an attempt takes to its page."""
    floor, measured = [], []
    for _ in range(ROUNDS):
        floor.append(bench_lessons.bare_room(bare_port))
        measured.append(bench_lessons.room(site.victim_port))
    what = "a view that says hello, by the same thirty"
    rate("thirty learners in lesson 2", floor, measured, what)
    shown = bench_lessons.appearance(site, PROFILE)
    amount("an attempt, until a page shows it", "s", [0.5], shown, "half the second between polls")


# --- Start and memory -----------------------------------------------------------------------------


@contextmanager
def bare_site(kind: str, folder: Path) -> Iterator[tuple[int, list[int], float]]:
    """Run a bare application; yield its port, its process ids, and seconds until it answered."""
    port = free_port()
    # The settings of gunicorn import from the project.
    env = {
        **os.environ,
        "BARE_DATABASE": str(folder / "bare.sqlite3"),
        "PYTHONPATH": str(ROOT),
    }
    (folder / f"bare_{kind}.py").write_text(BARE[kind], encoding="utf-8")
    begin = time.monotonic()
    master = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py")),
            *("--bind", f"127.0.0.1:{port}", f"bare_{kind}:application"),
        ],
        cwd=folder,
        env=env,
        start_new_session=True,
    )
    try:
        while not _answers(port):
            if master.poll() is not None:
                raise SystemExit(f"The bare {kind} site ended while starting.")
            time.sleep(0.02)
        seconds = time.monotonic() - begin
        pids = [master.pid]
        with suppress(OSError):
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text()
            pids += map(int, children.split())
        yield port, pids, seconds
    finally:
        master.terminate()
        master.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def memory(pids: Sequence[int]) -> float:
    """Return the MiB that processes take together, shared pages counted once."""
    kib = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        kib += int(re.findall(r"^Pss: +(\d+)", rollup, re.MULTILINE)[0])
    return kib / 1024


def starts(folder: Path) -> None:
    """Measure how long a start takes, the first and others."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(STARTS):
        var_dir = folder / f"start-{number}"
        for which in ("first", "second"):
            begin = time.monotonic()
            with Playground(var_dir=var_dir):
                seconds[which].append(time.monotonic() - begin)
        with bare_site("django", folder) as (_, _, bare):
            seconds["bare"].append(bare)
    for which, name in (("second", "a start"), ("first", "a first start, without a database")):
        amount(name, "s", seconds["bare"], seconds[which], "the start of a bare Django")


def main() -> int:
    begin, load = time.monotonic(), os.getloadavg()[0]
    print(f"{'':<36} {'floor':>12} {'measured':>12} {'ratio':>6}  the floor", flush=True)
    with tempfile.TemporaryDirectory(prefix="csrf-playground-") as name, ExitStack() as stack:
        folder = Path(name)
        database = folder / "bare.sqlite3"
        subprocess.run(
            [sys.executable, "-c", BARE_TABLES],
            env={**os.environ, "BARE_DATABASE": str(database)},
            check=True,
        )
        playground = stack.enter_context(Playground(var_dir=folder / "var"))
        site = Site(playground.victim_port, playground.attacker_port)
        version = cells(site)
        django_port, django, _ = stack.enter_context(bare_site("django", folder))
        _, flask, _ = stack.enter_context(bare_site("flask", folder))
        requests(site, django_port, folder)
        room(site, django_port)
        if Path("/proc/self/smaps_rollup").exists():
            pids = playground.pids
            mine, bare = memory(pids["victim"]), memory(django)
            amount("memory of the victim site", "MiB", [bare], [mine], "a bare Django")
            mine, bare = memory(pids["attacker"]), memory(flask)
            amount("memory of the attacker site", "MiB", [bare], [mine], "a bare Flask")
        stack.close()
        starts(folder)
    generator = "wrk" if shutil.which("wrk") else "a loop of threads (wrk is not installed)"
    print(
        f"{os.cpu_count()} cores, load {load:.1f} before, Python {platform.python_version()}, "
        f"{WORKERS} x {PROFILE} {version}, requests by {generator}; "
        f"{time.monotonic() - begin:.0f} s in all"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
