"""The Flask application: which address serves what.

    /                   the gallery of bait pages
    /<attack>/          the exploit, exactly as in its folder, aimed at one lab
    /<attack>/hold/     shows that page for a moment, and then leads to it
    /<attack>/still/    the same page, which can do nothing
    /<attack>/behind/   what that page does; fires nothing
    /<attack>/try/<n>/  the page that a learner has put together, with hold/ and so on
    /<attack>/caught/   where what the attack steals arrives
    /loot/              what the attacker's server has prepared or stolen in this lab
    /loot.json          the same as JSON
    /self-check/        one cross-site image, to learn which cookies this browser sends
    /cookies/           one request to the bank in each way, for the teaching side's cookie page
    /workbench/         where attendees begin to write exploits of their own
    /api/owners         the same for programs; `workbench/` answers for the owners' hosts
    /health             ok

The site is hostile to the demo bank on purpose and harmless to everything else: it answers for an
allow-list of hosts, aims only at labs, and stores only its loot and what attendees write at their
own hosts.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from attacker_site import loot, panel, purse
from attacker_site.actions import AimedShot, check
from attacker_site.cookies import next_step
from attacker_site.gallery import in_sections
from attacker_site.hosts import Visit, is_loopback, read_host
from attacker_site.mallory import visit as visit_as_mallory
from attacker_site.refusal import Refusal
from attacker_site.targets import read_addresses
from attacker_site.workbench import owners, people, writing
from attacker_site.workbench.by_host import ByHost
from attacker_site.workbench.deliveries import Deliveries
from attacker_site.workbench.reading import Reading
from attacker_site.workbench.starts import Starts
from attacker_site.workbench.store import Store
from catalogue import gaps
from catalogue.actions import ACTIONS, MOST, Action
from catalogue.kept import folder, key_folder, victim_key
from catalogue.labels import LONGEST_LABEL, LONGEST_OWNER, NO_DEFENSE, is_label, with_weakness
from catalogue.moved import Application, Moved
from catalogue.spelling import closest
from catalogue.visits import Queue
from csrf_proof.arsenal import (
    ADDRESS,
    CAUGHT_PAGE,
    Arsenal,
    Attack,
    AttackError,
    render_source,
)
from csrf_proof.positions import CROSS_SITE, HOSTS, LOOKALIKE, SUBDOMAIN
from csrf_proof.visitor import Caught, Prepared, VisitProblem

# The longest body that is read. The bank's pages are much shorter.
MOST_LOOT = 200_000
# The policy of a page that is only shown: it can load its style and picture. In a sandbox, scripts,
# forms, frames and refreshes don't work.
STILL = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)


def create_app(environ: Mapping[str, str] = os.environ, arsenal: Arsenal | None = None) -> Flask:
    """Return the site. A malformed environment or attack folder raises one clear sentence."""
    addresses = read_addresses(environ)
    arsenal = arsenal or Arsenal()
    check(arsenal)
    exercises = {slug: gaps.exercise_of(attack) for slug, attack in arsenal.attacks.items()}
    var_dir = folder(environ)
    notebook = loot.Notebook(var_dir)
    store = Store(var_dir)
    app = Flask(__name__)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    in_room = environ.get("ROOM") == "1"
    app.jinja_env.globals["in_room"] = in_room
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    def visit() -> Visit:
        found: Visit = g.visit
        return found

    def current_lab() -> str | None:
        """Return the lab of this request, or None where the query names no well-formed one."""
        lab = visit().lab or request.args.get("lab", NO_DEFENSE)
        return lab if is_label(lab) else None

    def query(lab: str | None, **more: str | int | None) -> str:
        """Return a query that keeps the lab where the host does not name it."""
        named = {"lab": None if visit().lab else lab, **more}
        text = urlencode({name: value for name, value in named.items() if value is not None})
        return f"?{text}" if text else ""

    def aimed_lab() -> str:
        lab = current_lab()
        if lab is None:
            raise Refusal(
                400,
                "That isn’t a lab",
                "A lab’s label looks like this. Names are lower-case letters and digits, joined by "
                f"single hyphens. An owner has at most {LONGEST_OWNER} characters, the whole "
                f"label at most {LONGEST_LABEL}.",
                {"The gallery, aimed at no-defense": "/"},
                form="<defense>[--<defense>…][--with-<weakness>…][--for-<owner>]",
            )
        return lab

    def launched_from(position: str, lab: str, path: str) -> str:
        """Return the address of one of these pages at the host that a position stands for."""
        if position == CROSS_SITE:
            return f"{addresses.evil}{path}?lab={lab}"
        host = addresses.lookalike(lab) if position == LOOKALIKE else addresses.community(lab)
        return host + path

    def reach(attack: Attack, lab: str, page: str = "", **more: int) -> str:
        """Return the address of an attack's page: at this host, or else where it is launched."""
        path = f"/{attack.slug}/{page}"
        if visit().position in attack.launched_from:
            return path + query(lab, **more)
        # The sub-domain's host names the lab, the attacker's own does not.
        there = launched_from(attack.launched_from[0], lab, path)
        return "".join([there, "&" if "?" in there else "?", urlencode(more)]) if more else there

    def aim(attack: Attack, lab: str, page: str = "", **more: str | int | None) -> str:
        """Return the address of an attack's page here, aimed at the lab with what it needs."""
        weak = with_weakness(lab, attack.needs)
        path = f"/{attack.slug}/{page}"
        if visit().lab and weak != lab:
            return launched_from(visit().position, weak, path) + query(None, **more)
        return path + query(weak, **more)

    def prepared_for(attack: Attack, lab: str, at: int) -> Prepared:
        """Let the attack's server do its part at the bank, and note what it got."""
        if attack.slug not in arsenal.servers:
            return Prepared()
        try:
            prepared = arsenal.prepare(attack, visit_as_mallory(addresses, lab))
        except (VisitProblem, AttackError) as problem:
            lab_page = f"{addresses.playground}/labs/{lab}/"
            again = {"Try again": f"/{attack.slug}/{query(lab)}", "The lab’s page": lab_page}
            title = "The attacker’s server couldn’t get what it needs"
            raise Refusal(502, title, str(problem), again) from None
        notebook.write(lab, loot.Entry(attack.slug, at, prepared))
        return prepared

    def chosen(slug: str) -> tuple[Attack, Action, str]:
        """Return the attack, its action and the lab; refuse what does not fit."""
        attack = arsenal.attacks.get(slug)
        if attack is None:
            where = current_lab()
            links = {"The gallery shows every attack": f"/{query(where)}"}
            if where and (meant := closest(slug, arsenal.attacks)):
                links = {f"Did you mean {meant}?": reach(arsenal.attacks[meant], where), **links}
            raise Refusal(404, "No such attack", f"There is no attack called “{slug}”.", links)
        lab = aimed_lab()
        if visit().position not in attack.launched_from:
            there = [launched_from(position, lab, f"/{slug}/") for position in attack.launched_from]
            sentence = "This attack doesn’t run from this address."
            raise Refusal(
                404, "Not at this address", sentence, dict(zip(there, there, strict=True))
            )
        name = request.args.get("action", attack.action)
        if name not in attack.actions:
            choices = {
                f"{choice}: {ACTIONS[choice].label}": f"/{slug}/{query(lab, action=choice)}"
                for choice in attack.actions
            }
            raise Refusal(400, "This attack can’t do that", "It can do one of these:", choices)
        return attack, ACTIONS[name], lab

    def again(attack: Attack, action: Action, lab: str, **more: int | None) -> str:
        """Return the query that asks for the same attack again."""
        named = action.name if action.name != attack.action else None
        return query(lab, action=named, **more)

    def shot_at(
        attack: Attack, action: Action, lab: str, at: int | None, amount: int, prepared: Prepared
    ) -> tuple[AimedShot, str]:
        """Return the aimed attack, and the query that repeats it without time or amount."""
        # The amount travels with the link: after the transfer the balance says another one.
        taken = amount if action.name == "transfer" else None
        behind = "behind/" + again(attack, action, lab, at=at, amount=taken)
        caught, short = (
            launched_from(visit().position, lab, f"/{attack.slug}/{step}/")
            for step in ("caught", "go")
        )
        evil = addresses.domains.evil
        shot = AimedShot(
            attack=attack,
            origin=addresses.bank(lab),
            action_path=action.path,
            forged=action.fields(amount, evil),
            behind=behind,
            prepared=prepared,
            caught=caught,
            short=short,
            action=action,
            amount=amount,
            evil=evil,
        )
        return shot, again(attack, action, lab)

    def changed(attack: Attack, choices: str) -> str:
        """Return the source of the page with a learner's choices; nothing if it's the attack's."""
        if not choices:
            return ""
        exercise = exercises[attack.slug]
        numbers = exercise.numbers(choices) if exercise else None
        if exercise is None or numbers is None:
            raise Refusal(
                404,
                "No such page",
                "This address doesn’t name a choice for each gap of the page. Choose them in a "
                "lesson, and open your page from there.",
                {"The lessons": f"{addresses.playground}/lessons/"},
            )
        return exercise.filled(numbers)

    def rendered(shot: AimedShot, source: str) -> str:
        """Return the page that has been asked for: this one, or the attack's own."""
        return render_source(shot, source) if source else arsenal.render(shot)

    def bait(html: str) -> Response:
        """Return a page of an attack, exactly as it is."""
        response = make_response(html)
        response.headers["Cache-Control"] = "no-store"
        return response

    def page(
        template: str,
        status: int = 200,
        *,
        images: str = "",
        probes: str = "",
        frames: str = "",
        **values: Any,
    ) -> Response:
        """Return one of the site's own pages, closed to everything that it does not need.

        It may load `images` from one more site, send `probes` of every kind to one, or have
        `frames` from one.
        """
        lab = current_lab()
        html = render_template(
            template,
            addresses=addresses,
            visit=visit(),
            lab=lab,
            gallery=f"/{query(lab)}",
            **values,
        )
        response = make_response(html, status)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; script-src 'self'; "
            f"img-src 'self' {images or probes}; frame-src {probes}{frames}; "
            f"connect-src {probes} {probes.replace('http', 'ws', 1)}; "
            f"form-action 'self' {addresses.evil} {probes}; base-uri 'none'; frame-ancestors 'none'"
        )
        return response

    @app.before_request
    def admit() -> Response | None:
        header = request.environ.get("HTTP_HOST", "")
        g.visit = read_host(header, addresses.domains)
        if g.visit and "Transfer-Encoding" in request.headers:  # Its body would be read as empty.
            message = "The request needs a Content-Length header if it has a body."
            raise Refusal(411, "Length needed", message)
        if g.visit or (request.path == "/health" and is_loopback(header)):
            return None
        return make_response(render_template("misdirected.html", addresses=addresses), 421)

    @app.after_request
    def declare(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        answer = Response(error.get_response().get_data(), headers=error.get_headers())
        answer.status_code = error.code or 500
        if g.get("visit") is None:
            answer.set_data(f"{error.code} {error.name}\n")
            answer.content_type = "text/plain; charset=utf-8"
            return answer
        known = error if isinstance(error, Refusal) else None
        shown = page(
            "error.html",
            answer.status_code,
            title=known.title if known else error.name,
            sentence=error.description,
            links=known.links if known else {},
            form=known.form if known else "",
        )
        if allow := answer.headers.get("Allow"):
            shown.headers["Allow"] = allow
        return shown

    @app.errorhandler(AttackError)
    def broken(error: AttackError) -> Response:
        return refuse(Refusal(500, "This attack is broken", str(error)))

    @app.get("/")
    def gallery() -> Response:
        lab = aimed_lab()
        here = [one for one in arsenal.attacks.values() if visit().position in one.launched_from]
        others = {
            position: launched_from(position, lab, "/")
            for position in HOSTS
            if position != visit().position
        }
        return page(
            "gallery.html",
            loot=f"/loot/{query(lab)}",
            sections=in_sections(here, {*arsenal.servers, *arsenal.catchers}),
            aim=aim,
            query=query,
            actions=ACTIONS,
            others=others,
        )

    @app.get("/<slug>/")
    @app.get("/<slug>/try/<choices>/")
    def exploit(slug: str, choices: str = "") -> Response:
        attack, action, lab = chosen(slug)
        source = changed(attack, choices)
        amount = purse.amount_to_take(addresses, lab) if action.name == "transfer" else MOST
        if amount == 0:
            return page("nothing_left.html", attack=attack)
        at = _now()
        shot, _ = shot_at(attack, action, lab, at, amount, prepared_for(attack, lab, at))
        return bait(rendered(shot, source))

    @app.get("/<slug>/hold/")
    @app.get("/<slug>/try/<choices>/hold/")
    def hold(slug: str, choices: str = "") -> Response:
        attack, action, lab = chosen(slug)
        changed(attack, choices)
        here, asked = _path(slug, choices), again(attack, action, lab)
        return page(
            "hold.html",
            frames="'self'",
            still=f"{here}still/{asked}",
            runs=f"{here}{asked}",
            bank=addresses.bank(lab),
            bait=attack.bait,
        )

    @app.get("/<slug>/go/")
    def go(slug: str) -> Response:
        """Lead to the act: the address that a visitor opens without a page."""
        attack, action, lab = chosen(slug)
        if attack.trigger != ADDRESS:
            raise Refusal(404, "This leads nowhere", "This attack has no short link.")
        amount = purse.amount_to_take(addresses, lab)
        if amount == 0:
            return page("nothing_left.html", attack=attack)
        shot, _ = shot_at(attack, action, lab, None, amount, Prepared())
        response = make_response(redirect(shot.url))
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/<slug>/still/")
    @app.get("/<slug>/try/<choices>/still/")
    def still(slug: str, choices: str = "") -> Response:
        attack, action, lab = chosen(slug)
        shot, _ = shot_at(attack, action, lab, None, MOST, Prepared())
        response = bait(rendered(shot, changed(attack, choices)))
        response.headers["Content-Security-Policy"] = STILL
        return response

    @app.route("/<slug>/caught/", methods=["GET", "POST"])
    def caught(slug: str) -> Response:
        attack, action, lab = chosen(slug)
        if slug not in arsenal.catchers:
            raise Refusal(404, "Nothing arrives here", "This attack doesn’t steal anything.")
        stolen = arsenal.catch(attack, Caught(_said(), request.referrer or ""))
        prepared = Prepared({k[:100]: v[:1000] for k, v in list(stolen.fields.items())[:20]})
        at = _now()
        notebook.write(lab, loot.Entry(attack.slug, at, prepared))
        if slug not in arsenal.uses:
            return Response(status=204)
        amount = purse.amount_to_take(addresses, lab) or MOST
        shot, _ = shot_at(attack, action, lab, at, amount, prepared)
        response = bait(arsenal.render(shot, CAUGHT_PAGE))
        # What leaked by one Referer must not leak by the next.
        response.headers["Referrer-Policy"] = "origin"
        return response

    @app.get("/<slug>/behind/")
    @app.get("/<slug>/try/<choices>/behind/")
    def behind(slug: str, choices: str = "") -> Response:
        attack, action, lab = chosen(slug)
        source = changed(attack, choices)
        at = _whole(request.args.get("at"), 10**15)
        amount = _whole(request.args.get("amount"), MOST)
        broke = False
        if amount is None and action.name == "transfer":
            amount = purse.amount_to_take(addresses, lab)
            broke = amount == 0
        noted = notebook.find(lab, slug, at, later=slug in arsenal.catchers) if at else None
        shot, again = shot_at(
            attack, action, lab, at or _now(), amount or MOST, noted or Prepared()
        )
        insecure = addresses.scheme != addresses.victim_scheme and visit().position == SUBDOMAIN
        position = panel.INSECURE_SUBDOMAIN if insecure else visit().position
        host = addresses.at_attacker(visit().host)
        since = urlencode({"since": at, "path": shot.path}, safe="/")
        log = f"attempt/?{since}" if at else "#log"
        return page(
            "behind.html",
            attack=attack,
            fired=at is not None,
            broke=broke,
            prepares=slug in arsenal.servers,
            catches=slug in arsenal.catchers,
            uses=panel.highlight_page(arsenal.render(shot, CAUGHT_PAGE))
            if slug in arsenal.uses
            else "",
            lacks=with_weakness(lab, attack.needs) != lab,
            weak=aim(attack, lab),
            edit=f"{addresses.evil}/workbench/?{urlencode({'attack': slug, 'lab': lab})}"
            if starts.offers(attack) and not choices
            else "",
            prepared=noted,
            loot=f"/loot/{query(lab)}",
            as_built=choices,
            story=panel.story(shot, position, fired=at is not None),
            source=panel.highlight_page(rendered(shot, source)),
            request_text=panel.highlight_request(panel.request_text(shot, host, position)),
            log=f"{addresses.playground}/labs/{lab}/{log}",
            again=_path(slug, choices) + again,
        )

    @app.get("/loot/")
    def loot_page() -> Response:
        lab = aimed_lab()
        return page(
            "loot.html",
            entries=notebook.read(lab),
            attacks=arsenal.attacks,
            reach=reach,
            servers=sorted({*arsenal.servers, *arsenal.catchers}),
        )

    @app.get("/loot.json")
    def loot_as_json() -> Response:
        lab = aimed_lab()
        entries = [
            {
                "attack": entry.attack,
                "at": entry.at,
                "fields": dict(entry.prepared.fields),
                "cookies": dict(entry.prepared.cookies),
            }
            for entry in notebook.read(lab)
        ]
        return jsonify({"lab": lab, "loot": entries})

    @app.get("/self-check/")
    def self_check() -> Response:
        lab = aimed_lab()
        if visit().position != CROSS_SITE:
            there = f"{addresses.evil}/self-check/?lab={lab}"
            sentence = "The self-check measures what another site gets, so it runs there."
            raise Refusal(404, "Not at this address", sentence, {there: there})
        bank = addresses.bank(lab)
        return page("self_check.html", images=bank, echo=f"{bank}/self-check/echo.svg")

    @app.get("/cookies/")
    def cookies() -> Response:
        lab = aimed_lab()
        run, after = request.args.get("run", ""), request.args.get("after", "")
        step = next_step(addresses, visit(), lab, run, after)
        if step is None:
            there = f"{addresses.playground}/cookies/"
            sentence = "This is the second half of the cookie test. It starts here:"
            raise Refusal(404, "Not at this address", sentence, {there: there})
        return page("cookies.html", probes=addresses.bank(lab), step=step)

    @app.get("/health")
    def health() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return app.send_static_file("favicon.svg")

    def complete(attack: Attack, lab: str) -> str:
        """Return an attack's page with complete addresses, so that it works at any host."""
        at = _now()
        action = ACTIONS[attack.action]
        amount = purse.amount_to_take(addresses, lab) if action.name == "transfer" else MOST
        prepared = prepared_for(attack, lab, at)
        shot, _ = shot_at(attack, action, lab, at, amount or MOST, prepared)
        shot = replace(shot, behind=f"{addresses.evil}/{attack.slug}/{shot.behind}")
        return arsenal.render(shot).replace('="/static/', f'="{addresses.evil}/static/')

    starts = Starts(arsenal.attacks, complete, addresses)
    app.register_blueprint(owners.api(addresses, store))
    app.register_blueprint(people.pages(addresses, store, starts, page))

    def queue() -> Queue:
        return Queue(addresses, addresses.connect, victim_key(key_folder(environ)))

    writes = writing.create(addresses, store, starts, Deliveries(queue))
    front: Application = ByHost(app.wsgi_app, Reading(store), writes, addresses.domains)
    if in_room:
        front = Moved(front, addresses, addresses.attacker_port)
    # Flask's way to put something in front; its types say that it's a method.
    app.wsgi_app = front  # type: ignore[assignment,method-assign]
    return app


def _path(slug: str, choices: str) -> str:
    """Return the path of an attack's page, or of the one with a learner's choices."""
    return f"/{slug}/try/{choices}/" if choices else f"/{slug}/"


def _said() -> dict[str, str]:
    """Return the fields of the request's body, a form or JSON; none where it makes no sense."""
    request.max_content_length = MOST_LOOT
    try:
        # A beacon from another site of the attacker's is text: JSON would need a preflight.
        said = request.form or request.get_json(force=True, silent=True)
    except RecursionError:  # Brackets alone can exhaust the parser.
        return {}
    return {str(k): str(v) for k, v in said.items()} if isinstance(said, Mapping) else {}


def _now() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _whole(text: str | None, most: int) -> int | None:
    """Return a whole number from 1 to `most`, or None for anything else."""
    if text is None or not re.fullmatch(r"[1-9][0-9]{0,15}", text):
        return None
    return int(text) if int(text) <= most else None
