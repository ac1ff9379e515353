"""What the secret host answers about alice.

POST /deliveries         stores, and sends the newest version to alice
GET  /deliveries/<id>    the result; with /test.py, a test of what has worked
GET  /deliver-to-victim  sends the newest to alice at ?lab=, and answers when the visit is over
POST /api/deliveries     the same in JSON, at once; GET /api/deliveries/<id> says the result
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, g, make_response, redirect, request

from attacker_site.targets import Addresses
from attacker_site.workbench import form, outcomes, regression
from attacker_site.workbench.asked import json_object
from attacker_site.workbench.deliveries import Deliveries
from attacker_site.workbench.form import Fields
from attacker_site.workbench.starts import checked_lab
from attacker_site.workbench.store import Owner, Refused, Store, Version
from catalogue.matrix import FORGED
from catalogue.visits import OVER, How
from csrf_proof import reasons
from csrf_proof.positions import CROSS_SITE

ACTS_BY_GET = "deliver"
MOST_JSON, LONGEST_CLICK = 10_000, 100
_SAYS = (
    'Send a JSON object: {"lab": "no-defense--for-otter42", "exploit": "/exploit", '
    '"browsers": ["chromium"]}. Only “lab” is needed.'
)
# Why a cookie wasn't sent, as far as the request shows it. Each of these rules is enough.
WHY = {
    reasons.COOKIE_LAX.code: (
        "SameSite=Lax: requests from other sites get it only on a top-level GET navigation"
    ),
    reasons.COOKIE_STRICT.code: "SameSite=Strict: requests from other sites don’t get it",
    reasons.COOKIE_DEFAULT.code: "no SameSite, and this browser treats that as Lax",
    reasons.COOKIE_THIRD_PARTY.code: (
        "blocked as a third-party cookie, or the page didn’t ask for cookies"
    ),
    reasons.COOKIE_UNKNOWN.code: "the request doesn’t show why",
}
Stored = Callable[[Callable[[Fields], object], Callable[[Fields], Response]], Response]


def add(
    app: Flask,
    store: Store,
    deliveries: Deliveries,
    addresses: Addresses,
    page: Callable[..., Response],
    stored: Stored,
) -> None:
    """Add these addresses to the secret host's; `page` renders, `stored` stores a form first."""

    def owner() -> Owner:
        found: Owner = g.owner
        return found

    def sent(lab: str, how: How, file: str = "", browsers: Sequence[str] = ()) -> str:
        """Deliver what's stored, and return the delivery's id."""
        found = store.served(owner(), file) if file else store.newest(owner())
        if found is None:
            raise Refused(409, f"Nothing is stored{f' as {file[:100]}' if file else ' yet'}.")
        return deliveries.deliver(owner(), lab, found.exploit.file, browsers, how)

    def how(click: str, stay: str, position: str) -> How:
        """Return how alice is to visit, as texts ask for it."""
        return How(
            click.strip()[:LONGEST_CLICK], form.checked_stay(stay), form.is_subdomain(position)
        )

    def how_of(fields: Fields) -> How:
        return how(*(form.text(fields, name) for name in (form.CLICK, form.STAY, form.FROM)))

    def check(fields: Fields) -> None:
        lab_of(fields)
        how_of(fields)

    def lab_of(fields: Fields) -> str:
        return checked_lab(form.text(fields, form.LAB))

    def send(fields: Fields) -> Response:
        names = [n.removeprefix(form.BROWSER) for n in fields if n.startswith(form.BROWSER)]
        made = sent(lab_of(fields), how_of(fields), browsers=names)
        return see(f"/deliveries/{made}")

    @app.post("/deliveries")
    def store_and_send() -> Response:
        return stored(check, send)

    @app.get("/deliver-to-victim", endpoint=ACTS_BY_GET)
    def deliver() -> Response:
        lab = request.args.get(form.LAB)
        if not lab:
            before = deliveries.newest(owner())
            lab = before[0]["lab"] if before else owner().lab
        asked = (request.args.get(name, "") for name in (form.STAY, form.FROM))
        made = sent(lab, how("", *asked))
        deliveries.wait(owner(), made)
        return see(f"/deliveries/{made}", 302)

    @app.get("/deliveries/<made>")
    def delivery(made: str) -> Response:
        told = deliveries.told(owner(), made)
        test = test_of(told)
        return page(
            "delivery.html",
            aimed=told["lab"],
            told=told,
            over=told["state"] == OVER,
            test=regression.file_of(test.number) if test else "",
            number=test.number if test else 0,
            why=WHY,
        )

    def test_of(told: Mapping[str, Any]) -> Version | None:
        """Return the version that has changed the accounts, if it can be made a test."""
        if told["from"] != CROSS_SITE:
            return None  # The test launches it from another site.
        changed = [visit for visit in told["browsers"] if _has_robbed(visit)]
        found = outcomes.by_version(store.versions(owner()), [{**told, "browsers": changed}])
        version = store.version(owner(), next(iter(found))) if found else None
        return version if version and written(told, version) else None

    def written(told: Mapping[str, Any], version: Version) -> str | None:
        shown = version.exploit
        return regression.write(addresses, told["lab"], shown.file, version.number, shown.body)

    @app.get("/deliveries/<made>/test.py")
    def test(made: str) -> Response:
        told = deliveries.told(owner(), made)
        version = test_of(told)
        text = written(told, version) if version else None
        if version is None or text is None:
            raise Refused(404, "This delivery can’t be made a test.")
        answer = make_response(text)
        answer.content_type = "application/octet-stream"
        name = regression.file_of(version.number)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @app.get("/deliveries/<made>/<browser>.jpg")
    def picture(made: str, browser: str) -> Response:
        answer = make_response(deliveries.picture(owner(), made, browser))
        answer.content_type = "image/jpeg"
        return answer

    @app.post("/api/deliveries")
    def deliver_as_json() -> Response:
        said = _json()
        lab, file, click, position = (
            said.get(name, "") for name in ("lab", "exploit", "click", form.FROM)
        )
        browsers = said.get("browsers", [])
        texts = [lab, file, click, position, *(browsers if isinstance(browsers, list) else [None])]
        if not lab or not all(isinstance(each, str) for each in texts):
            raise Refused(400, _SAYS)
        # The whole address of an exploit will do, too.
        path = file if file.startswith("/") else "/" + "/".join(file.split("/")[3:]) if file else ""
        stay = str(said.get("stay", ""))
        made = sent(lab, how(click, stay, position), path, browsers)
        return make_response({"id": made}, 202)

    @app.get("/api/deliveries/<made>")
    def told_as_json(made: str) -> Response:
        return make_response(dict(deliveries.told(owner(), made)), 200)


def _has_robbed(visit: Mapping[str, Any]) -> bool:
    """Tell whether a visit has changed the accounts, which is what a test can see."""
    accounts = visit.get("evidence", {}).get("accounts", {})
    return bool(visit["outcome"] == FORGED and accounts["before"] != accounts["after"])


def _json() -> dict[str, Any]:
    if not request.is_json:
        raise Refused(415, f"The Content-Type has to be application/json. {_SAYS}")
    if (said := json_object(MOST_JSON)) is None:
        raise Refused(400, _SAYS)
    return said


def see(address: str, code: int = 303) -> Response:
    """Return a redirect."""
    answer = redirect(address, code)
    assert isinstance(answer, Response)
    return answer
