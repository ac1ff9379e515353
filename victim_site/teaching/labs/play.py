"""Free play: a visitor puts a lab together from chips, and chooses an attack on it.

The whole choice stands in the query, so that it is a link. A choice that makes no lab is kept and
explained, each time with links to the choices that would do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from victim_site.label import (
    LONGEST_LABEL,
    LONGEST_OWNER,
    NO_DEFENSE,
    BadLabel,
    parse,
    stacks,
)
from victim_site.teaching import texts
from victim_site.teaching.lessons.learner import NAME_COOKIE, is_name
from victim_site.teaching.walks import walk
from victim_site.wording import REASONS

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
        return replace(self, weaknesses=tuple(s for s in texts.weaknesses() if s in chosen))


@dataclass(frozen=True)
class Problem:
    """Why a choice makes no lab, and the choices that would do, each with what it takes."""

    sentence: str
    ways_out: list[tuple[str, Choice]]


@cache
def defenses_in_order() -> tuple[str, ...]:
    """Return every defense and stack in the order of the page, and so of asking."""
    sound = [slug for slug in texts.columns() if slug not in stacks()]
    return (*sound, *(found.slug for found in texts.flawed()), *stacks())


def owner_mistake(owner: str) -> str:
    """Return what is wrong with an owner, or nothing."""
    # One character too many is enough to be told that it is too long, and not the label.
    return _mistake(f"{NO_DEFENSE}--for-{owner[: LONGEST_OWNER + 1]}")


def learner(request: HttpRequest) -> str:
    """Return the name of the visitor's own labs, or nothing."""
    name = request.COOKIES.get(NAME_COOKIE, "")
    return name if is_name(name) else ""


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
    for kind, known in (("defense", defenses_in_order()), ("weakness", texts.weaknesses())):
        named = request.GET.getlist(kind)
        chosen[kind] = tuple(slug for slug in known if slug in named)
        if unknown := [slug for slug in named if slug not in known]:
            sentences.append(f"There is no {kind} called “{unknown[0][:LONGEST_QUOTE]}”.")
        if twice := [slug for slug in chosen[kind] if named.count(slug) > 1]:
            sentences.append(f"“{twice[0]}” is chosen twice.")
    aimed = request.GET.get("try", ".".join(USUAL_ATTACK))
    attack, _, position = aimed.partition(".")
    if attack not in texts.attacks() or position not in texts.attacks()[attack].positions:
        sentences.append(f"There is no attack “{aimed[:LONGEST_QUOTE]}”.")
        attack, position = USUAL_ATTACK
    owner = request.GET.get("owner", learner(request)).strip()[:LONGEST_LABEL]
    choice = Choice(chosen["defense"], chosen["weakness"], owner, attack, position)
    return choice, [Problem(s, [("Go on with the rest", choice)]) for s in sentences]


def problems(choice: Choice) -> list[Problem]:
    """Return why a choice makes no lab; empty if it makes one."""
    found = [*_owner_problem(choice), *_contradiction(choice)]
    return found or _too_long(choice)


def _owner_problem(choice: Choice) -> list[Problem]:
    sentence = choice.owner and owner_mistake(choice.owner)
    return [Problem(sentence, [_without_owner(choice)])] if sentence else []


def _without_owner(choice: Choice) -> tuple[str, Choice]:
    return "Leave the owner out", replace(choice, owner="")


def _contradiction(choice: Choice) -> list[Problem]:
    """Return the first two that share no lab; whoever takes one off sees the next two."""
    pairs = [(f"{one}--{other}", one, other) for one, other in combinations(choice.defenses, 2)]
    pairs += [
        (f"{NO_DEFENSE}--with-{one}--with-{other}", one, other)
        for one, other in combinations(choice.weaknesses, 2)
    ]
    for label, *pair in pairs:
        if sentence := _mistake(label):
            return [Problem(sentence, [(f"Take off {s}", choice.without(s)) for s in pair])]
    return []


def _too_long(choice: Choice) -> list[Problem]:
    sentence = _mistake(choice.text)
    if not sentence:
        return []
    ways_out = []
    for defenses in shorter(choice.defenses, choice.rest):
        offer = replace(choice, defenses=defenses)
        more = [d for d in expanded(defenses) if d not in expanded(choice.defenses)]
        says = f"adds {', '.join(more)}" if more else "says the same"
        ways_out.append((f"Take {'--'.join(defenses)}, which {says}", offer))
    if choice.owner and not _mistake(replace(choice, owner="").text):
        ways_out.append(_without_owner(choice))
    if not ways_out:
        sentence += " No stack has all of this: take something off."
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


