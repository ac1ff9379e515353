"""The reader of `docs/reviews/`: code to review, and what the engine did to it.

The code is a changed application (`catalogue.mutants`), and each answer says that some attack gets
through. One does. What the engine saw when it tried each is in `evidence.json`, which `python -m
e2e.reviews` writes; a test compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalogue import graded, mutants
from catalogue.documents import wrong
from catalogue.graded import Graded
from catalogue.mutants import Mutant

FOLDER = Path(__file__).parents[1] / "docs" / "reviews"
EVIDENCE = FOLDER / "evidence.json"
HEADINGS = ["The brief", "What was wrong"]
_TYPES = {"code": str, "answers": dict, "why_blocked": dict}


@dataclass(frozen=True)
class Evidence:
    """What the engine saw when it tried an answer.

    `outcome` is `forged` or `blocked`; `sent` is the request, `origin` its Origin header without a
    port, `answered` the status; `before` and `after` are what alice had.
    """

    outcome: str
    sent: str
    origin: str
    answered: int | None
    before: str
    after: str


@dataclass(frozen=True)
class Review(Graded):
    """Code to review. `answers` are sentences by attack and position, such as `form-post from
    subdomain`, and `why_blocked` says of each wrong one what stops it; the texts are Markdown.
    """

    code: str
    answers: dict[str, str]
    why_blocked: dict[str, str]
    what_was_wrong: str

    @property
    def mutant(self) -> Mutant:
        """The changed application whose code it is."""
        return next(one for one in mutants.read() if one.id == self.code)

    @property
    def right(self) -> str:
        """The answer that names what gets through."""
        return next(answer for answer in self.answers if answer in self.mutant.forged)


@cache
def all_reviews() -> dict[str, Review]:
    """Return every review by slug, the easy ones first; files with mistakes are left out."""
    return {review.slug: review for review in read_all()[0]}


@cache
def evidence() -> dict[str, dict[str, Evidence]]:
    """Return what the engine saw, by review and answer."""
    said = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    return {
        slug: {answer: Evidence(**seen) for answer, seen in answers.items()}
        for slug, answers in said.items()
    }


def read_all(folder: Path = FOLDER) -> tuple[list[Review], list[str]]:
    """Return every review of a folder, the easy ones first, and a sentence for each mistake."""
    return graded.read_all(folder, read, "*.md")


def read(file: Path) -> Review:
    """Return the review in a file.

    Raises:
        DocumentError: The file isn't a review.
    """

    about, sections = graded.read(file, _TYPES, HEADINGS)
    if about["code"] not in {one.id for one in mutants.read()}:
        raise wrong(file, f"is about {about['code']}, which isn't in catalogue/mutants.toml.")
    return Review(
        slug=file.stem,
        brief=sections["The brief"],
        what_was_wrong=sections["What was wrong"],
        **about,
    )


def problems(review: Review) -> Iterator[str]:
    """Yield what is wrong with a review, one sentence each."""
    right = [answer for answer in review.answers if answer in review.mutant.forged]
    if len(right) != 1 or len(review.answers) != 4:
        yield f"{review.slug}.md: four answers, of which one is in the mutant's `forged`."
    if review.why_blocked.keys() != review.answers.keys() - set(right):
        yield f"{review.slug}.md: why_blocked has a sentence for each of the wrong answers."
    if list(evidence().get(review.slug, {})) != list(review.answers):
        yield f"{review.slug}.md: run python -m e2e.reviews, which tries all of its answers."
