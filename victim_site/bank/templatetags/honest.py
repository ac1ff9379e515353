"""What an honest page of the bank has to contain, whatever the lab's defenses are."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def honest_fields(context: dict[str, Any], address: str) -> SafeString:
    """Return the hidden fields that this lab's form for an address of the bank must bring along."""
    request = context["request"]
    fields = request.label.form_fields(request, address)
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields.items())


@register.simple_tag(takes_context=True)
def honest_headers(context: dict[str, Any]) -> str:
    """Return the headers that a script of this lab must send, as JSON."""
    request = context["request"]
    return json.dumps(request.label.script_headers(request))


@register.simple_tag(takes_context=True)
def note(context: dict[str, Any], text: str) -> SafeString:
    """Return a payment note as HTML: escaped, unless a weakness of the lab shows it otherwise."""
    for weakness in context["request"].label.weaknesses:
        if (shown := weakness.note(text)) is not None:
            return SafeString(shown)  # That is the weakness.
    return escape(text)


@register.simple_tag(takes_context=True)
def asked_fields(context: dict[str, Any]) -> SafeString:
    """Return what the customer must type besides, where a lab asks for it.

    The fields are not `required`: what is missing is refused by the bank, where it is seen.
    """
    asked = (item for d in context["request"].label.defenses for item in d.asks_for.items())
    return format_html_join(
        "",
        '<label>{} <input name="{}" type="password" autocomplete="off">'
        '<span class="small">At first alice’s is wonderland.</span></label>',
        ((label, name) for name, label in asked),
    )
