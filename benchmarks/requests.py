"""The sites' pages and acts, one by one: how many a second, and what each costs the server."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.client import Connection, Request, get, post
from benchmarks.live import LivePage
from benchmarks.pressing import Load, Pressed, press
from benchmarks.short import CONNECTIONS, FULL_LOG, ROUNDS, SESSIONS
from benchmarks.starting import Running, Tree
from benchmarks.table import Row, say
from e2e.bank import PASSWORDS, Lab, Site

PAYMENTS = 10
LESSON = "/lessons/the-image/"
FLOORS = {
    "hello": "a Django view that says hello",
    "page": "an ordinary Django page",
    "statements": "its statements in one transaction",
    "form": "showing its form",
}


def floor_loads(hello: Running, page: Running, sessions: Sequence[str]) -> dict[str, Load]:
    host = f"127.0.0.1:{page.port}"
    statements = []
    for number in range(SESSIONS):
        # There and back, so that nobody runs out of money.
        alice, mallory = number * 2 + 1, number * 2 + 2
        for sender, to in ((alice, f"mallory-{number}"), (mallory, f"alice-{number}")):
            statements.append(post(host, "/transfer", "", f"from={sender}&to={to}&amount=1"))
    return {
        "hello": Load(hello, [get(host, "/")]),
        "page": Load(page, [get(host, "/", f"sessionid={session}") for session in sessions]),
        "statements": Load(hello, statements, 303),
    }


def tree_loads(tree: Tree) -> dict[str, Load]:
    """Prepare labs for each load, and return what to send to a tree."""
    site, victim = tree.site, tree.victim
    playground = f"{site.domains.playground}:{victim.port}"
    calm, busy, strict = (
        [Lab(site, label) for _ in range(SESSIONS)]
        for label in ("no-defense", "no-defense", "session-token")
    )
    account, refused, form = [], [], []
    for lab in calm:
        cookie = _sign_in(lab)
        for _ in range(PAYMENTS):
            _send(site, lab, cookie, "/transfer", "to=mallory&amount=1")
        account.append(get(_host(lab), "/", cookie))
    there_and_back, email = [], []
    for lab in busy:
        cookies = {name: _sign_in(lab, name) for name in PASSWORDS}
        for name, to in (("alice", "mallory"), ("mallory", "alice")):
            body = f"to={to}&amount=1"
            there_and_back.append(post(_host(lab), "/transfer", cookies[name], body))
        new = "email=alice%40new.example"
        email.append(post(_host(lab), "/email", cookies["alice"], new))
    for lab in strict:
        cookie = _sign_in(lab)
        form.append(get(_host(lab), "/transfer", cookie))
        refused.append(post(_host(lab), "/transfer", cookie, "to=mallory&amount=1"))
    learners = [f"learner=bench{number}; browser=chromium" for number in range(SESSIONS)]
    full = _full_log(site)
    return {
        "account": Load(victim, account),
        "sign-in": Load(victim, [get(_host(lab), "/login") for lab in calm]),
        "transfer": Load(victim, there_and_back, 303),
        "email": Load(victim, email, 303),
        "form": Load(victim, form),
        "refused": Load(victim, refused, 403),
        "home": Load(victim, [get(playground, "/")]),
        "lesson": Load(victim, [get(playground, LESSON, learner) for learner in learners]),
        "matrix": Load(victim, [get(playground, "/matrix/")]),
        "lab": Load(victim, [get(playground, f"/labs/{full.label}/")]),
        "health": Load(victim, [get(playground, "/health")]),
        "poll": Load(victim, _polls(victim, playground, learners), 204),
    }


def _host(lab: Lab) -> str:
    return f"{lab.host}:{lab.site.victim_port}"


def _sign_in(lab: Lab, name: str = "alice") -> str:
    """Return the Cookie header of a signed-in customer."""
    lines = lab.sign_in(name)
    return next(line.partition(";")[0] for line in lines if line.startswith("sessionid="))


def _send(site: Site, lab: Lab, cookie: str, path: str, body: str) -> None:
    form = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    answer = site.request(lab.host, "POST", path, form, body)
    assert answer.status == 303, answer.text


def _full_log(site: Site) -> Lab:
    """Return a lab with as many attempts as its log keeps: images that ask to sign alice out."""
    lab = Lab(site, "post-only")
    image = {
        "Cookie": _sign_in(lab),
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "no-cors",
        "Sec-Fetch-Dest": "image",
    }
    for _ in range(FULL_LOG):
        answer = site.request(lab.host, "GET", "/logout", image)
        assert answer.status == 405, answer.text
    return lab


def _polls(victim: Running, host: str, cookies: Sequence[str]) -> list[Request]:
    """Return what a lesson's page asks when there is nothing new, for each learner."""

    async def ask() -> list[Request]:
        connection = Connection(victim.port)
        pages = [(await connection.ask(get(host, LESSON, cookie))).text for cookie in cookies]
        connection.close()
        return [
            LivePage(page, host, cookie).question()
            for page, cookie in zip(pages, cookies, strict=True)
        ]

    return asyncio.run(ask())