def _same(defenses: Sequence[str]) -> str | None:
    """Return the stack that has exactly these defenses, unless it is what they are called."""
    wanted = set(expanded(defenses))
    same = (slug for slug, about in stacks().items() if set(about["members"]) == wanted)
    return next((slug for slug in same if slug not in defenses), None)


@require_safe
def play(request: HttpRequest) -> HttpResponse:
    """The chips, and the lab and attack that they make."""
    choice, found = read(request)
    found += problems(choice)
    context = {
        "choice": choice,
        "parts": choice.text.split("--"),
        "longest": LONGEST_LABEL,
        "longest_owner": LONGEST_OWNER,
        "problems": found,
        "groups": _groups(choice),
        "aims": _aims(),
        "aim": f"{choice.attack}.{choice.position}",
        **({} if found else _lab(choice)),
    }
    return render(request, "labs/play.html", context)


def _groups(choice: Choice) -> list[dict[str, Any]]:
    """Return the chips by what they are; the flawed ones are folded until one is chosen."""
    about = texts.defenses()
    flawed = {found.slug for found in texts.flawed()}
    sound = [s for s in defenses_in_order() if s in about and s not in {NO_DEFENSE, *flawed}]
    chosen = {*choice.defenses, *choice.weaknesses}

    def group(
        title: str, kind: str, summaries: dict[str, str], fold: bool = False
    ) -> dict[str, Any]:
        return {
            "title": title,
            "kind": kind,
            "chips": [(slug, said, slug in chosen) for slug, said in summaries.items()],
            "fold": fold,
            "open": bool(chosen & set(summaries)),
            "pages": reverse({"defense": "defenses", "weakness": "weaknesses"}[kind]),
        }

    return [
        group("Defenses", "defense", {slug: about[slug].summary for slug in sound}),
        group("Flawed defenses", "defense", {f.slug: f.summary for f in texts.flawed()}, True),
        group("Stacks", "defense", {slug: stack["summary"] for slug, stack in stacks().items()}),
        group("Weaknesses", "weakness", {w.slug: w.summary for w in texts.weaknesses().values()}),
    ]


@cache
def _aims() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every attack with where it is launched from, as in the query and for people."""
    return [
        (
            attack.title,
            [(f"{attack.slug}.{at}", f"{attack.slug} {where}") for at, where in positions],
        )
        for attack in texts.attacks().values()
        if (positions := texts.positions(attack))
    ]


def _lab(choice: Choice) -> dict[str, Any]:
    """Return what there is to say and to do about a choice that makes a lab."""
    attack = texts.attacks()[choice.attack]
    label = parse(choice.text)
    context: dict[str, Any] = {
        "lab": label,
        "attack": attack,
        "where": texts.POSITIONS[choice.position],
        "said": _said(choice),
        "same": _same(choice.defenses),
        "aimed": choice,
    }
    if attack.needs and attack.needs not in choice.weaknesses:
        added = choice.with_weakness(attack.needs)
        context |= {"needed": attack.needs, "added": added, "no_room": problems(added)}
        if not context["no_room"]:
            context["aimed"] = added
    measured = context["aimed"]
    if context["same"] and stacks()[context["same"]]["members"] == list(choice.defenses):
        # The same defenses in the same order are the same lab, and the stack is in the matrix.
        measured = replace(measured, defenses=(context["same"],))
    cells = texts.expected(parse(measured.text), choice.attack, choice.position)
    context["expected"] = [(cell, REASONS.get(cell.reason or "")) for cell in cells]
    context["walk"] = walk(context["aimed"].text, choice.attack, choice.position)
    return context


def _said(choice: Choice) -> list[tuple[str, str, str]]:
    """Return what each part of the label is: the part, its page if it has one, and a sentence."""
    said = []
    for slug in choice.defenses or [NO_DEFENSE]:
        if stack := stacks().get(slug):
            sentence = f"{stack['summary']} A stack: {', '.join(stack['members'])}."
        else:
            sentence = texts.defenses()[slug].summary
        said.append((slug, reverse("defense", args=[slug]), sentence))
    for slug in choice.weaknesses:
        summary = f"Weakness: {texts.weaknesses()[slug].summary}"
        said.append((f"with-{slug}", reverse("weakness", args=[slug]), summary))
    if choice.owner:
        said.append((f"for-{choice.owner}", "", "A lab of its own, for whoever has this name."))
    return said
