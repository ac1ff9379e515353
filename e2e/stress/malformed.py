"""Malformed requests on raw sockets: well-formed ones, damaged at random but repeatably.

Each is a connection of its own that ends after the request, so the site has to answer or to close.
"""

from __future__ import annotations

import multiprocessing
import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from e2e.stress.honest import Honest
from e2e.stress.ledger import Customer, wrong_balances
from e2e.stress.report import Result, counted
from e2e.stress.stand import SITES, Exchange, Stand, answer_of

COUNT = 100_000
# Processes, since making and sending these costs this side as much as the sites.
_PROCESSES = 2
_THREADS = 4
_PATIENCE = 20.0

_METHODS = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "PRI", "get", ""]
_VERSIONS = ["HTTP/1.1"] * 30 + ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1.1", "http/1.1", ""]
_PATHS = {
    "victim": [
        *("/", "/login", "/transfer", "/pay", "/email", "/password", "/avatar", "/api/transfer"),
        *("/logout", "/statement", "/statement/feed", "/static/bank/bank.css", "/api/matrix"),
        *("/api/labs/no-defense", "/labs/no-defense/", "/matrix/", "/cookies/", "/health"),
        *("/lessons/", "/attacks/", "/defenses/", "/play/", "/compare/"),
    ],
    "attacker": [
        *("/", "/form-post/", "/image-get/behind/", "/loot/", "/loot.json", "/self-check/"),
        *("/redirect-307-post/caught/", "/cookies/", "/health", "/static/site.css", "/nothing/"),
    ],
}
_HEADERS = [
    *("Content-Length: 5", "Content-Length: -1", "Content-Length: 99999999999999999999"),
    *("Content-Length: 5\r\nContent-Length: 6", "Content-Length: +5", "Content-Length: x"),
    *("Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: x"),
    *("Transfer-Encoding : chunked", "Content-Type: multipart/form-data; boundary="),
    *("Content-Type: application/json", "Content-Type: text/plain; charset=hex"),
    *("Content-Type: application/x-www-form-urlencoded; charset=utf-16", "Expect: 100-continue"),
    *("Content-Type: multipart/form-data; boundary=x", "Content-Encoding: gzip", "Expect: x"),
    *("SCRIPT_NAME: /x", "Script-Name: /x", "X-Forwarded-Proto: https", "X-Forwarded-For: ::"),
    *("Forwarded: for=x", "X-Forwarded-Host: x", "X-HTTP-Method-Override: PUT", "REMOTE_USER: x"),
    *("X-Script-Name: x", "PATH_INFO: /x", "WSGI.url_scheme: https", "Proxy: x", "Via: 1.1 x"),
    *("Cookie: sessionid=\x00", 'Cookie: sessionid="\\000"', "Cookie: =;;=", "Cookie: learner=ä"),
    *("Origin: null", "Origin: http://[", "Referer: http://[::", "Referer: \xff", "Range: bytes=x"),
    *("If-Modified-Since: x", "If-None-Match: \x80", "Accept-Encoding: gzip;q=x", "Connection: x"),
    *("Connection: Upgrade\r\nUpgrade: h2c", "Connection: Upgrade\r\nUpgrade: websocket"),
    *(" folded: x", "X: y\r\n folded", "no colon", ": no name", "X\x00: y", "X: \x00", "X: \r"),
    *("Accept: " + "a" * 9000, "Sec-Fetch-Site: " + "b" * 400, "HX-Request: true", "Host: x"),
    *("Date: x", "Authorization: Basic x", "Access-Control-Request-Method: POST", "TE: x"),
]
_BODIES = [
    *(b"", b"to=mallory&amount=1", b"to=mallory&amount=99999999999999999999", b"to=%00&amount=1"),
    *(b"a=&" * 200, b"%", b"\xff\xfe", b"{", b"[" * 3000, b'{"to": {}, "amount": NaN}', b"null"),
    *(b'--x\r\nContent-Disposition: form-data; name="avatar"; filename="a"\r\n\r\n', b"5\r\nab"),
    *(
        b"5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\n",
        b"fffffffffffffffff\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"--x--",
    ),
    *(b"amount=1e9&to=mallory", "amount=\N{ARABIC-INDIC DIGIT ONE}&to=mallory".encode()),
    *(b"username=alice&password=x", b'{"to":"mallory","amount":1}', b"GET / HTTP/1.1\r\n\r\n"),
]
_TARGETS = ["*", "//", "/%", "/%00", "/%ff", "/?%", "http://x/", "http://[/", "/\x00", "/ä", "/.."]
_QUERIES = ["?a", "?lab=", "?lab=no-defense", "?lab=%00", "?since=x", "?since=-1", "?since=9" * 30]
_BYTES = [b"\x00", b"\n", b"\r", b"\r\n", b" ", b":", b"\xff", b"\x80", b"%", b"\t", b"/", b"\x7f"]


