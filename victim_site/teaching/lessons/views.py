"""The workshop: the lessons, how far a learner has come, and what a trainer shows and hands out."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from catalogue.lessons import Claim, Lesson, anchor
from catalogue.matrix import FORGED
from csrf_proof.reasons import (
    COOKIE_THIRD_PARTY,
    NOT_SIGNED_IN,
    SESSION_ENDED,
)
from victim_site.bank import reports
from victim_site.bank.labs import reset as reset_lab
from victim_site.label import Label
from victim_site.teaching import texts
from victim_site.teaching.browser import selfcheck
from victim_site.teaching.labs import picture
from victim_site.teaching.lessons import learner, progress
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.walks import attack_page, label_of, walk
from victim_site.wording import REASONS

DOCS = settings.CHECKOUT / "docs"
TRIED, FIXED = "tried", "fixed"
# The lessons that explain the header lines of a request.
EXPLAINED_IN = {"Origin": 4, "Sec-Fetch-Site": 8}
# The files of `docs/` that are pages here, beside the lessons.
PAGES = {"glossary", "handout", "facilitator", "matrix"}
_LINK = re.compile(r"\[([^]]*)\]\((?:\.\./)?(?:lessons/)?([\w-]+)\.md(#[\w-]+)?\)")


@require_safe
@learner.with_name
def home(request: HttpRequest, name: str) -> HttpResponse:
    """The whole thing in three sentences, and the lessons."""
    context = {
        "three_clicks": walk("no-defense", "image-get", "cross-site"),
        "self_check": selfcheck.start_address(),
        **_overview(request, name),
    }
    return render(request, "teaching/home.html", context)


@require_safe
@learner.with_name
def index(request: HttpRequest, name: str) -> HttpResponse:
    """Every lesson, how far the learner is, and what belongs to the learner."""
    return render(request, "lessons/lessons.html", _overview(request, name))


def _overview(request: HttpRequest, name: str) -> dict[str, Any]:
    rows = progress.of(name)
    found = progress.lessons()
    lines = [(lesson, _how_far(rows.get(lesson.slug))) for lesson in found.values()]
    return {
        "name": name,
        "lines": lines,
        "begun": any(state for _, state in lines),
        "done": sum(state == "done" for _, state in lines),
        "next": next((lesson for lesson, state in lines if state != "done"), None),
        "minutes": sum(lesson.minutes for lesson in found.values()),
        "gone": sorted(set(rows) - set(found)),
        "mistakes": progress.mistakes(),
        **_browser(request),
    }


def _how_far(row: Progress | None) -> str:
    if row is None:
        return ""
    return "done" if row.tried and row.fixed else "begun"


def _browser(request: HttpRequest) -> dict[str, Any]:
    profile, measured = learner.profile(request)
    return {"profile": profile, "measured": measured}


@require_safe
@learner.with_name
def lesson(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One lesson, as far as the learner has come."""
    return render(request, "lessons/lesson.html", _context(request, name, _lesson(slug)))


