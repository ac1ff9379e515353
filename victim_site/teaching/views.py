"""The teaching side's pages."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from catalogue.lessons import Lesson
from victim_site.bank import reports
from victim_site.bank.labs import reset as reset_lab
from victim_site.label import NO_DEFENSE, Label, stacks
from victim_site.teaching import texts
from victim_site.teaching.browser import selfcheck
from victim_site.teaching.labs.telling import sender, told
from victim_site.teaching.lessons.progress import lessons
from victim_site.teaching.reference import over_https
from victim_site.teaching.walks import label_of, walk
from victim_site.wording import REASONS

# Sound defenses that are taken for more than they are: what is said, the lab, the attack and
# position that prove it wrong, and the lab that mends it.
MISTAKEN = [
    (
        "“We have tokens”, and the action accepts GET too.",
        "csrf-token",
        ("link-get", "cross-site"),
        "rule-of-thumb",
    ),
    (
        "“Lax is enough”, and the action accepts GET.",
        "samesite-lax",
        ("link-get", "cross-site"),
        "post-only--samesite-lax",
    ),
    (
        "“Strict is enough”, and the bank sends visitors on.",
        "samesite-strict--with-open-redirect",
        ("onsite-redirect-get", "cross-site"),
        "post-only--samesite-strict--with-open-redirect",
    ),
    (
        "“Strict is enough”, and an older cookie still opens the account.",
        "samesite-strict--with-second-cookie",
        ("legacy-cookie-post", "cross-site"),
        "session-token--with-second-cookie",
    ),
]

# How long an attempt may take to arrive before its absence means something.
PATIENCE = timedelta(seconds=5)


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Tell that the site is up."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def labs(request: HttpRequest) -> HttpResponse:
    """Every lab that has a name of its own."""
    return render(request, "labs/labs.html", _all_defenses())


def _all_defenses() -> dict[str, Any]:
    """Return every defense for a list: the sound ones, the flawed ones, and the stacks."""
    return {
        "defenses": texts.sound_defenses(),
        "flawed": texts.flawed(),
        "stacks": stacks(),
        "weaknesses": texts.weaknesses().values(),
    }


@require_safe
def lab(request: HttpRequest, text: str) -> HttpResponse:
    """One lab: its defenses, the attacks to try, its state, and its log."""
    label = label_of(text)
    tries = [
        (
            attack,
            [
                {
                    "where": where,
                    "walk": walk(text, attack.slug, position),
                    "cells": texts.expected(label, attack.slug, position),
                }
                for position, where in texts.positions(attack)
            ],
        )
        for attack in texts.attacks().values()
    ]
    suggested = _suggested(label)
    context = {
        "lab": label,
        "summaries": texts.summaries(label),
        "weak": [texts.weaknesses()[slug] for slug in label.weakness_slugs],
        "tries": tries,
        "suggested": texts.attacks()[suggested[0]],
        "suggested_walk": walk(text, *suggested),
        "known": any(square["cells"] for _, squares in tries for square in squares),
        "lessons": _lessons_at(label),
        **log_context(label),
    }
    return render(request, "labs/lab.html", context)


def _lessons_at(label: Label) -> list[Lesson]:
    return [lesson for lesson in lessons().values() if label.without_owner in lesson.labs]


def _suggested(label: Label) -> tuple[str, str]:
    """Return the attack and position to try first on this lab.

    It needs the lab's weakness, or the last lesson here tries it, or else it is the classic one.
    """
    for attack in texts.attacks().values():
        if attack.needs and attack.needs in label.weakness_slugs:
            return attack.slug, attack.positions[0]
    for lesson in reversed(_lessons_at(label)):
        return lesson.attack, lesson.positions[0]
    return "image-get", "cross-site"


def log_context(label: Label) -> dict[str, Any]:
    """Return what `_log.html` shows: the accounts, and every attempt with its story."""
    newest = reports.attempts(label.text)[::-1]
    accounts = reports.accounts(label.text)
    return {
        "lab": label,
        "accounts": accounts,
        "attempts": [
            (attempt, REASONS.get(attempt.reason or ""), *told(attempt, label))
            for attempt in newest
        ],
        "subdomain": walk(label.text, "image-get", "subdomain"),
        "version": _version(newest[0].pk if newest else 0, accounts),
    }


def _version(newest_attempt: int, accounts: dict[str, dict[str, Any]]) -> str:
    """Return a text that changes when the log or an account does."""
    return f"{newest_attempt}-{zlib.crc32(str(accounts).encode()):x}"


@require_safe
def log(request: HttpRequest, text: str) -> HttpResponse:
    """The live part of a lab's page; 204 if nothing is new since `version`."""
    label = label_of(text)
    # Asked once a second by every open page, so no attempt is read unless there is a new one.
    version = _version(reports.newest_attempt(label.text), reports.accounts(label.text))
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    return render(request, "labs/_log.html", log_context(label))


