"""A page that isn't there: what was probably meant, and where the list of what exists is."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404
from django.utils.translation import gettext, gettext_noop

from catalogue.spelling import closest

NO_SUCH = {
    "attacks": gettext_noop("There is no attack called “%(slug)s”."),
    "defenses": gettext_noop("There is no defense called “%(slug)s”."),
    "weaknesses": gettext_noop("There is no weakness called “%(slug)s”."),
    "missions": gettext_noop("There is no mission called “%(slug)s”."),
    "missions/fix": gettext_noop("There is no bank to fix called “%(slug)s”."),
    "missions/review": gettext_noop("There is no review called “%(slug)s”."),
}


class Missing(Http404):
    """Nothing has the name that an address in a `folder` such as `attacks` ends in.

    `meant` is the name that does exist and was probably meant, or empty; `views.not_found` shows it
    as a link.
    """

    def __init__(self, sentence: str, folder: str, meant: str = "") -> None:
        super().__init__(sentence)
        self.folder = folder
        self.meant = meant


def no_such(slug: str, known: Iterable[str], folder: str) -> Missing:
    """Return what to raise where nothing in that folder is called so."""
    sentence = gettext(NO_SUCH[folder]) % {"slug": slug}
    return Missing(sentence, folder, closest(slug, known))
