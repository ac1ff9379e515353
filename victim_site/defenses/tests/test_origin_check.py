"""`origin-check`: unsafe methods need the bank's own origin, exactly."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from victim_site.defenses.base import all_defenses

HOST = "origin-check.bank.localhost:8000"
OWN = f"http://{HOST}"
CASES = {
    "own origin": ("POST", OWN, None),
    "missing": ("POST", None, "origin-missing"),
    "null": ("POST", "null", "origin-null"),
    "another site": ("POST", "http://evil.localhost:9000", "origin-mismatch"),
    "a sub-domain": ("POST", f"http://community.{HOST}", "origin-mismatch"),
    "the domain above": ("POST", "http://bank.localhost:8000", "origin-mismatch"),
    "another lab": ("POST", "http://no-defense.bank.localhost:8000", "origin-mismatch"),
    "another scheme": ("POST", f"https://{HOST}", "origin-mismatch"),
    "another port": ("POST", "http://origin-check.bank.localhost:9000", "origin-mismatch"),
    "no port": ("POST", "http://origin-check.bank.localhost", "origin-mismatch"),
    "own name as a prefix": ("POST", f"{OWN}.evil.localhost", "origin-mismatch"),
    "own name as a suffix": ("POST", f"http://evil{HOST}", "origin-mismatch"),
    "own name in the user part": ("POST", f"http://{HOST}@evil.localhost", "origin-mismatch"),
    "a slash at the end": ("POST", f"{OWN}/", "origin-mismatch"),
    "upper case": ("POST", OWN.upper(), "origin-mismatch"),
    "empty": ("POST", "", "origin-mismatch"),
    "two origins": ("POST", f"{OWN} http://evil.localhost", "origin-mismatch"),
    "broken": ("POST", "http://[", "origin-mismatch"),
    "PUT from another site": ("PUT", "http://evil.localhost:9000", "origin-mismatch"),
    "DELETE without": ("DELETE", None, "origin-missing"),
    "an unknown method without": ("BREW", None, "origin-missing"),
    "GET without": ("GET", None, None),
    "GET from another site": ("GET", "http://evil.localhost:9000", None),
    "HEAD without": ("HEAD", None, None),
    "OPTIONS from another site": ("OPTIONS", "http://evil.localhost:9000", None),
}


@pytest.mark.parametrize(("method", "origin", "reason"), CASES.values(), ids=CASES.keys())
def test_verdict(method: str, origin: str | None, reason: str | None) -> None:
    headers = {"host": HOST} | ({} if origin is None else {"origin": origin})
    request = RequestFactory().generic(method, "/transfer", headers=headers)

    verdict = all_defenses()["origin-check"].refusal(request)

    assert (verdict.code if verdict else None) == reason
