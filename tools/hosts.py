"""Lines for the hosts file, where the names don't resolve: `python -m tools.hosts [<name>]`.

A hosts file can't have wildcards, so every host is in it by name: the sites, the labs that a
learner of that name meets in the lessons, and the hosts from which those are attacked, all read
from the lessons' front matter. The self-check and the cookie page have labs of their own.

Labs that no lesson names, as in free play, are not among them.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from catalogue.addresses import DEFAULT, AddressError, Domains, read
from catalogue.labels import LONGEST_LABEL, LONGEST_OWNER
from catalogue.lessons import read_all
from csrf_proof.positions import LOOKALIKE, SUBDOMAIN
from tools.check import ROOT, SLUG
from tools.run import LOOPBACK

DEFAULT_NAME = "me"


def hosts(name: str, root: Path = ROOT, domains: Domains = DEFAULT.domains) -> list[str]:
    """Return the host names of the sites, of the pages that check a browser, and of the lessons."""
    found = [domains.playground, domains.bank, domains.evil]
    # The positions that have a host for each lab. All others are on the attacker's own site.
    attackers = {SUBDOMAIN: domains.community, LOOKALIKE: domains.lookalike}
    theirs = [(f"{lab}--for-{name}", position) for lab, position in _lessons(root)]
    for lab, position in [*_checks(root), *theirs]:
        found.append(domains.lab(lab))
        if position in attackers:
            found.append(attackers[position](lab))
    return list(dict.fromkeys(found))


def _checks(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the labs of the pages that check a browser; some ask from the sub-domain too."""
    for file in sorted((root / "victim_site" / "teaching").rglob("*.py")):
        for lab in re.findall('^LAB = "(.+)"$', file.read_text(encoding="utf-8"), re.MULTILINE):
            yield lab, SUBDOMAIN


def _lessons(root: Path) -> Iterator[tuple[str, str]]:
    """Yield every lab of every lesson, with each position from which it is attacked there."""
    for lesson in read_all(root / "docs" / "lessons")[0]:
        for lab in lesson.labs:
            for position in lesson.positions:
                yield lab, position
        for claim in lesson.claims:
            yield claim.lab, claim.position


def main(
    arguments: list[str], root: Path = ROOT, environment: Mapping[str, str] = os.environ
) -> int:
    """Print the lines, or why there are none for that name."""
    try:
        domains = read(environment).domains
    except AddressError as error:
        print(error, file=sys.stderr)
        return 2
    name = " ".join(arguments) or DEFAULT_NAME
    if not SLUG.fullmatch(name) or len(name) > LONGEST_OWNER:
        print(
            f"“{name}” is not a valid name for a learner: at most {LONGEST_OWNER} characters, "
            "a-z, 0-9 and single hyphens, as in NAME=otter42.",
            file=sys.stderr,
        )
        return 2
    found = hosts(name, root, domains)
    for host in found:
        if max(map(len, host.split("."))) > LONGEST_LABEL:
            print(
                f"“{name}” is too long for a lab of the lessons, {host}: "
                f"no part of a host name holds more than {LONGEST_LABEL} characters.",
                file=sys.stderr,
            )
            return 2
    print("# The CSRF Playground, for a machine that does not resolve these names by itself.")
    print(f"# On the lessons page, choose the name {name}. Labs outside the lessons are not here.")
    for host in found:
        for address in LOOPBACK:
            print(address, host)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
