"""Filters that give people a name for a code."""

from __future__ import annotations

from django import template

from csrf_proof.profile_names import NAMES
from csrf_proof.reasons import REASONS

register = template.Library()


@register.filter
def browser_name(profile: str) -> str:
    """Return what people call the browsers of a profile."""
    return NAMES.get(profile, profile)


@register.filter
def reason_name(code: str) -> str:
    """Return what people call a reason."""
    return REASONS[code].name
