"""The result of a visit, from what the lab and the browser have seen."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from victim_site.teaching.visits.verdict import Verdict, judge


@dataclass(frozen=True)
class Attempt:
    kind: str = "act"
    outcome: str = "refused"
    reason: str | None = "token-missing"
    confirmed: bool = False


APPLIED = Attempt(outcome="applied", reason=None, confirmed=True)
UNCONFIRMED = Attempt(outcome="applied", reason=None)
PREFLIGHT = Attempt(kind="preflight", reason="cors-closed")
FRAMED = Attempt(kind="framed", reason="frame-ancestors")
CASES = {
    "applied": ([APPLIED], {}, Verdict("forged")),
    "applied after all": ([Attempt(), APPLIED], {}, Verdict("forged")),
    "a socket": ([Attempt("websocket", "applied", None, True)], {}, Verdict("forged")),
    "refused": ([Attempt()], {}, Verdict("blocked", "token-missing")),
    "a sign-in that the browser dropped": (
        [UNCONFIRMED],
        {},
        Verdict("blocked"),
    ),
    "a preflight": ([PREFLIGHT], {}, Verdict("blocked", "preflight-refused")),
    "a preflight, then an act": ([PREFLIGHT, Attempt()], {}, Verdict("blocked", "token-missing")),
    "a frame": ([FRAMED], {}, Verdict("blocked", "frame-ancestors")),
    "a policy": ([], {"broke_policy": True}, Verdict("blocked", "csp-refused")),
    "only read": ([], {"read_nothing": True}, Verdict("blocked", "response-unreadable")),
    "nothing": ([], {}, Verdict("blocked")),
}


@pytest.mark.parametrize(("attempts", "browser", "verdict"), CASES.values(), ids=CASES)
def test_a_verdict(attempts: list[Attempt], browser: dict[str, bool], verdict: Verdict) -> None:
    seen = {"read_nothing": False, "broke_policy": False} | browser
    assert judge(attempts, **seen) == verdict
