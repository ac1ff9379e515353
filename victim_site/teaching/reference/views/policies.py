"""How frameworks judge the same request."""

from __future__ import annotations

import inspect

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from victim_site.teaching.reference import policies
from victim_site.teaching.rendering import as_code


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The same request, judged by many frameworks."""
    groups = [
        (group, [(row, list(lines)) for row, lines in policies.by_row(group)])
        for group in policies.GROUPS
    ]
    source = "\n\n".join(inspect.getsource(policy.decide) for policy in policies.POLICIES)
    context = {
        "policies": policies.POLICIES,
        "groups": groups,
        "mistakes": policies.mistakes(),
        "columns": len(policies.POLICIES) + 3,
        "source": as_code(source, "python"),
        "mark_right": _mark(True, gettext("right")),
        "mark_wrong": _mark(False, gettext("wrong")),
    }
    return render(request, "reference/policies.html", context)


def _mark(right: bool, word: str) -> SafeString:
    return render_to_string("reference/_judged.html", {"right": right, "word": word})
