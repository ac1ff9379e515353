"""What a visitor chooses in free play: the parts of a lab, and an attack on it.

The whole choice is in the query, so that it is a link. A choice that makes no lab is kept and
explained, each time with links to choices that make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from catalogue.labels import LONGEST_LABEL, LONGEST_OWNER, NO_DEFENSE, BadLabel
from victim_site.label import parse, stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.lessons.learner import name_in
from victim_site.teaching.missing import NO_SUCH

# It comes through in every browser.
USUAL_ATTACK = ("form-post", "cross-site")
LONGEST_QUOTE = 40


@dataclass(frozen=True)
class Choice:
    """What somebody has chosen, in the order of the page; it need not make a lab."""

    defenses: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()
    owner: str = ""
    attack: str = USUAL_ATTACK[0]
    position: str = USUAL_ATTACK[1]

    @property
    def rest(self) -> str:
        """The label from behind the defenses."""
        weak = "".join(f"--with-{slug}" for slug in self.weaknesses)
        return weak + f"--for-{self.owner}" * bool(self.owner)

    @property
    def text(self) -> str:
        return "--".join(self.defenses or [NO_DEFENSE]) + self.rest

    @property
    def address(self) -> str:
        query = [("defense", slug) for slug in self.defenses]
        query += [("weakness", slug) for slug in self.weaknesses]
        query += [("owner", self.owner), ("try", f"{self.attack}.{self.position}")]
        return f"{reverse('play')}?{urlencode(query)}#result"

    def without(self, slug: str) -> Choice:
        return replace(
            self,
            defenses=tuple(other for other in self.defenses if other != slug),
            weaknesses=tuple(other for other in self.weaknesses if other != slug),
        )

    def with_weakness(self, slug: str) -> Choice:
        chosen = {*self.weaknesses, slug}
        return replace(self, weaknesses=tuple(s for s in descriptions.weaknesses() if s in chosen))


@dataclass(frozen=True)
class Problem:
    """Why a choice makes no lab, and the choices that would do, each with what it takes."""

    sentence: str
    ways_out: list[tuple[str, Choice]]


@cache
def defenses_in_order() -> tuple[str, ...]:
    """Return every defense and stack in the order of the page, and so of asking."""
    sound = [slug for slug in expectations.columns() if slug not in stacks()]
    return (*sound, *(found.slug for found in descriptions.flawed()), *stacks())


def owner_mistake(owner: str) -> str:
    """Return what is wrong with an owner, or nothing."""
    # One character too many is enough to be told that it is too long, and not the label.
    return _mistake(f"{NO_DEFENSE}--for-{owner[: LONGEST_OWNER + 1]}")


def learner(request: HttpRequest) -> str:
    """Return the name of the visitor's own labs, or nothing."""
    return name_in(request)


def _mistake(text: str) -> str:
    try:
        parse(text)
    except BadLabel as mistake:
        return str(mistake)
    return ""


def read(request: HttpRequest) -> tuple[Choice, list[Problem]]:
    """Return the choice that a query spells, and what in it cannot be a choice at all."""
    sentences: list[str] = []
    chosen: dict[str, tuple[str, ...]] = {}
    for kind, known, no_such in (
        ("defense", defenses_in_order(), NO_SUCH["defenses"]),
        ("weakness", descriptions.weaknesses(), NO_SUCH["weaknesses"]),
    ):
        named = request.GET.getlist(kind)
        chosen[kind] = tuple(slug for slug in known if slug in named)
        if unknown := [slug for slug in named if slug not in known]:
            sentences.append(gettext(no_such) % {"slug": unknown[0][:LONGEST_QUOTE]})
        if twice := [slug for slug in chosen[kind] if named.count(slug) > 1]:
            sentences.append(gettext("“%(slug)s” is chosen twice.") % {"slug": twice[0]})
    aimed = request.GET.get("try", ".".join(USUAL_ATTACK))
    attack, _, position = aimed.partition(".")
    if (
        attack not in descriptions.attacks()
        or position not in descriptions.attacks()[attack].positions
    ):
        sentences.append(gettext("There is no attack “%(aim)s”.") % {"aim": aimed[:LONGEST_QUOTE]})
        attack, position = USUAL_ATTACK
    owner = request.GET.get("owner", learner(request)).strip()[:LONGEST_LABEL]
    choice = Choice(chosen["defense"], chosen["weakness"], owner, attack, position)
    return choice, [Problem(s, [(gettext("Go on with the rest"), choice)]) for s in sentences]


