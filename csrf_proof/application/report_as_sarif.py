"""The result of an application's actions, for code scanning: SARIF 2.1.0.

Services for that reject a result without a location. An attack sees no source, so a result points
at the line that describes the action: of a recipe, or of csrf-proof.toml. Where there is neither,
it names the path of the request.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from csrf_proof.application.choice import arsenal
from csrf_proof.application.report import Done, title
from csrf_proof.application.tries import NOT_JUDGED, Tried
from csrf_proof.application.verdict import Verdict, told, weakness
from csrf_proof.trial import FORGED

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# From 0 to 10, as code scanning sorts: “high” begins at 7.
_SEVERITY = "8.0"


def as_sarif(application: str, actions: Sequence[Done]) -> str:
    """Return a result for whatever was forged; what is known and accepted is suppressed."""
    forged = [(done, each) for done in actions for each in done.results if each.outcome == FORGED]
    unsaid = [
        {"level": "warning", "message": {"text": f"{done.name}: {each.one.id}: {each.note}"}}
        for done in actions
        for each in done.results
        if each.outcome == NOT_JUDGED
    ]
    run = {
        "tool": {
            "driver": {
                "name": "csrf-proof",
                "rules": list({each.one.attack: _rule(each) for _, each in forged}.values()),
            }
        },
        "invocations": [
            {"executionSuccessful": not unsaid, "toolExecutionNotifications": unsaid},
        ],
        "results": [_result(application, done, each) for done, each in forged],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(each: Tried) -> dict[str, Any]:
    assert each.verdict
    slug = each.one.attack
    attack = arsenal().attacks.get(slug)
    wrong = weakness(slug, (attack or each.verdict.evidence).method)
    return {
        "id": slug,
        "shortDescription": {"text": title(slug)},
        "help": {"text": f"{wrong.cwe}: {wrong.name}. {wrong.violates}"},
        "properties": {
            "tags": ["security", f"external/cwe/{wrong.cwe.lower()}", wrong.violates],
            "precision": "very-high",
            "security-severity": _SEVERITY,
        },
    }


def _result(application: str, done: Done, each: Tried) -> dict[str, Any]:
    assert each.verdict
    # The port of a test server is another one each time.
    name = f"{urlsplit(application).hostname} {done.name} {each.one.id}"
    result: dict[str, Any] = {
        "ruleId": each.one.attack,
        "level": "error",
        "message": {"text": told(each.verdict, done.name)},
        "locations": [_location(done, each.verdict)],
        "partialFingerprints": {"csrfProof/v1": sha256(name.encode()).hexdigest()},
    }
    if each.accepted:
        result["suppressions"] = [{"kind": "external", "justification": str(each.accepted)}]
    return result


def _location(done: Done, verdict: Verdict) -> dict[str, Any]:
    seen = verdict.evidence
    path = urlsplit(seen.url).path
    source = done.source
    where: dict[str, Any] = {"artifactLocation": {"uri": path.strip("/") or "index"}}
    if source:
        where = {
            "artifactLocation": {"uri": source.file},
            "region": {"startLine": source.line},
        }
    route = {"fullyQualifiedName": f"{seen.method} {path}".strip(), "kind": "resource"}
    return {"physicalLocation": where, "logicalLocations": [route]}
