"""What the trainer says to everybody, at the top of each page of the teaching side."""

from __future__ import annotations

from typing import Any

from django import template

from victim_site.teaching.room.views.join import strip_context

register = template.Library()


@register.inclusion_tag("room/_strip.html", takes_context=True)
def room_strip(context: dict[str, Any]) -> dict[str, Any]:
    return strip_context(context["request"])