def measure(floors: Mapping[str, Load], trees: Mapping[str, Tree], folder: Path) -> list[Row]:
    """Send everything in turns, and compare."""
    loads: dict[tuple[str, str], Load] = {("floor", name): each for name, each in floors.items()}
    for which, tree in trees.items():
        say(f"requests: preparing the labs of “{which}”")
        loads |= {(which, name): load for name, load in tree_loads(tree).items()}
    for load in loads.values():
        load.check()
    found: dict[tuple[str, str], list[Pressed]] = defaultdict(list)
    # Each floor is next to what is compared with it.
    ordered = sorted(loads, key=lambda key: list(dict.fromkeys(n for _, n in loads)).index(key[1]))
    for number in range(ROUNDS):
        say(f"requests: round {number + 1} of {ROUNDS}")
        for key in ordered:
            found[key].append(press(loads[key], folder))

    def compare(slug: str, title: str, what: str, floor: str, name: str = "") -> Row:
        """Compare a load with a floor, or with another load of the same tree."""

        def figures(which: str, load: str) -> list[float]:
            return [getattr(each, what) for each in found[which, load]]

        shared = floor in floors
        return Row(
            slug,
            title,
            {"rate": "/s", "spread": "×"}.get(what, "ms"),
            FLOORS[floor],
            {which: figures("floor" if shared else which, floor) for which in trees},
            {which: figures(which, name or slug) for which in trees},
            more_is_better=what == "rate",
        )

    full = f"a lab's page, {FULL_LOG} attempts"
    concurrent = f"{CONNECTIONS} concurrent transfers"
    return [
        compare("account", "account page, ten payments", "rate", "page"),
        compare("sign-in", "sign-in page", "rate", "page"),
        compare("home", "the teaching side's home page", "rate", "page"),
        compare("lesson", "a lesson's page", "rate", "page"),
        compare("matrix", "the matrix page", "rate", "page"),
        compare("lab", full, "rate", "page"),
        compare("health", "the teaching side's /health", "rate", "hello"),
        compare("transfer", "transfer", "rate", "statements"),
        compare("email", "e-mail change", "rate", "statements"),
        compare("refused", "a refused transfer", "rate", "form"),
        compare("transfer-p50", f"{concurrent}, p50", "p50", "statements", "transfer"),
        compare("transfer-p95", f"{concurrent}, p95", "p95", "statements", "transfer"),
        compare("transfer-spread", f"{concurrent}, p95/p50", "spread", "statements", "transfer"),
        compare("account-cpu", "account page, CPU", "cpu_ms", "page", "account"),
        compare("transfer-cpu", "transfer, CPU", "cpu_ms", "statements", "transfer"),
        compare("lab-cpu", f"{full}, CPU", "cpu_ms", "page", "lab"),
        compare("poll-cpu", "a poll with nothing new, CPU", "cpu_ms", "hello", "poll"),
    ]
