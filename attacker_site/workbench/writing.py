"""The secret host: where one owner writes, in a browser or through the form that programs post.

    GET  /          the page to write on
    POST /          STORE, VIEW_EXPLOIT or ACCESS_LOG, with what's to be stored
    GET  /log       who has read the owner's pages
    GET  /<file>    leads to the public host, so that no page of this host attacks anything

Nothing here makes a request to another site, and a page of another site can't store, even if it
knows the host.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from attacker_site.hosts import Visit
from attacker_site.targets import Addresses
from attacker_site.workbench import exploit, form
from attacker_site.workbench.asked import by_another_site
from attacker_site.workbench.exploit import Unusable
from attacker_site.workbench.form import Action, Written
from attacker_site.workbench.store import Owner, Refused, Store, Version
from catalogue.labels import NO_DEFENSE
from csrf_proof.positions import CROSS_SITE

_SITE = Path(__file__).resolve().parents[1]
_HOST = "workbench.secret"


def create(addresses: Addresses, store: Store) -> Flask:
    """Return the application that answers at every secret host; `ByHost` tells it which."""
    app = Flask(
        __name__, template_folder=str(_SITE / "templates"), static_folder=str(_SITE / "static")
    )
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["clock"] = _clock

    def owner() -> Owner:
        found: Owner = g.owner
        return found

    def public() -> str:
        return addresses.exploit(owner().public)

    def page(template: str, status: int = 200, **values: Any) -> Response:
        lab = f"{NO_DEFENSE}--for-{owner().name}"
        html = render_template(
            f"workbench/{template}",
            addresses=addresses,
            gallery=f"{addresses.evil}/?lab={lab}",
            lab=lab,
            owner=owner(),
            public=public(),
            visit=g.visit,
            **values,
        )
        return make_response(html, status)

    def write_page(
        status: int = 200, *, said: Written | None = None, problem: str = ""
    ) -> Response:
        """Return the page to write on, with what was said or else with the newest version."""
        newest = store.newest(owner())
        shown = said or _of(newest)
        return page(
            "write.html",
            status,
            newest=newest,
            said=shown,
            text=_text(shown.body),
            problem=problem,
        )

    @app.before_request
    def admit() -> Response | None:
        found = store.by_secret(request.environ[_HOST])
        if found is None:
            return make_response(render_template("misdirected.html", addresses=addresses), 404)
        g.owner = found
        # From where its exploits are launched.
        g.visit = Visit(addresses.domains.exploit(found.public), CROSS_SITE, None)
        if "Transfer-Encoding" in request.headers:  # Its body would be read as empty.
            raise Refused(411, "The request needs a Content-Length header if it has a body.")
        if request.method not in {"GET", "HEAD"} and by_another_site(
            request.headers, request.host_url.rstrip("/")
        ):
            raise Refused(
                403, "A page of another site has sent this. Only this page and programs may store."
            )
        return None

    @app.after_request
    def declare(response: Response) -> Response:
        forms = f"'self' {public()}" if "owner" in g else "'none'"
        own = {
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
                f"form-action {forms}; frame-ancestors 'none'"
            ),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            # To other sites nothing; to this one the Origin, which "no-referrer" would hide.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        for name, said in own.items():
            response.headers.setdefault(name, said)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.errorhandler(Refused)
    def refuse(refusal: Refused) -> Response:
        return problem_page(refusal.code, "That wasn’t possible", str(refusal))

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> Response:
        shown = problem_page(error.code or 500, error.name, error.description or "")
        if allow := dict(error.get_headers()).get("Allow"):
            shown.headers["Allow"] = allow
        return shown

    def problem_page(status: int, title: str, sentence: str) -> Response:
        if "owner" not in g:
            answer = make_response(f"{sentence}\n", status)
            answer.mimetype = "text/plain"
            return answer
        return page("problem.html", status, title=title, sentence=sentence)

    @app.get("/")
    def write() -> Response:
        return write_page()

    @app.post("/")
    def protocol() -> Response:
        said = None
        try:
            fields = form.read(request)
            said = form.written(fields)
            action = form.action_of(fields)
            if said.body is not None:
                store.save(owner(), exploit.checked(said.file, said.head, said.body))
            elif action is Action.STORE:
                raise Unusable("There is no responseBody to store.")
            return after(action)
        except Unusable as mistake:
            return write_page(400, said=said, problem=str(mistake))
        except Refused as refusal:
            if said is None:
                raise
            return write_page(refusal.code, said=said, problem=str(refusal))

    def after(action: Action) -> Response:
        """Lead to what was asked for, now that everything is stored."""
        if action is Action.LOG:
            return see("/log")
        newest = store.newest(owner())
        if action is Action.VIEW:
            if newest is None:
                raise Unusable("Nothing is stored yet, so there is nothing to view.")
            return see(public() + newest.exploit.file)
        return see("/")

    def see(address: str) -> Response:
        answer = redirect(address, 303)
        assert isinstance(answer, Response)
        return answer

    @app.get("/log")
    def log() -> Response:
        return page("log.html", reads=store.reads(owner()))

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return app.send_static_file("favicon.svg")

    @app.get("/<path:file>")
    def read(file: str) -> Response:
        if store.served(owner(), f"/{file}") is None:
            raise Refused(404, f"Nothing is stored as /{file}, and the workbench has no such page.")
        answer = redirect(f"{public()}/{file}", 302)
        assert isinstance(answer, Response)
        return answer

    return app


def _of(version: Version | None) -> Written:
    if version is None:
        return Written()
    return Written(version.exploit.file, version.exploit.head, version.exploit.body)


def _text(body: bytes | None) -> str | None:
    """Return a body as text; None where it isn't UTF-8."""
    try:
        return (body or b"").decode()
    except UnicodeDecodeError:
        return None


def _clock(at: int) -> str:
    """Return a time in milliseconds as people read it."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M:%S UTC")
