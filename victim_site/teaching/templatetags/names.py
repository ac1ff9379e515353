"""Filters that give people a name for a code, or links to what codes stand for."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from csrf_proof.arsenal import Attack
from csrf_proof.profile_names import NAMES
from csrf_proof.reasons import REASONS
from victim_site.teaching.descriptions import Launch

register = template.Library()


@register.filter
def browser_name(profile: str) -> str:
    """Return what people call the browsers of a profile."""
    return NAMES.get(profile, profile)


@register.filter
def browser_names(profiles: Iterable[str]) -> SafeString:
    """Return what people call the browsers of several profiles, as a part of a sentence."""
    named = [(browser_name(profile), profile) for profile in profiles]
    return format_html_join(f" {gettext('and')} ", "{} <code>{}</code>", named)


@register.filter
def reason_name(code: str) -> str:
    """Return what people call a reason."""
    return REASONS[code].name


@register.filter
def attack_links(attacks: Iterable[Attack]) -> SafeString:
    """Return links to some attacks, as a part of a sentence."""
    return launch_links(Launch(attack.slug, "") for attack in attacks)


@register.filter
def launch_links(launches: Iterable[Launch]) -> SafeString:
    """Return links to the attacks of some launches, as a part of a sentence."""
    linked = [(each.attack, each.attack, each.where and f" {each.where}") for each in launches]
    return format_html_join(", ", '<a href="/attacks/{}/"><code>{}</code></a>{}', linked)
