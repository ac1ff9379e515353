"""The secret host: where one owner writes, in a browser or through the form that programs post.

    GET  /               the page to write on; ?attack=, ?version=: begins with that, aimed at ?lab=
    POST /               STORE, VIEW_EXPLOIT, DELIVER_TO_VICTIM or ACCESS_LOG
    POST /start          the same page, which begins with a pasted form or request
    GET  /preview/<n>    a version that can do nothing
    GET  /versions/<n>   its body, to download
    GET  /log            who has read the owner's pages
    GET  /<file>         leads to the public host, so that no page of this host attacks anything

Nothing here makes a request to another site, and a page of another site can't store, even if it
knows the host. What has to do with alice is in `delivering`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from attacker_site.hosts import Visit
from attacker_site.refusal import Refusal
from attacker_site.targets import Addresses
from attacker_site.workbench import delivering, exploit, form, outcomes
from attacker_site.workbench.asked import by_another_site
from attacker_site.workbench.deliveries import Deliveries
from attacker_site.workbench.delivering import see
from attacker_site.workbench.exploit import Unusable
from attacker_site.workbench.form import Action, Fields, Written
from attacker_site.workbench.starts import Starts, checked_lab
from attacker_site.workbench.store import MOST_VERSIONS, Owner, Refused, Store, Version
from catalogue.labels import is_label
from csrf_proof.arsenal import AttackError
from csrf_proof.positions import CROSS_SITE
from csrf_proof.profile_names import NAMES
from csrf_proof.reasons import REASONS

_SITE = Path(__file__).resolve().parents[1]
_HOST = "workbench.secret"
# So many deliveries are on the page to write on.
SHOWN = 5


def create(addresses: Addresses, store: Store, starts: Starts, deliveries: Deliveries) -> Flask:
    """Return the application that answers at every secret host; `ByHost` tells it which."""
    # A version that is only shown loads pictures and styles of this site, and nothing else.
    static = f"{addresses.evil}/static/"
    still = (
        f"default-src 'none'; style-src 'unsafe-inline' {static}; img-src data: {static}; "
        "base-uri 'none'; frame-ancestors 'self'; sandbox"
    )
    app = Flask(
        __name__, template_folder=str(_SITE / "templates"), static_folder=str(_SITE / "static")
    )
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["clock"] = _clock
    app.jinja_env.globals |= {"browser_names": NAMES, "reasons": REASONS}

    def owner() -> Owner:
        found: Owner = g.owner
        return found

    def public() -> str:
        return addresses.exploit(owner().public)

    def lab() -> str:
        """Return the lab that the page aims at: the one asked for, or the owner's own."""
        return checked_lab(request.args.get(form.LAB) or owner().lab)

    def page(template: str, status: int = 200, *, aimed: str = "", **values: Any) -> Response:
        aimed = aimed or owner().lab
        html = render_template(
            f"workbench/{template}",
            addresses=addresses,
            gallery=f"{addresses.evil}/?lab={aimed}",
            lab=aimed,
            owner=owner(),
            public=public(),
            visit=g.visit,
            **values,
        )
        return make_response(html, status)

    def write_page(
        status: int = 200,
        *,
        aimed: str = "",
        said: Written | None = None,
        notes: Sequence[str] = (),
        problem: str = "",
        pasted: str = "",
    ) -> Response:
        """Return the page to write on, with what was said or else with the newest version."""
        versions = store.versions(owner())
        newest = store.newest(owner())
        shown = said or _of(newest)
        sent = deliveries.newest(owner()) if newest else []
        return page(
            "write.html",
            status,
            aimed=aimed,
            attacks=starts.attacks,
            browsers=deliveries.browsers(),
            deliveries=sent[:SHOWN],
            most_versions=MOST_VERSIONS,
            newest=newest,
            notes=notes,
            outcomes=outcomes.by_version(versions, sent),
            pasted=pasted,
            problem=problem,
            said=shown,
            text=_text(shown.body),
            versions=versions,
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
        acts = request.method not in {"GET", "HEAD"} or request.endpoint == delivering.ACTS_BY_GET
        if acts and by_another_site(request.headers, request.host_url.rstrip("/")):
            raise Refused(
                403,
                "A page of another site has sent this. Only this page and programs may store and "
                "deliver.",
            )
        return None

    @app.after_request
    def declare(response: Response) -> Response:
        forms = f"'self' {public()}" if "owner" in g else "'none'"
        own = {
            "Content-Security-Policy": (
                f"default-src 'none'; script-src {request.host_url}static/; style-src 'self'; "
                "img-src 'self'; frame-src 'self'; "
                "base-uri 'none'; "
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
        title = error.title if isinstance(error, Refusal) else error.name
        shown = problem_page(error.code or 500, title, error.description or "")
        if allow := dict(error.get_headers()).get("Allow"):
            shown.headers["Allow"] = allow
        return shown

    def problem_page(status: int, title: str, sentence: str) -> Response:
        if request.path.startswith("/api/"):
            return make_response({"error": sentence}, status)
        if "owner" not in g:
            answer = make_response(f"{sentence}\n", status)
            answer.mimetype = "text/plain"
            return answer
        return page("problem.html", status, title=title, sentence=sentence)

    @app.errorhandler(AttackError)
    def broken(error: AttackError) -> Response:
        return problem_page(500, "This attack is broken", str(error))

    @app.get("/")
    def write() -> Response:
        try:
            aimed = lab()
            if slug := request.args.get("attack"):
                start = starts.from_attack(slug, aimed)
                return write_page(aimed=start.lab, said=start.written, notes=start.notes)
            if number := request.args.get("version"):
                found = _of(version(number))
                note = f"This is version {number}. Store it to make it the newest."
                return write_page(aimed=aimed, said=found, notes=[note])
        except Unusable as mistake:
            return write_page(400, problem=str(mistake))
        return write_page(aimed=aimed)

    @app.post("/start")
    def start() -> Response:
        fields = form.read(request)
        pasted, aimed = form.text(fields, form.PASTED), form.text(fields, form.LAB)
        try:
            found = starts.from_pasted(pasted, aimed)
        except Unusable as mistake:
            return write_page(400, problem=str(mistake), pasted=pasted)
        return write_page(aimed=aimed, said=found.written, notes=found.notes)

    def version(number: str) -> Version:
        digits = number if number.isascii() and number.isdecimal() and len(number) < 10 else "0"
        found = store.version(owner(), int(digits))
        if found is None:
            raise Refused(404, f"There is no version {number[:20]}, or it isn’t kept any more.")
        return found

    @app.get("/preview/<number>")
    def preview(number: str) -> Response:
        found = version(number).exploit
        kind = found.parsed.content_type
        answer = make_response(found.body)
        answer.content_type = (
            "text/html; charset=utf-8" if kind == "text/html" else "text/plain; charset=utf-8"
        )
        answer.headers["Content-Security-Policy"] = still
        # A link in it leads on, without a word about where it was.
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.get("/versions/<number>")
    def download(number: str) -> Response:
        found = version(number)
        answer = make_response(found.exploit.body)
        answer.content_type = "application/octet-stream"
        answer.headers["Content-Disposition"] = (
            f'attachment; filename="exploit-{found.number}.html"'
        )
        answer.headers["Content-Security-Policy"] = still
        return answer

    def stored(check: Callable[[Fields], object], act: Callable[[Fields], Response]) -> Response:
        """Store what a form has written, if `check` allows it, and answer with what `act` does."""
        said, aimed = None, ""
        try:
            fields = form.read(request)
            said = form.written(fields)
            aimed = form.text(fields, form.LAB)
            aimed = aimed if is_label(aimed) else ""
            check(fields)
            if said.body is not None:
                store.save(owner(), exploit.checked(said.file, said.head, said.body))
            return act(fields)
        except Unusable as mistake:
            return write_page(400, aimed=aimed, said=said, problem=str(mistake))
        except Refused as refusal:
            if said is None:
                raise
            return write_page(refusal.code, aimed=aimed, said=said, problem=str(refusal))

    @app.post("/")
    def protocol() -> Response:
        return stored(form.action_of, lambda fields: after(form.action_of(fields), fields))

    def after(action: Action, fields: Fields) -> Response:
        """Lead to what was asked for, now that everything is stored."""
        aimed = form.text(fields, form.LAB)
        if action is Action.LOG:
            return see("/log")
        if action is Action.STORE:
            if "responseBody" not in fields:
                raise Unusable("There is no responseBody to store.")
            return see(f"/?{urlencode({form.LAB: aimed})}" if is_label(aimed) else "/")
        newest = store.newest(owner())
        if newest is None:
            raise Unusable("Nothing is stored yet.")
        if action is Action.VIEW:
            return see(public() + newest.exploit.file)
        names = (form.STAY, form.FROM)
        asked = {form.LAB: aimed, **{name: form.text(fields, name) for name in names}}
        query = urlencode({name: said for name, said in asked.items() if said})
        return see("/deliver-to-victim" + (f"?{query}" if query else ""))

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
        return see(f"{public()}/{file}", 302)

    delivering.add(app, store, deliveries, addresses, page, stored)
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