@require_safe
def attempt(request: HttpRequest, text: str) -> HttpResponse:
    """Lead to the first attempt since a moment.

    The query says `since` when (milliseconds since 1970), perhaps of which `path`, and perhaps
    `by-others`: not by the bank's own pages.
    """
    label = label_of(text)
    try:
        since = datetime.fromtimestamp(int(request.GET.get("since", "")) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Http404("This link to an attempt is broken. The lab's page has the log.") from None
    path = request.GET.get("path")
    candidates = (
        attempt
        for attempt in reports.attempts(label.text)
        if attempt.at >= since
        and path in {None, attempt.path}
        and not ("by-others" in request.GET and sender(attempt, label) == "same-origin")
    )
    found = next(candidates, None)
    if found is None:
        # A person may be faster than the attacker's page: for a moment the page looks again itself.
        soon = abs(datetime.now(UTC) - since) < PATIENCE
        context = {"lab": label, "since": since, "again": request.get_full_path(), "soon": soon}
        return render(request, "labs/no_attempt.html", context)
    return redirect(f"/labs/{label.text}/#attempt-{found.pk}")


@require_POST
def reset(request: HttpRequest, text: str) -> HttpResponse:
    """Put the lab back to its first state."""
    label = label_of(text)
    reset_lab(label.text)
    return redirect("lab", text=label.text)


@require_safe
def attacks(request: HttpRequest) -> HttpResponse:
    """Every attack."""
    return render(request, "reference/attacks.html", {"attacks": texts.attacks().values()})


@require_safe
def attack(request: HttpRequest, slug: str) -> HttpResponse:
    """One attack: what it does, its source, and its row of the matrix."""
    found = texts.attacks().get(slug)
    if found is None:
        raise Http404(f"There is no attack called “{slug}”.")
    positions = dict(texts.positions(found))
    context = {
        "attack": found,
        "text": texts.as_html(found.text),
        "source": texts.as_code(found.source, "html+jinja"),
        "server": texts.as_code(found.server_source, "python") if found.server_source else "",
        "uses": texts.as_code(found.caught_source, "html+jinja") if found.caught_source else "",
        "positions": positions,
        "walks": [(where, walk("no-defense", slug, at)) for at, where in positions.items()],
        **_against_each_defense(slug, list(positions), _profile(request)),
    }
    return render(request, "reference/attack.html", context)


def _against_each_defense(attack: str, positions: list[str], profile: str) -> dict[str, Any]:
    """Return an attack's rows, a label to a line: the columns, then what only these rows state."""
    cells = texts.squares(profile)
    lab_of = partial(texts.the_matrix().lab, attack)

    def line(label: str) -> dict[str, Any]:
        squares = [
            {
                "cells": cells.get((attack, position, label), []),
                "walk": walk(label, attack, position),
            }
            for position in positions
        ]
        return {"label": label, "page": _page_of(label), "squares": squares}

    here = [lab_of(column) for column in texts.columns()]
    others = [
        label
        for label in texts.the_matrix().labels
        if label not in here and any((attack, p, label) in cells for p in positions)
    ]
    return {
        "profile": profile,
        "profiles": texts.the_matrix().profiles,
        "lines": [line(label) for label in here],
        "other_lines": [line(label) for label in others],
    }


def _page_of(label: str) -> str:
    """Return the address of what explains a label: a defense's page, or the lab of several."""
    one = label in stacks() or label in texts.defenses()
    return f"/defenses/{label}/" if one else f"/labs/{label}/"


@require_safe
def defenses(request: HttpRequest) -> HttpResponse:
    """Every defense and stack."""
    mistaken = [
        {
            "said": said,
            "lab": lab,
            "lab_page": _page_of(lab),
            "attack": attack,
            "walk": walk(lab, *attack),
            "mend": mend,
            "page": _page_of(mend),
            "mended_walk": walk(mend, *attack),
        }
        for said, lab, attack, mend in MISTAKEN
    ]
    return render(request, "reference/defenses.html", {"mistaken": mistaken, **_all_defenses()})


@require_safe
def defense(request: HttpRequest, slug: str) -> HttpResponse:
    """One defense or stack: the lesson, the whole file, and its column of the matrix."""
    if slug not in stacks() and slug not in texts.defenses():
        raise Http404(f"There is no defense called “{slug}”.")
    profile = _profile(request)
    stated = [
        (attack, position)
        for attack, position in texts.the_matrix().rows
        if (attack, position, texts.the_matrix().lab(attack, slug)) in texts.squares(profile)
    ]
    context: dict[str, Any] = {
        "slug": slug,
        "rows": _rows(stated, [slug], profile),
        "columns": [slug],
        "profile": profile,
        "profiles": texts.the_matrix().profiles,
    }
    if slug in stacks():
        context |= {"stack": stacks()[slug], "members": texts.summaries(label_of(slug))}
    else:
        found = texts.defenses()[slug]
        context |= {
            "defense": found,
            "text": texts.as_html(found.text),
            "source": texts.as_code(found.source, "python"),
        }
        if found.falls_to:
            context |= {
                "falls_to": texts.attacks()[found.falls_to[0]],
                "where": texts.POSITIONS[found.falls_to[1]],
                "fall": walk(slug, *found.falls_to),
                "mend": walk(found.mended_by, *found.falls_to),
            }
    return render(request, "reference/defense.html", context)


@require_safe
def weaknesses(request: HttpRequest) -> HttpResponse:
    """Every weakness."""
    context = {"weaknesses": texts.weaknesses().values()}
    return render(request, "reference/weaknesses.html", context)


@require_safe
def weakness(request: HttpRequest, slug: str) -> HttpResponse:
    """One weakness: the lesson, the attacks that need it, and the whole file."""
    found = texts.weaknesses().get(slug)
    if found is None:
        raise Http404(f"There is no weakness called “{slug}”.")
    context = {
        "weakness": found,
        "bank": label_of(f"{NO_DEFENSE}--with-{slug}").url,
        "text": texts.as_html(found.text),
        "source": texts.as_code(found.source, "python"),
        "walks": [
            (attack, where, walk(NO_DEFENSE, attack.slug, position))
            for attack in found.attacks
            for position, where in texts.positions(attack)
        ],
    }
    return render(request, "reference/weakness.html", context)


@require_safe
def matrix_table(request: HttpRequest) -> HttpResponse:
    """Attack and position by defense, in one profile."""
    profile = _profile(request)
    context = {
        "profiles": texts.the_matrix().profiles,
        "profile": profile,
        "columns": texts.columns(),
        "tables": _matrix_tables(profile),
        "reasons": REASONS,
    }
    return render(request, "reference/matrix.html", context)


@cache
def _matrix_tables(profile: str) -> SafeString:
    """Return the tables of one profile: a thousand squares, which change with the files alone."""
    columns = texts.columns()
    context = {
        "columns": columns,
        "rows": _rows(list(texts.the_matrix().rows), columns, profile),
        "flawed": [_flaw(found, profile) for found in texts.flawed()],
        "over_https": over_https.differing(),
        "https_profiles": over_https.expected().profiles,
    }
    return render_to_string("reference/_matrix_tables.html", context)


def _profile(request: HttpRequest) -> str:
    profiles = texts.the_matrix().profiles
    profile = request.GET.get("profile", profiles[0])
    if profile not in profiles:
        raise Http404(f"There is no profile called “{profile}”. There are {', '.join(profiles)}.")
    return profile


def _flaw(found: texts.DefenseText, profile: str) -> dict[str, Any]:
    """Return a flawed defense against the plain form and against what defeats it, and its mend."""
    cells = texts.squares(profile)
    assert found.falls_to is not None, "tools.check sees that it is named"
    plain = ("form-post", "cross-site")
    tries = [(plain, found.slug), (found.falls_to, found.slug), (found.falls_to, found.mended_by)]
    return {
        "slug": found.slug,
        "squares": [
            {
                "attack": attack,
                "label": label,
                "where": texts.POSITIONS[position],
                "cells": cells[attack, position, label],
                "walk": walk(label, attack, position),
            }
            for (attack, position), label in tries
        ],
    }


def _rows(
    keys: list[tuple[str, str]], columns: list[str], profile: str = "chromium"
) -> list[dict[str, Any]]:
    """Return rows for `_matrix.html`: the attack, where it is launched from, and a square a column.

    A square is a link that opens that lab and that attack, and its cells: two where age matters.
    """
    cells, lab_of = texts.squares(profile), texts.the_matrix().lab
    return [
        {
            "attack": texts.attacks()[attack],
            "position": position,
            "where": texts.POSITIONS[position],
            "squares": [
                {
                    "cells": cells[attack, position, lab_of(attack, column)],
                    "walk": walk(column, attack, position),
                }
                for column in columns
            ],
        }
        for attack, position in keys
    ]


@require_safe
def self_check(request: HttpRequest) -> HttpResponse:
    """What this browser does with cookies of a cross-site image; before that, the offer."""
    answer = request.GET.get("cookies")
    context: dict[str, Any] = {
        "start": selfcheck.start_address(),
        "subdomain_walk": walk("no-defense", "image-get", "subdomain"),
    }
    if answer == "error":
        context["failed"] = True
    elif answer is not None:
        if answer not in {"0", "1", "2", "3"}:
            raise Http404("This is no answer of the self-check. Start it again at /self-check/.")
        context |= {
            "answer": answer,
            "checked": True,
            "third_party": bool(int(answer) & selfcheck.NONE_ARRIVED),
            "unset": bool(int(answer) & selfcheck.UNSET_ARRIVED),
        }
    return render(request, "browser/self_check.html", context)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request could not be read."""
    return _error(request, 400, "That request is broken", "It could not be read. Nothing changed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, with the sentence of whoever raised it."""
    said = exception.args[0] if exception.args and isinstance(exception.args[0], str) else ""
    return _error(request, 404, "No such page", said or "There is nothing at this address.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: an unsafe request that did not come from one of these pages."""
    message = "Only the playground's own pages may do that."
    if reason == REASON_NO_CSRF_COOKIE:
        message += (
            " Your browser sent no cookie, so it may keep none: allow cookies for "
            f"{settings.ADDRESSES.domains.playground}, go back, and try again."
        )
    else:
        message += f" {reason}"
    return _error(request, 403, "Refused", message)


def _error(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    context = {"title": title, "message": message}
    return render(request, "teaching/host_error.html", context, status=status)
