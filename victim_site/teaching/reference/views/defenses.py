"""The list of defenses and stacks, and a page for each."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_safe

from victim_site.label import stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.links import get_label_or_404, walk
from victim_site.teaching.missing import no_such
from victim_site.teaching.reference.matrix_tables import page_of, profile_of, rows
from victim_site.teaching.reference.see_also import see_also
from victim_site.teaching.rendering import as_code, as_html

# Sound defenses that are taken for more than they are: what is said, the lab, the attack and
# position that prove it wrong, and the lab that fixes it.
MISTAKEN = [
    (
        gettext_noop("“We have tokens”, and the action accepts GET too."),
        "csrf-token",
        ("link-get", "cross-site"),
        "rule-of-thumb",
    ),
    (
        gettext_noop("“Lax is enough”, and the action accepts GET."),
        "samesite-lax",
        ("link-get", "cross-site"),
        "post-only--samesite-lax",
    ),
    (
        gettext_noop("“Strict is enough”, and the bank sends visitors on."),
        "samesite-strict--with-open-redirect",
        ("onsite-redirect-get", "cross-site"),
        "post-only--samesite-strict--with-open-redirect",
    ),
    (
        gettext_noop("“Strict is enough”, and an older cookie still opens the account."),
        "samesite-strict--with-second-cookie",
        ("legacy-cookie-post", "cross-site"),
        "session-token--with-second-cookie",
    ),
]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every defense and stack."""
    mistaken = [
        {
            "said": gettext(said),
            "lab": lab,
            "lab_page": page_of(lab),
            "attack": attack,
            "walk": walk(lab, *attack),
            "fix": fix,
            "page": page_of(fix),
            "fixed_walk": walk(fix, *attack),
        }
        for said, lab, attack, fix in MISTAKEN
    ]
    return render(
        request, "reference/defenses.html", {"mistaken": mistaken, **descriptions.by_kind()}
    )


@require_safe
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One defense or stack: the lesson, the whole file, and its column of the matrix."""
    if slug not in stacks() and slug not in descriptions.defenses():
        raise no_such(slug, [*descriptions.defenses(), *stacks()], "defenses")
    profile = profile_of(request)
    stated = [
        (attack, position)
        for attack, position in expectations.the_matrix().rows
        if (attack, position, expectations.the_matrix().lab(attack, slug))
        in expectations.squares(profile)
    ]
    context: dict[str, Any] = {
        "slug": slug,
        "rows": rows(stated, [slug], profile),
        "columns": [slug],
        "profile": profile,
        "profiles": expectations.the_matrix().profiles,
    }
    if slug in stacks():
        context |= {
            "stack": stacks()[slug],
            "members": descriptions.summaries(get_label_or_404(slug)),
            "see_also": see_also(get_label_or_404(slug).slugs),
        }
    else:
        found = descriptions.defenses()[slug]
        context |= {
            "defense": found,
            "text": _text(slug),
            "see_also": see_also([slug]),
            "source": as_code(found.source, "python"),
        }
        if bypass := found.bypassed_by:
            context |= {
                "bypass_walk": walk(slug, bypass.attack, bypass.position),
                "fixed_walk": walk(found.fixed_by, bypass.attack, bypass.position),
            }
    return render(request, "reference/defense.html", context)


@require_safe
def application(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One of a defense's small applications, to save."""
    found = descriptions.defenses().get(slug)
    for one in found.applications if found else []:
        if one.file.name == name:
            return HttpResponse(
                one.source,
                content_type="text/x-python; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
    raise Http404(
        gettext("There is no %(name)s next to the defense “%(slug)s”.")
        % {"name": name, "slug": slug}
    )


@cache
def _text(slug: str) -> SafeString:
    """Return the lesson, with the lines of each application where it has a link to the file."""
    found = descriptions.defenses()[slug]
    text = as_html(found.text)
    for one in found.applications:
        code = render_to_string(
            "reference/_application.html",
            {
                "application": one,
                "blocks": [as_code(block.text, block.language) for block in one.defense],
                "source": as_code(one.source, "python"),
            },
        )
        link = f'<p><a href="{one.file.name}">{one.file.name}</a></p>'
        text = mark_safe(text.replace(link, code))  # noqa: S308  Both are HTML already.
    return text
