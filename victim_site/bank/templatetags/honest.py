"""What an honest page of the bank must carry, whatever the lab's defenses are."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def honest_fields(context: dict[str, Any]) -> SafeString:
    """Return the hidden fields that a form of this lab must bring along."""
    request = context["request"]
    fields = (item for d in request.label.defenses for item in d.form_fields(request).items())
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)


@register.simple_tag(takes_context=True)
def honest_headers(context: dict[str, Any]) -> str:
    """Return the headers that a script of this lab must send, as JSON."""
    request = context["request"]
    headers: dict[str, str] = {}
    for defense in request.label.defenses:
        headers |= defense.script_headers(request)
    return json.dumps(headers)
