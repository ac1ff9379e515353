"""What a new exploit can begin with: an attack of the catalogue, or a pasted request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from attacker_site.targets import Addresses
from attacker_site.workbench.exploit import Unusable
from attacker_site.workbench.form import Written
from catalogue.labels import is_label, with_weakness
from csrf_proof import pasted, pasted_form, poc
from csrf_proof.address import WrongUse
from csrf_proof.arsenal import Attack
from csrf_proof.positions import CROSS_SITE, SUBDOMAIN


@dataclass(frozen=True)
class Start:
    """An exploit to begin with, the lab that it aims at, and sentences about it."""

    written: Written
    lab: str
    notes: Sequence[str] = ()


class Starts:
    """The beginnings that this site offers. `complete` renders an attack with whole addresses."""

    def __init__(
        self,
        attacks: Mapping[str, Attack],
        complete: Callable[[Attack, str], str],
        addresses: Addresses,
    ) -> None:
        self._attacks = attacks
        self._complete = complete
        self._addresses = addresses

    @property
    def attacks(self) -> list[Attack]:
        """The attacks that work where an owner's exploits are read, by title."""
        return sorted(filter(self.offers, self._attacks.values()), key=lambda each: each.title)

    def offers(self, attack: Attack) -> bool:
        """Tell whether an attack works where an owner's exploits are read: on another site, or at a
        sub-domain of the bank."""
        return not {CROSS_SITE, SUBDOMAIN}.isdisjoint(attack.launched_from)

    def named(self, slug: str) -> Attack | None:
        """Return the attack with this name, if it's one of these."""
        attack = self._attacks.get(slug)
        return attack if attack and self.offers(attack) else None

    def from_attack(self, slug: str, lab: str) -> Start:
        """Return an attack's page, aimed at a lab that has the weakness which it needs.

        Raises:
            Unusable: There's no such attack, or that isn't a lab.
            Refusal: The attacker's server couldn't get what the attack needs.
        """
        attack = self.named(slug)
        if attack is None:
            raise Unusable(f"There is no attack called “{slug}” that works from your hosts.")
        lab = with_weakness(checked_lab(lab), attack.needs)
        page = self._complete(attack, lab)
        notes = [f"This is “{attack.bait}” ({attack.slug}), aimed at {lab}. It isn’t stored yet."]
        if CROSS_SITE not in attack.launched_from:
            notes.append("It works only if alice opens it at a sub-domain of the bank.")
        if attack.server_source and not attack.caught_source:
            notes.append(
                "The attacker’s server got something from the bank for it just now. If it no "
                "longer works later, start from the attack again."
            )
        return Start(Written(body=page.encode()), lab, notes)

    def from_pasted(self, text: str, lab: str) -> Start:
        """Return a page that sends a pasted request, as far as a page of another site can.

        Raises:
            Unusable: It can't be read, or that isn't a lab.
        """
        bank = self._addresses.bank(checked_lab(lab))
        text = text.strip()
        try:
            is_html = text.startswith("<")
            request = pasted_form.parse(text, bank) if is_html else pasted.parse(text)
            made = poc.make(request)
        except WrongUse as mistake:
            raise Unusable(str(mistake)) from None
        return Start(
            Written(body=made.page.encode()), lab, [*made.sentences, "It isn’t stored yet."]
        )


def checked_lab(lab: str) -> str:
    """Return a lab's label.

    Raises:
        Unusable: It isn't one.
    """
    if not is_label(lab):
        raise Unusable(
            f"“{lab[:80]}” isn’t a lab. A lab’s name looks like "
            "<defense>[--<defense>…][--with-<weakness>…][--for-<owner>], such as "
            "csrf-token--for-otter42."
        )
    return lab
