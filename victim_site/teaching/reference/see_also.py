"""Pages that go further, for those who read about a defense or a weakness."""

from __future__ import annotations

from collections.abc import Iterable

from catalogue.labels import NO_DEFENSE
from victim_site.defenses.base import Defense, all_defenses
from victim_site.teaching.reference.views.known_labs import publishers

# What the frameworks on /policies/ look at.
IN_FRAMEWORKS = {"csrf-token", "fetch-metadata", "origin-check", "referer-check"}
FRAMEWORKS = ("/policies/", "What five frameworks let through, and why")
COOKIES = ("/cookies/", "Which cookies your own browser sends where")


def see_also(slugs: Iterable[str]) -> list[tuple[str, str]]:
    """Return the address and the name of each page that has more about these."""
    here = set(slugs) - {NO_DEFENSE}
    found = [FRAMEWORKS] if here & IN_FRAMEWORKS else []
    sets_cookie = {
        slug
        for slug, defense in all_defenses().items()
        if type(defense).session_cookie is not Defense.session_cookie
    }
    found += [COOKIES] if here & sets_cookie else []
    known = [
        publisher
        for publisher, exercises in publishers().items()
        if any(here & _parts(exercise.get("lab", "")) for exercise in exercises)
    ]
    if known:
        found.append(("/known-labs/", f"The same in labs of others: {', '.join(known)}"))
    return found


def _parts(lab: str) -> set[str]:
    return {part.removeprefix("with-") for part in lab.split("--")}
