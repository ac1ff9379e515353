"""What people paste to come in, and the page that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from catalogue.addresses import Addresses
from room.lan import File
from room.tunnel import HERE, KEEPALIVE_SECONDS, KEEPALIVES

HERE_IS = Path(__file__).resolve().parent
# Where the ports are taken on somebody's laptop, both are moved by this.
OFFSET = 10
USER = "room"


@dataclass(frozen=True)
class WayIn:
    """How to reach the room at one of this machine's addresses.

    `fingerprint` is what ssh shows of the host key, as in "SHA256:…".
    """

    address: str
    ssh_port: int
    page_port: int
    fingerprint: str
    where: Addresses

    @property
    def alias(self) -> str:
        """The name under which ssh remembers the room's key, so that another room at the same
        address raises no alarm."""
        letters = "".join(filter(str.isalnum, self.fingerprint.partition(":")[2]))
        return f"csrf-room-{letters[:8].lower()}"

    def ssh(self, offset: int = 0) -> str:
        """Return the line that lets this laptop's ports lead to the trainer's."""
        forwards = " ".join(
            f"-L {port + offset}:{HERE}:{port}"
            for port in (self.where.victim_port, self.where.attacker_port)
        )
        options = " ".join(
            f"-o {option}"
            for option in (
                f"HostKeyAlias={self.alias}",
                "ExitOnForwardFailure=yes",
                f"ServerAliveInterval={KEEPALIVE_SECONDS}",
                f"ServerAliveCountMax={KEEPALIVES}",
                "PubkeyAuthentication=no",
            )
        )
        return f"ssh -N {options} {forwards} -p {self.ssh_port} {USER}@{self.address}"

    def relay(self) -> str:
        """Return the line for people without ssh, who type the code behind it."""
        ports = (self.where.victim_port, self.where.attacker_port)
        default = Addresses()
        moved = ports != (default.victim_port, default.attacker_port)
        return f"python3 join.py {self.page} CODE" + (f" {ports[0]} {ports[1]}" if moved else "")

    @property
    def page(self) -> str:
        """The authority of the page on the network."""
        return f"{self.address}:{self.page_port}"

    def as_json(self) -> Mapping[str, str]:
        """Return what the trainer's wall shows."""
        return {
            "page": f"http://{self.page}/",
            "ssh": self.ssh(),
            "shifted": self.ssh(OFFSET),
            "relay": self.relay(),
            "fingerprint": self.fingerprint,
        }


def files(ways: Sequence[WayIn], where: Addresses) -> dict[str, File]:
    """Return what the network can fetch."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE_IS), autoescape=True, trim_blocks=True
    )
    page = environment.get_template("page.html").render(
        ways=ways, where=where, offset=OFFSET, shifted=where.victim_port + OFFSET
    )
    html, script = "text/html; charset=utf-8", "text/plain; charset=utf-8"
    return {
        "/": File(html, page.encode()),
        "/join.py": File(script, (HERE_IS / "join.py").read_bytes()),
        "/join.ps1": File(script, (HERE_IS / "join.ps1").read_bytes()),
    }
