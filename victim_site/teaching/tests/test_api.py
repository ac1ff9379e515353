"""The JSON surface: it says what the OpenAPI document promises, and all that happened."""

from __future__ import annotations

import re
from typing import Any

import pytest

from catalogue import matrix
from victim_site.conftest import Bank, playground, signed_in, state
from victim_site.teaching.tests.schemas import mistakes

pytestmark = pytest.mark.django_db
LAB = "post-only--session-token--for-api"


def promised(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of the answer at an address, and the document that contains it."""
    document: dict[str, Any] = playground().get("/api/openapi.json").json()
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
    return answer["schema"], document


def test_the_state_of_a_busy_lab_is_as_promised() -> None:
    alice = signed_in(LAB)
    alice.honest("/transfer", {"to": "mallory", "amount": "10"})
    alice.forged("/transfer", {"to": "mallory", "amount": "10"})
    Bank(LAB).get("/logout")

    schema, document = promised("/api/labs/{lab}")
    assert mistakes(alice.state, schema, document) == []
    assert len(alice.attempts) == 4


def test_the_state_of_an_unvisited_lab_is_as_promised() -> None:
    schema, document = promised("/api/labs/{lab}")

    assert mistakes(state(LAB), schema, document) == []


def test_the_matrix_is_as_promised() -> None:
    schema, document = promised("/api/matrix")

    assert mistakes(playground().get("/api/matrix").json(), schema, document) == []


def test_an_operation_keeps_its_id_wherever_its_code_is() -> None:
    paths = playground().get("/api/openapi.json").json()["paths"]
    ids = {operation["operationId"] for path in paths.values() for operation in path.values()}

    assert ids == {
        "victim_site_lab_api_lab_state",
        "victim_site_lab_api_reset_lab",
        "victim_site_lab_api_expected_matrix",
        "victim_site_missions_list",
        "victim_site_room_who_is_here",
    }


def test_the_judge_of_schemas_finds_mistakes() -> None:
    schema, document = promised("/api/labs/{lab}")
    wrong = state(LAB)
    wrong["accounts"]["alice"]["balance"] = "1000"
    del wrong["accounts"]["mallory"]["email"]

    assert len(mistakes(wrong, schema, document)) == 2


def test_the_state_names_the_lab_and_what_it_expands_to() -> None:
    shown = state("rule-of-thumb--for-api")

    assert (shown["lab"], shown["defenses"], shown["weaknesses"]) == (
        "rule-of-thumb--for-api",
        ["post-only", "csrf-token"],
        [],
    )


def test_no_defense_is_an_empty_list() -> None:
    assert state("no-defense")["defenses"] == []


def test_attempts_are_in_order_the_newest_last() -> None:
    alice = signed_in("no-defense")
    for amount in (1, 2, 3):
        alice.get(f"/transfer?to=mallory&amount={amount}")

    attempts = alice.attempts
    assert [attempt["action"] for attempt in attempts] == ["login"] + ["transfer"] * 3
    assert sorted(attempts, key=lambda attempt: attempt["id"]) == attempts


def test_a_moment_is_in_utc_to_the_millisecond() -> None:
    moment = signed_in("no-defense").attempts[0]["at"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)


def test_the_matrix_has_every_cell() -> None:
    answer = playground().get("/api/matrix").json()
    served = {
        (c["profile"], c["attack"], c["position"], c["defense"], c["cookie_age"]): c["outcome"]
        for c in answer["cells"]
    }

    expected = {
        (c.profile, c.attack, c.position, c.defense, c.cookie_age): c.outcome
        for c in matrix.load().cells()
    }
    assert served == expected
    assert len(answer["cells"]) == len(served)
    assert answer["profiles"] == list(matrix.load().profiles)


BAD = [
    "csrf-tokem",
    "no-defense--post-only",
    "%00",
    "%ff",
    "a%2Fb",
    "..%2f..",
    "NO-DEFENSE",
    "x" * 500,
]


@pytest.mark.parametrize("text", BAD)
def test_a_bad_label_is_a_404_with_a_sentence(text: str) -> None:
    answer = playground().get(f"/api/labs/{text}")

    assert answer.status_code == 404


def test_the_sentence_for_a_bad_label_is_json() -> None:
    answer = playground().get("/api/labs/csrf-tokem").json()

    assert answer == {"detail": "No such lab. There is no defense called “csrf-tokem”."}


@pytest.mark.parametrize(
    "path", ["/api/labs/no-defense", "/api/matrix", "/api/labs/no-defense/reset"]
)
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_no_other_method_is_taken(path: str, method: str) -> None:
    answer = getattr(playground(), method)(path)

    assert answer.status_code in {403, 405}


def test_the_api_is_not_served_on_a_bank() -> None:
    assert Bank("no-defense").get("/api/labs/no-defense").status_code == 404


def test_the_api_lets_no_other_origin_read() -> None:
    answer = playground().get("/api/matrix", headers={"origin": "http://evil.localhost:9000"})

    assert [name for name in answer.headers if name.startswith("Access-Control")] == []
