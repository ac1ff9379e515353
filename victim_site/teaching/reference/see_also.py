"""Pages that go further, for those who read about a defense or a weakness."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_noop

from catalogue.labels import NO_DEFENSE
from victim_site.defenses.base import Defense, all_defenses
from victim_site.teaching.reference.views.known_labs import publishers

# What the frameworks on /policies/ look at.
IN_FRAMEWORKS = {"csrf-token", "fetch-metadata", "origin-check", "referer-check"}
FRAMEWORKS = ("/policies/", gettext_noop("What frameworks let through, and whom they turn away"))
COOKIES = ("/cookies/", gettext_noop("Which cookies your own browser sends where"))


def see_also(slugs: Iterable[str]) -> list[tuple[str, str]]:
    """Return the address and the name of each page that has more about these."""
    here = set(slugs) - {NO_DEFENSE}
    found = [_translated(*FRAMEWORKS)] if here & IN_FRAMEWORKS else []
    sets_cookie = {
        slug
        for slug, defense in all_defenses().items()
        if type(defense).session_cookie is not Defense.session_cookie
    }
    found += [_translated(*COOKIES)] if here & sets_cookie else []
    known = [
        publisher
        for publisher, exercises in publishers().items()
        if any(here & _parts(exercise.get("lab", "")) for exercise in exercises)
    ]
    if known:
        said = gettext("The same in labs of others: %(publishers)s")
        found.append(("/known-labs/", said % {"publishers": ", ".join(known)}))
    return found


def _translated(address: str, name: str) -> tuple[str, str]:
    return address, gettext(name)


def _parts(lab: str) -> set[str]:
    return {part.removeprefix("with-") for part in lab.split("--")}
