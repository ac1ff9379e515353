"""Filters that give people a name for a code."""

from __future__ import annotations

from django import template

from csrf_proof.profile_names import NAMES

register = template.Library()


@register.filter
def browser_name(profile: str) -> str:
    """Return what people call the browsers of a profile."""
    return NAMES.get(profile, profile)