def problems(choice: Choice) -> list[Problem]:
    """Return why a choice makes no lab; empty if it makes one."""
    found = [*_owner_problem(choice), *_contradiction(choice)]
    return found or _too_long(choice)


def _owner_problem(choice: Choice) -> list[Problem]:
    sentence = choice.owner and owner_mistake(choice.owner)
    return [Problem(sentence, [_without_owner(choice)])] if sentence else []


def _without_owner(choice: Choice) -> tuple[str, Choice]:
    return gettext("Leave the owner out"), replace(choice, owner="")


def _contradiction(choice: Choice) -> list[Problem]:
    """Return the first two that can't share a lab; without one of them, the next two."""
    pairs = [(f"{one}--{other}", one, other) for one, other in combinations(choice.defenses, 2)]
    pairs += [
        (f"{NO_DEFENSE}--with-{one}--with-{other}", one, other)
        for one, other in combinations(choice.weaknesses, 2)
    ]
    for label, *pair in pairs:
        if sentence := _mistake(label):
            take_off = gettext("Take off %(slug)s")
            ways_out = [(take_off % {"slug": slug}, choice.without(slug)) for slug in pair]
            return [Problem(sentence, ways_out)]
    return []


def _too_long(choice: Choice) -> list[Problem]:
    sentence = _mistake(choice.text)
    if not sentence:
        return []
    ways_out = []
    for defenses in shorter(choice.defenses, choice.rest):
        offer = replace(choice, defenses=defenses)
        more = [d for d in expanded(defenses) if d not in expanded(choice.defenses)]
        if more:
            title = gettext("Take %(label)s, which adds %(defenses)s")
        else:
            title = gettext("Take %(label)s, which says the same")
        said = {"label": "--".join(defenses), "defenses": ", ".join(more)}
        ways_out.append((title % said, offer))
    if choice.owner and not _mistake(replace(choice, owner="").text):
        ways_out.append(_without_owner(choice))
    if not ways_out:
        sentence = f"{sentence} {gettext('No stack has all of this: take something off.')}"
    return [Problem(sentence, ways_out)]


def expanded(defenses: Sequence[str]) -> list[str]:
    """Return defenses with every stack's members in its place, each once."""
    members = [stacks()[slug]["members"] if slug in stacks() else [slug] for slug in defenses]
    return list(dict.fromkeys(slug for some in members for slug in some))


def shorter(defenses: Sequence[str], rest: str = "") -> list[tuple[str, ...]]:
    """Return what may stand for some defenses in a label that goes on with `rest`.

    In each, a stack takes the place of its members. First come those that say exactly the same,
    then those whose stack has most of the chosen; the shortest first.
    """
    wanted = expanded(defenses)
    offers = []
    for stack, about in stacks().items():
        held = [slug for slug in wanted if slug in about["members"]]
        names = {stack, *wanted} - set(held)
        offer = tuple(slug for slug in defenses_in_order() if slug in names)
        text = "--".join(offer) + rest
        if held and not _mistake(text):
            exact = len(held) == len(about["members"])
            offers.append(((not exact, -len(held), len(text)), offer))
    return [offer for _, offer in sorted(offers)]


def same_stack(defenses: Sequence[str]) -> str | None:
    """Return the stack that has exactly these defenses, unless it is what they are called."""
    wanted = set(expanded(defenses))
    same = (slug for slug, about in stacks().items() if set(about["members"]) == wanted)
    return next((slug for slug in same if slug not in defenses), None)
