"""Free play: chips, and the lab and the attack that they make."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalogue.labels import LONGEST_LABEL, LONGEST_OWNER, NO_DEFENSE
from victim_site.label import parse, stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.labs.choices import Choice, defenses_in_order, problems, read, same_stack
from victim_site.teaching.links import walk
from victim_site.wording import REASONS


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
        "aims": aims(),
        "aim": f"{choice.attack}.{choice.position}",
        **({} if found else _lab(choice)),
    }
    return render(request, "labs/play.html", context)


def _groups(choice: Choice) -> list[dict[str, Any]]:
    """Return the chips by what they are; the flawed ones are folded until one is chosen."""
    about = descriptions.defenses()
    flawed = {found.slug for found in descriptions.flawed()}
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
        group(gettext("Defenses"), "defense", {slug: about[slug].summary for slug in sound}),
        group(
            gettext("Flawed defenses"),
            "defense",
            {f.slug: f.summary for f in descriptions.flawed()},
            True,
        ),
        group(
            gettext("Stacks"),
            "defense",
            {slug: stack["summary"] for slug, stack in stacks().items()},
        ),
        group(
            gettext("Weaknesses"),
            "weakness",
            {w.slug: w.summary for w in descriptions.weaknesses().values()},
        ),
    ]


@cache
def aims() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each attack's slug, with where it can start: as in the query, and for people."""
    return [
        (
            attack.slug,
            [(f"{attack.slug}.{at}", f"{attack.title}, {where}") for at, where in positions],
        )
        for attack in descriptions.attacks().values()
        if (positions := descriptions.positions(attack))
    ]


def _lab(choice: Choice) -> dict[str, Any]:
    """Return what there is to say and to do about a choice that makes a lab."""
    attack = descriptions.attacks()[choice.attack]
    label = parse(choice.text)
    context: dict[str, Any] = {
        "lab": label,
        "attack": attack,
        "where": descriptions.POSITIONS[choice.position],
        "said": _said(choice),
        "same": same_stack(choice.defenses),
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
    cells = expectations.expected(parse(measured.text), choice.attack, choice.position)
    context["expected"] = [(cell, REASONS.get(cell.reason or "")) for cell in cells]
    context["walk"] = walk(context["aimed"].text, choice.attack, choice.position)
    return context


def _said(choice: Choice) -> list[tuple[str, str, str]]:
    """Return what each part of the label is: the part, its page if it has one, and a sentence."""
    said = []
    for slug in choice.defenses or [NO_DEFENSE]:
        if stack := stacks().get(slug):
            members = gettext("A stack: %(members)s.") % {"members": ", ".join(stack["members"])}
            sentence = f"{stack['summary']} {members}"
        else:
            sentence = descriptions.defenses()[slug].summary
        said.append((slug, reverse("defense", args=[slug]), sentence))
    for slug in choice.weaknesses:
        summary = gettext("Weakness: %(summary)s") % {
            "summary": descriptions.weaknesses()[slug].summary
        }
        said.append((f"with-{slug}", reverse("weakness", args=[slug]), summary))
    if choice.owner:
        said.append(
            (f"for-{choice.owner}", "", gettext("A lab for one person, who has this name."))
        )
    return said