@require_safe
@learner.with_name
def present(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """One lesson for a room: one step a screen, all of them, in large type."""
    context = _context(request, name, _lesson(slug), presenting=True) | {"open": True}
    return render(request, "lessons/present.html", context)


@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The live parts of a lesson's page; 204 if nothing is new since `version`.

    The query says `for` whom the page is, and which `version` of it is shown.
    """
    found = _lesson(slug)
    name = request.GET.get("for", "")
    if not learner.is_name(name):
        raise Http404("This page's name is no name. Open the lesson again.")
    row = progress.of(name).get(slug) or Progress()
    cookieless = request.COOKIES.get(learner.NAME_COOKIE) != name
    version = _version(row, _states(found, name)) + "-cookieless" * cookieless
    shown = request.GET.get("version", "")
    if shown == version:
        return HttpResponse(status=204)
    presenting = "present" in request.GET
    context = _context(request, name, found, presenting) | {
        "version": version,
        "cookieless": cookieless,
        # The rest is sent once, so that nothing moves under a reader later.
        "unfolds": row.tried and shown.startswith("-") and not presenting,
        "sends_fixed": row.tried or presenting,
    }
    return render(request, "lessons/_lesson_live.html", context)


def _lesson(slug: str) -> Lesson:
    found = progress.lessons().get(slug)
    if found is None:
        raise Http404(
            f"There is no lesson called “{slug}”. Your progress is kept; "
            "the list of lessons at /lessons/ has all that there are."
        )
    return found


def _context(
    request: HttpRequest, name: str, found: Lesson, presenting: bool = False
) -> dict[str, Any]:
    row = progress.of(name).get(found.slug) or Progress()
    browser = _browser(request)
    position = found.position(texts.the_matrix(), browser["profile"])
    others = list(progress.lessons().values())
    after = others.index(found) + 1
    states = _states(found, name)
    tried, fixed = (
        _step(found, state, position, step + ".present" * presenting, getattr(row, step))
        for state, step in zip(states, (TRIED, FIXED), strict=True)
    )
    return {
        "lesson": found,
        "count": len(others),
        "steps": [
            ("Predict", "predict", row.predicted),
            ("Do it", "do-it", row.tried),
            ("Fix it", "rest", row.fixed),
        ],
        "text": {
            title.lower().replace(" ", "_"): as_page(text) for title, text in found.sections.items()
        },
        "name": name,
        "row": row,
        "choices": [(code, as_page(text, inline=True)) for code, text in found.choices.items()],
        "presenting": presenting,
        "predicted": as_page(found.choices.get(row.predicted, ""), inline=True),
        "tried": tried,
        "fixed": fixed,
        "moved": position != found.positions[0],
        "position": position,
        "where": texts.POSITIONS[position],
        "attack": texts.attacks()[found.attack],
        "added": _added(found),
        "proof": [
            (
                profile,
                [
                    texts.squares(profile).get((found.attack, position, lab), [])
                    for lab in found.labs
                ],
            )
            for profile in texts.the_matrix().profiles
        ],
        "claims": [_claim(claim, name, browser["profile"]) for claim in found.further],
        "before": others[after - 2] if after > 1 else None,
        "after": others[after] if after < len(others) else None,
        "done": bool(row.tried and row.fixed),
        "open": bool(row.tried) or "all" in request.GET,
        "late": "late" in request.GET,
        "version": _version(row, states),
        "self_check": selfcheck.start_address(),
        **browser,
    }


@dataclass(frozen=True)
class State:
    """A lab as it stands: its newest attempt's id, or 0, and its accounts."""

    label: Label
    newest: int
    accounts: dict[str, dict[str, Any]]


def _states(found: Lesson, name: str) -> list[State]:
    labels = [progress.own_lab(lab, name) for lab in found.labs]
    return [
        State(label, reports.newest_attempt(label.text), reports.accounts(label.text))
        for label in labels
    ]


def _step(found: Lesson, state: State, position: str, step: str, outcome: str) -> dict[str, Any]:
    """Return one half of a lesson, the attack on one of its labs, as far as it has come."""
    label = state.label
    launched = [
        (attempt, result)
        for attempt in (reports.attempts(label.text) if state.newest else [])
        if (result := progress.result(found, attempt, label)) is not None
    ]
    as_meant = [attempt for attempt, result in launched if result == outcome]
    shown = as_meant[-1] if outcome and as_meant else None
    return {
        "lab": label,
        "summaries": texts.summaries(label),
        "walk": walk(label.text, found.attack, position, f"{found.slug}.{step}"),
        "attack_page": attack_page(label, found.attack, position),
        "outcome": outcome,
        "reason": REASONS.get(outcome),
        "came_of_it": as_page(_came_of_it(found, outcome), inline=True),
        "attempt": shown,
        "picture": picture.draw(shown, label, _headers(found)) if shown else None,
        "missing": "" if outcome else _missing(found, state, launched[-1][1] if launched else ""),
    }


def _came_of_it(found: Lesson, outcome: str) -> str:
    """Return an outcome in the words of the choice that foretold it, or of its reason."""
    reason = REASONS.get(outcome)
    return found.choices.get(outcome) or (reason.sentence if reason else "")


def _headers(found: Lesson) -> tuple[str, ...]:
    """Return the header lines that a lesson's picture has: those that were explained by then."""
    return tuple(name for name, lesson in EXPLAINED_IN.items() if lesson <= found.number)


def _missing(found: Lesson, state: State, arrived: str) -> str:
    """Return what is still to be done for a step, given what came of the newest try, if any."""
    attack = texts.attacks()[found.attack]
    # The attacker's own server signs in too, as mallory, for some attacks.
    signed_in = state.accounts["alice"]["sessions"]
    if arrived == COOKIE_THIRD_PARTY.code and "subdomain" in found.positions:
        return (
            "The request arrived, but your browser kept the cookie back. Launch it from the "
            "sub-domain of the bank instead: check your browser, and this page will know."
        )
    if arrived in {NOT_SIGNED_IN.code, SESSION_ENDED.code}:
        return (
            "The request arrived, but you were not signed in. Sign in to this lab's bank, then "
            "open the attacker's page again."
        )
    if arrived:
        return (
            f"A request arrived and ended as {arrived}, which is not what this step is about. "
            "Use its buttons: the bank first, then the attacker's page. Or start the lesson over."
        )
    if attack.victim == "signed-out":
        if signed_in:
            return "Sign out of this lab's bank. Then open the attacker's page."
        return "Open the attacker's page while you are signed out of this lab's bank."
    if not signed_in:
        return "Nothing yet. Press “Show me, step by step”; it begins at the bank."
    click = " and click what it offers" if attack.trigger == "click" else ""
    return f"You are signed in. The bank's strip leads to the attacker's page: open it{click}."


def _added(found: Lesson) -> list[texts.DefenseText]:
    """Return the defenses that the fix adds."""
    here, there = (label_of(lab).slugs for lab in found.labs)
    return [texts.defenses()[slug] for slug in there if slug not in here]


def _claim(claim: Claim, name: str, profile: str) -> dict[str, Any]:
    """Return a further claim: where to try it, and what is expected in the learner's browser."""
    cell = (claim.attack, claim.position, claim.lab)
    says = texts.the_matrix().outcomes.get((profile, *cell), claim.says)
    label = progress.own_lab(claim.lab, name)
    return {
        "attack": texts.attacks()[claim.attack],
        "where": texts.POSITIONS[claim.position],
        "lab": claim.lab,
        "walk": walk(label.text, claim.attack, claim.position),
        "forged": says == FORGED,
        "reason": REASONS.get(says),
        "differs": says != claim.says,
    }


def _version(row: Progress, states: list[State]) -> str:
    """Return a text that changes when a lesson's live parts do; it begins with what was tried."""
    seen = [(state.newest, state.accounts) for state in states]
    known = f"{row.predicted} {row.fixed} {seen}"
    return f"{row.tried}-{zlib.crc32(known.encode()):x}"


@require_POST
@learner.with_name
def predict(request: HttpRequest, name: str, slug: str) -> HttpResponse:
    """Keep what the learner expects. After the outcome it is too late, and nothing changes."""
    found = _lesson(slug)
    choice = request.POST.get("choice", "")
    if choice not in found.choices:
        context = _context(request, name, found) | {"no_choice": True}
        return render(request, "lessons/lesson.html", context, status=400)
    counts = progress.predict(name, found, choice)
    return redirect(reverse("lesson", args=[slug]) + ("#do-it" if counts else "?late#predict"))


@require_POST
@learner.with_name
def start_over(request: HttpRequest, name: str) -> HttpResponse:
    """Forget the learner's progress, in one `lesson` or in all, and reset the labs of it."""
    slug = request.POST.get("lesson", "")
    begun = [_lesson(slug)] if slug else list(progress.lessons().values())
    for found in begun:
        for lab in found.labs:
            reset_lab(progress.own_lab(lab, name).text)
    progress.forget(name, slug)
    return redirect("lesson", slug=slug) if slug else redirect("lessons")


@require_POST
@learner.with_name
def rename(request: HttpRequest, name: str) -> HttpResponse:
    """Let the learner's labs be called otherwise; what was done under the old name stays there."""
    wanted = request.POST.get("name", "").strip().lower()
    if not learner.is_name(wanted):
        context = _overview(request, name) | {"bad_name": wanted}
        return render(request, "lessons/lessons.html", context, status=400)
    response = redirect("lessons")
    learner.remember(response, learner.NAME_COOKIE, wanted)
    return response


@require_POST
@learner.with_name
def use_browser(request: HttpRequest, name: str) -> HttpResponse:
    """Remember what the self-check has found in this browser, and go on with the lessons."""
    cookies = request.POST.get("cookies", "")
    if cookies not in {"0", "1", "2", "3"}:
        raise Http404("This is no answer of the self-check. Start it again at /self-check/.")
    following = _overview(request, name)["next"]
    response = redirect("lesson", slug=following.slug) if following else redirect("lessons")
    found = learner.profile_of(int(cookies), request.headers.get("User-Agent", ""))
    learner.remember(response, learner.BROWSER_COOKIE, found)
    return response


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """Every term, as the lessons explain it at its first use."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    _, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    terms = [
        (anchor(term), term, as_page(said))
        for term, said in zip(parts[::2], parts[1::2], strict=True)
    ]
    return render(request, "lessons/glossary.html", {"terms": terms})


@require_safe
def document(request: HttpRequest, name: str) -> HttpResponse:
    """A text of `docs/` as a page: what a trainer reads, or hands out."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    context = {"name": name, "text": as_page(text), "title": text.partition("\n")[0].strip("# ")}
    return render(request, "teaching/document.html", context)


def as_page(text: str, inline: bool = False) -> SafeString:
    """Render text of `docs/`: links lead to the pages here instead of the files."""

    def page(link: re.Match[str]) -> str:
        said, file, place = link[1], link[2], link[3] or ""
        slug = re.sub(r"^\d\d-", "", file)
        if slug != file:
            return f"[{said}](/lessons/{slug}/{place})"
        return f"[{said}](/{file}/{place})" if file in PAGES else f"{said} (`docs/{file}.md`)"

    return texts.as_html(_LINK.sub(page, text), inline)
