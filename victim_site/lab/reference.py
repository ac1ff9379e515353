"""Pages to look things up in: how frameworks judge a request, and where known labs are here."""

from __future__ import annotations

import inspect

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from victim_site.lab import catalogue
from victim_site.lab import policies as judging


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The same request, judged by five frameworks."""
    groups = [
        (group, [(row, list(lines)) for row, lines in judging.by_row(group)])
        for group in judging.GROUPS
    ]
    source = "\n\n".join(inspect.getsource(policy.decide) for policy in judging.POLICIES)
    context = {
        "policies": judging.POLICIES,
        "groups": groups,
        "columns": len(judging.POLICIES) + 3,
        "source": catalogue.as_code(source, "python"),
    }
    return render(request, "lab/policies.html", context)
