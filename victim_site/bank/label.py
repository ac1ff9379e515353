"""A label as the bank sees it: the defenses and weaknesses of one lab, all stacks expanded.

`victim_site.label` makes these from text. The bank only uses them, and doesn't know any defense or
weakness by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from http.cookies import Morsel

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest

from catalogue.labels import NO_DEFENSE, without_owner
from victim_site.bank.weakness import Weakness
from victim_site.defenses.base import Defense


@dataclass(frozen=True)
class Label:
    """A well-formed label: its text, and what it stands for with all stacks expanded.

    Of a lab with a `mystery`, the name of a mission, the label doesn't say what it stands for.
    """

    text: str
    defenses: tuple[Defense, ...]
    weaknesses: tuple[Weakness, ...]
    owner: str
    mystery: str = ""

    @property
    def host(self) -> str:
        return settings.ADDRESSES.domains.lab(self.text)

    @property
    def url(self) -> str:
        return settings.ADDRESSES.bank(self.text)

    @property
    def community(self) -> str:
        """The attacker's origin on a subdomain of this lab."""
        return settings.ADDRESSES.community(self.text)

    @property
    def lookalike(self) -> str:
        """The attacker's origin whose name begins with this lab's."""
        return settings.ADDRESSES.lookalike(self.text)

    @property
    def slugs(self) -> list[str]:
        """The expanded defenses; empty for `no-defense`."""
        return [defense.slug for defense in self.defenses if defense.slug != NO_DEFENSE]

    @property
    def weakness_slugs(self) -> list[str]:
        return [weakness.slug for weakness in self.weaknesses]

    @property
    def without_owner(self) -> str:
        return without_owner(self.text)

    @cached_property
    def samesite(self) -> str:
        """What the session cookie of this lab says: `None`, `Lax`, `Strict`, or nothing."""
        cookie: Morsel[str] = Morsel()
        cookie["samesite"] = settings.SESSION_COOKIE_SAMESITE
        for defense in self.defenses:
            defense.session_cookie(cookie)
        samesite: str = cookie["samesite"]
        return samesite

    @cached_property
    def cookie_prefix(self) -> str:
        """What stands before the names of all cookies of this lab's bank."""
        return "".join(defense.cookie_prefix for defense in self.defenses)

    @cached_property
    def needs_script(self) -> bool:
        """Whether the bank's own forms must be sent by its script."""
        return any(defense.needs_script for defense in self.defenses)

    @property
    def scripts(self) -> list[str]:
        """The static files of the defenses that are scripts."""
        return [defense.script for defense in self.defenses if defense.script]

    @cached_property
    def policy(self) -> str:
        """The content security policy of this lab's pages; empty if there is none."""
        policy: dict[str, list[str]] = {}
        for defense in self.defenses:
            policy |= defense.policy
        return build_policy(policy)

    def form_fields(self, request: HttpRequest, address: str) -> dict[str, str]:
        """Return the hidden fields of an honest form for an address of the bank."""
        fields: dict[str, str] = {}
        for defense in self.defenses:
            fields |= defense.fields_for(request, address)
        return fields

    def script_headers(self, request: HttpRequest) -> dict[str, str]:
        """Return the headers that the bank's own scripts must send."""
        headers: dict[str, str] = {}
        for defense in self.defenses:
            headers |= defense.script_headers(request)
        return headers
