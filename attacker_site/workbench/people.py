"""`/workbench/`, where people get a workbench of their own, and come back to it.

The address of the workbench is the key to it. A cookie remembers it for this page, which works
without.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from attacker_site.refusal import Refusal
from attacker_site.targets import Addresses
from attacker_site.workbench import owners
from attacker_site.workbench.asked import by_another_site
from attacker_site.workbench.starts import Starts
from attacker_site.workbench.store import Owner, Refused, Store
from catalogue.labels import is_label

COOKIE = "workbench"
_A_YEAR = 365 * 24 * 3600


def pages(
    addresses: Addresses, store: Store, starts: Starts, page: Callable[..., Response]
) -> Blueprint:
    """Return what answers `/workbench/`; `page` renders one of the site's own pages."""
    blueprint = Blueprint("people", __name__)

    def address(owner: Owner) -> str:
        """Return the address of a workbench, which begins with what was asked for."""
        asked = {name: request.values.get(name, "") for name in ("attack", "lab")}
        query = urlencode({name: said for name, said in asked.items() if said})
        return f"{addresses.workbench(owner.secret)}/{'?' if query else ''}{query}"

    def remembered() -> Owner | None:
        """Return the owner whom this browser remembers."""
        try:
            return store.by_secret(request.cookies.get(COOKIE, ""))
        except Refused:
            return None

    def begin(status: int = 200, *, name: str = "", problem: str = "") -> Response:
        known = remembered()
        lab = request.values.get("lab", "")
        return page(
            "workbench/begin.html",
            status,
            attack=starts.named(request.values.get("attack", "")),
            aimed=lab if is_label(lab) else "",
            known=address(known) if known else "",
            owner=known,
            name=name or lab.partition("--for-")[2],
            problem=problem,
        )

    @blueprint.get("/workbench/")
    def show() -> Response:
        _check_host(addresses)
        return begin()

    @blueprint.post("/workbench/")
    def make() -> Response:
        _check_host(addresses)
        if by_another_site(request.headers, addresses.evil):
            raise Refusal(
                403,
                "That came from another site",
                "Only this page makes a workbench.",
                {"The workbench": "/workbench/"},
            )
        request.max_content_length = owners.MOST_BODY
        name = request.form.get("name", "")
        try:
            owner = owners.make(store, name)
        except Refused as refusal:
            return begin(refusal.code, name=name, problem=str(refusal))
        answer = page(
            "workbench/ready.html",
            201,
            owner=owner,
            public=addresses.exploit(owner.public),
            writing=addresses.workbench(owner.secret),
            address=address(owner),
        )
        answer.set_cookie(
            COOKIE,
            owner.secret,
            max_age=_A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=addresses.scheme == "https",
        )
        return answer

    return blueprint


def _check_host(addresses: Addresses) -> None:
    if request.host != addresses.evil.partition("://")[2]:
        there = f"{addresses.evil}/workbench/"
        raise Refusal(404, "Not at this address", "The workbench is here:", {there: there})