def request(random_: random.Random, site: str, host: str, cookie: str) -> bytes:
    """Return one request that is wrong in one way or several, or in none at all."""
    path = random_.choice(_PATHS[site])
    if random_.random() < 0.1:
        path = random_.choice(_TARGETS)
    if random_.random() < 0.2:
        path += random_.choice(_QUERIES)
    method = random_.choice(_METHODS if random_.random() < 0.3 else ["GET", "POST"])
    version = random_.choice(_VERSIONS)
    headers = [f"Host: {host}"] if random_.random() < 0.95 else []
    if random_.random() < 0.5:
        headers.append(f"Cookie: {cookie}")
    headers += random_.sample(_HEADERS, random_.choice([0, 1, 1, 2, 3]))
    body = random_.choice(_BODIES) if random_.random() < 0.5 else b""
    if body and random_.random() < 0.8:
        headers.append(f"Content-Length: {len(body)}")
        if random_.random() < 0.5:
            headers.append("Content-Type: application/x-www-form-urlencoded")
    random_.shuffle(headers)
    lines = [f"{method} {path} {version}", *headers, "", ""]
    raw = "\r\n".join(lines).encode("latin-1", "replace") + body
    if random_.random() < 0.3:
        raw = _damaged(random_, raw)
    return raw


def _damaged(random_: random.Random, raw: bytes) -> bytes:
    at = random_.randrange(len(raw))
    return random_.choice(
        [
            raw[:at],
            raw[:at] + random_.choice(_BYTES) + raw[at:],
            raw[:at] + random_.choice(_BYTES) + raw[at + 1 :],
            raw[:at] + raw[at + random_.randrange(1, 30) :],
            raw.replace(b"\r\n", b"\n"),
            raw + raw,
            random_.randbytes(random_.randrange(200)),
        ]
    )


def run(stand: Stand, scale: float, seed: int = 0) -> list[Result]:
    """Send each site half of the requests, each made from the seed and its own number."""
    results = []
    lab = stand.lab()
    for site in SITES:
        count = int(COUNT * scale) // len(SITES)
        exchange = stand.exchange(site, lab.label)
        cookie = Customer(lab, "alice").cookie
        begin = time.monotonic()
        # Some are for the teaching side, which has another host and no session.
        hosts = [exchange.host] if site == "attacker" else [exchange.host, stand.playground_host]
        parts = [range(start, count, _PROCESSES) for start in range(_PROCESSES)]
        send = partial(_send_all, exchange, site, hosts, cookie, seed)
        with Honest(stand, site) as honest:
            outcomes, faults = _in_processes(send, parts)
        results.append(
            Result(
                "malformed requests",
                site,
                tried=count,
                answered=count - outcomes["nothing"],
                seconds=time.monotonic() - begin,
                note=f"{counted(outcomes)}; {honest.note(site)}",
                faults=[*faults[:5], *honest.faults(site)],
            )
        )
    results[0].faults += wrong_balances(stand)
    return results


Sent = tuple[Counter[str], list[str]]


def _in_processes(send: Callable[[Iterable[int]], Sent], parts: Iterable[Iterable[int]]) -> Sent:
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    # Not forked, since this process has threads.
    with multiprocessing.get_context("spawn").Pool(_PROCESSES) as pool:
        for counts, bad in pool.imap_unordered(send, parts):
            outcomes += counts
            faults += bad
    return outcomes, faults


def _send_all(
    exchange: Exchange, site: str, hosts: list[str], cookie: str, seed: int, numbers: Iterable[int]
) -> Sent:
    def one(number: int) -> tuple[str, str]:
        random_ = random.Random(f"{seed} {site} {number}")
        raw = request(random_, site, random_.choice(hosts), cookie)
        outcome = _send(exchange, raw)
        # 501 and 505 are gunicorn's sentences about a method or a version.
        bad = outcome == "nothing" or (outcome.startswith("5") and outcome not in {"501", "505"})
        return outcome, f"{outcome} for number {number} of {site}, {raw[:300]!r}" if bad else ""

    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(pool.map(one, numbers))
    return Counter(outcome for outcome, _ in found), [fault for _, fault in found if fault]


def _send(exchange: Exchange, raw: bytes) -> str:
    try:
        with exchange.connect(_PATIENCE) as connection:
            try:
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # Closed in the middle, and the answer may be there already.
            return answer_of(connection)
    except OSError as error:
        return f"not connected ({error})"
