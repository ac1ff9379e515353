"""A small hostile server that serves one attack's page for a trial.

It answers under any name that a browser resolves to this machine, so the same server is the
attacker's own site (`evil.localhost`), a host there whose name begins like the application's, and
a subdomain of the application.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from csrf_proof.arsenal import ADDRESS, CAUGHT_PAGE, Arsenal, Shot
from csrf_proof.positions import CROSS_SITE, LOOKALIKE, SAME_ORIGIN, SUBDOMAIN
from csrf_proof.serving import serve
from csrf_proof.visitor import Caught, Prepared

HOST = "evil.localhost"
# What a page steals is small; longer bodies are cut.
MOST = 200_000
# What a page has from the playground around it: its picture and style, and links to its story and
# to the bank.
_AROUND = re.compile(
    r'\n *<(?:link|img|script) [^\n]*"/static/[^\n]*'
    r'|\n\n *<p><a href="[^"\n]*">What did this page just do\?</a>\n.*?</p>'
)
_COMMENT = re.compile(r"<!-- .*? -->", re.DOTALL)


class NoSuchHost(ValueError):
    """The position has no host here; the message says why."""


def host(position: str, application: str) -> str:
    """Return the host from which an attack on the application's origin is launched.

    Raises:
        NoSuchHost: The position has no host that a browser would resolve to this machine.
    """
    if position in {CROSS_SITE, SAME_ORIGIN}:
        return HOST
    name = urlsplit(application).hostname or ""
    if position == LOOKALIKE:
        return f"{name}.{HOST}"
    if position == SUBDOMAIN and (name == "localhost" or name.endswith(".localhost")):
        return f"community.{name}"
    raise NoSuchHost(
        f"There is no host for the position {position} next to {name}: "
        "for a subdomain, serve the application under a name that ends in .localhost."
    )


@dataclass
class Attacker:
    """The running server. `address` is that of the attack's page, `page` its text; `loot`
    is what arrived."""

    origin: str
    address: str
    page: str
    loot: list[Prepared]


def alone(page: str) -> str:
    """Return an attack's page without what only the playground has, so that it can be kept as a
    file, and with comments that fit any application."""
    return _COMMENT.sub(
        lambda found: found[0].replace("bank", "application"), _AROUND.sub("", page)
    )


@contextmanager
def serving_page(page: str, slug: str, application: str) -> Iterator[str]:
    """Serve a page that somebody has written from another site; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST))
            there = urlsplit(self.path).path == f"/{slug}/"
            self.send_response(200 if there else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(page.encode() if there else b"")

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            pass

    scheme = urlsplit(application).scheme
    with serve(Handler, HOST if scheme == "https" else None) as port:
        yield f"{scheme}://{HOST}:{port}/{slug}/"


@contextmanager
def serving(arsenal: Arsenal, shot: Shot, position: str) -> Iterator[Attacker]:
    """Serve the page of an aimed attack, and take what it steals.

    Raises:
        NoSuchHost: The position has no host here.
        AttackError: The page can't be rendered.
    """
    name, path = host(position, shot.origin), f"/{shot.attack.slug}/"
    loot: list[Prepared] = []
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST))
            where = urlsplit(self.path)
            if where.path == f"{path}caught/":
                fields = dict(parse_qsl(where.query) + parse_qsl(body.decode("utf-8", "replace")))
                self._caught(Caught(fields, self.headers.get("Referer", "")))
            page = pages.get(where.path)
            redirects = shot.attack.trigger == ADDRESS and where.path == f"{path}go/"
            self.send_response(302 if redirects else 404 if page is None else 200)
            if redirects:
                self.send_header("Location", aimed.url)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write((page or "").encode())

        def do_POST(self) -> None:
            self.do_GET()

        def _caught(self, said: Caught) -> None:
            if shot.attack.slug not in arsenal.catchers:
                return
            stolen = arsenal.catch(shot.attack, said)
            loot.append(stolen)
            if shot.attack.slug in arsenal.uses:
                used = replace(aimed, prepared=stolen)
                pages[f"{path}caught/"] = alone(arsenal.render(used, CAUGHT_PAGE))

        def log_message(self, *args: object) -> None:
            pass

    # Browsers count http as another site than https.
    scheme = urlsplit(shot.origin).scheme
    with serve(Handler, name if scheme == "https" else None) as port:
        origin = f"{scheme}://{name}:{port}"
        here = f"{origin}{path}"
        aimed = replace(shot, behind=here, caught=f"{here}caught/", short=f"{here}go/")
        pages[path] = alone(arsenal.render(aimed))
        yield Attacker(origin, here, pages[path], loot)
