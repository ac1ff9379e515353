"""What is tried on an action, in which order, and the result of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from csrf_proof.address import WrongUse
from csrf_proof.application import stored
from csrf_proof.application.choice import POSITIONS, NotApplicable, general
from csrf_proof.application.known import Accepted
from csrf_proof.application.proof import Proof
from csrf_proof.application.verdict import Try, Verdict
from csrf_proof.browsers import BrowserFailed, BrowserMissing, Browsers
from csrf_proof.positions import CROSS_SITE, LOOKALIKE, SUBDOMAIN
from csrf_proof.trial import NotJudged

NOT_APPLICABLE, NOT_JUDGED = "not-applicable", "not-judged"
# The attacks that tell the most, best first: each gets past something that stops those before it.
_DECISIVE = (
    ("form-post", CROSS_SITE),
    ("form-post", SUBDOMAIN),
    ("upload-post", CROSS_SITE),
    ("redirect-get", CROSS_SITE),
    ("text-plain-json", CROSS_SITE),
    ("untyped-json", SUBDOMAIN),
    ("cors-json", SUBDOMAIN),
    ("empty-token-post", SUBDOMAIN),
    ("foreign-token-post", SUBDOMAIN),
    ("tossed-cookie-post", SUBDOMAIN),
    ("no-referrer-post", SUBDOMAIN),
    ("null-origin-post", CROSS_SITE),
    ("lookalike-referer-post", CROSS_SITE),
    ("form-post", LOOKALIKE),
    ("image-get", SUBDOMAIN),
    ("fetch-post", SUBDOMAIN),
    ("hidden-frame-post", CROSS_SITE),
    ("head-request", SUBDOMAIN),
    ("websocket-hijack", CROSS_SITE),
    ("websocket-hijack", SUBDOMAIN),
)
MOST_DECISIVE = 8


@dataclass(frozen=True)
class Tried:
    """The result of a try: `outcome`, and the verdict or a sentence that says why there is none.

    `accepted`: it was forged, and its owner says that this may be so for now.
    """

    one: Try
    outcome: str
    verdict: Verdict | None = None
    note: str = ""
    accepted: Accepted | None = None


@cache
def all_tries(profiles: tuple[str, ...]) -> tuple[Try, ...]:
    """Return every attack that can be aimed at any action, from each of its positions."""
    return tuple(
        Try(attack.slug, position, profile)
        for profile in profiles
        for attack in general()
        for position in POSITIONS
        if position in attack.positions
    )


def of_page(profiles: Sequence[str], page: str = "") -> tuple[Try, ...]:
    """Return what is tried with a page that somebody has written, which may follow later."""
    return tuple(Try(stored.NAME, CROSS_SITE, profile, page) for profile in profiles)


def decisive(profile: str) -> tuple[Try, ...]:
    """Return the attacks that tell the most, best first."""
    return tuple(Try(attack, position, profile) for attack, position in _DECISIVE)


def tried(
    proof: Proof, tries: Iterable[Try], browsers: Browsers, most: int | None = None
) -> Iterator[Tried]:
    """Try one after the other, and give the result of each; `most` counts those that apply."""
    applied = 0
    for one in tries:
        if most is not None and applied == most:
            return
        came = _tried(proof, one, browsers)
        applied += came.outcome != NOT_APPLICABLE
        yield came


def _tried(proof: Proof, one: Try, browsers: Browsers) -> Tried:
    try:
        with browsers.limit():
            verdict = proof.verdict(one)
    except NotApplicable as why:
        return Tried(one, NOT_APPLICABLE, note=str(why))
    except (NotJudged, BrowserFailed, WrongUse) as why:
        return Tried(one, NOT_JUDGED, note=str(why))
    except BrowserMissing:
        raise
    except Exception as failure:  # Of a recipe's own functions.
        return Tried(one, NOT_JUDGED, note=f"{type(failure).__name__}: {failure}")
    return Tried(one, verdict.outcome, verdict)
