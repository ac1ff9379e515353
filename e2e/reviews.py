"""What the engine does to the code of the reviews: `python -m e2e.reviews` writes it down."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from catalogue.reviews import EVIDENCE, Evidence, Review, all_reviews
from csrf_proof import browsers
from csrf_proof.address import address
from csrf_proof.application.proof import Proof
from e2e.applications import running
from e2e.test_mutants import action, tries


def tried(review: Review, browser_for: Callable[[str], Browser]) -> dict[str, Evidence]:
    """Return the result of each answer of a review, in a real browser."""
    mutant = review.mutant
    found = {}
    with running(mutant.application, mutant.source) as here:
        proof = Proof(address(here.url), action(here, mutant.by, browser_for), browser_for)
        for answer, one in zip(review.answers, tries(mutant, tuple(review.answers)), strict=True):
            verdict = proof.verdict(one)
            seen = verdict.evidence
            origin = urlsplit(seen.headers.get("origin", ""))
            found[answer] = Evidence(
                outcome=verdict.outcome,
                sent=f"{seen.method} {urlsplit(seen.url).path}",
                origin=f"{origin.scheme}://{origin.hostname}" if origin.hostname else origin.path,
                answered=seen.status,
                before=str(verdict.before),
                after=str(verdict.after),
            )
    return found


def main() -> None:
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        started: dict[str, Browser] = {}

        def browser_for(profile: str) -> Browser:
            if profile not in started:
                started[profile] = browsers.launch(playwright, profile)
            return started[profile]

        said = {
            slug: {answer: asdict(seen) for answer, seen in tried(review, browser_for).items()}
            for slug, review in all_reviews().items()
        }
        EVIDENCE.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        for browser in started.values():
            browser.close()
    print(f"{len(said)} reviews written to {EVIDENCE.name}")


if __name__ == "__main__":
    main()
