"""How an owner is made, at the attacker's own host: `POST /api/owners` for programs.

The answer contains the secret host, so no other site may read it; and none may ask, or it could
fill the workbench.
"""

from __future__ import annotations

import re
import secrets

from flask import Blueprint, Response, jsonify, request

from attacker_site.targets import Addresses
from attacker_site.workbench.asked import by_another_site, json_object
from attacker_site.workbench.exploit import FILE
from attacker_site.workbench.store import Owner, Refused, Store
from catalogue.addresses import authority
from catalogue.labels import LONGEST_OWNER

# A name is a line.
MOST_BODY = 10_000
_NAME = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
# No vowels, so no words; and nothing that looks like something else.
_SIGNS = "23456789bcdfghjkmnpqrstvwxz"


def make(store: Store, name: str) -> Owner:
    """Return a new owner with this name, or with a random one.

    Raises:
        Refused: The name can't own a lab, or there are too many owners.
    """
    name = name.strip() or "guest-" + "".join(secrets.choice(_SIGNS) for _ in range(6))
    if len(name) > LONGEST_OWNER or not _NAME.fullmatch(name):
        raise Refused(
            400,
            f"A name has at most {LONGEST_OWNER} characters: a-z, 0-9 and single hyphens, such as "
            "otter42. It’s the name in the addresses of your labs, after “--for-”.",
        )
    return store.make_owner(name)


def api(addresses: Addresses, store: Store) -> Blueprint:
    """Return what answers `/api/owners`."""
    blueprint = Blueprint("owners", __name__)

    @blueprint.post("/api/owners")
    def owners() -> tuple[Response, int]:
        try:
            owner = make(store, _name())
        except Refused as refusal:
            return jsonify({"error": str(refusal)}), refusal.code
        answer = jsonify(
            {
                "name": owner.name,
                "exploit_host": authority(
                    addresses.domains.workbench(owner.secret),
                    addresses.scheme,
                    addresses.attacker_port,
                ),
                "exploit_url": addresses.exploit(owner.public) + FILE,
            }
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer, 201

    def _name() -> str:
        """Return the name in the request, which is empty where there is none."""
        if (
            by_another_site(request.headers, addresses.evil)
            or request.host != addresses.evil.partition("://")[2]
        ):
            raise Refused(403, f"Ask at {addresses.evil}, from a page of it or without a browser.")
        if not request.is_json:
            raise Refused(415, 'Send JSON (Content-Type: application/json): {"name": "otter42"}.')
        said = json_object(MOST_BODY)
        name = said.get("name", "") if said is not None else None
        if not isinstance(name, str):
            raise Refused(400, 'Send a JSON object: {"name": "otter42"}.')
        return name

    return blueprint
