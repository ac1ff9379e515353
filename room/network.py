"""Where the others on the network find this machine, and how many may connect."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Sequence

import psutil

# What this process has open beside its sockets, and connections that it's about to refuse.
OTHER_FILES = 200


def reachable(binds: Sequence[str]) -> list[str]:
    """Return this machine's addresses for the others, the likeliest first.

    They are asked for each time, since a laptop changes its address with the network. IPv6 is left
    out: an address that has to be typed has to be short.
    """
    found = []
    for name, addresses in psutil.net_if_addrs().items():
        for each in addresses:
            if each.family == socket.AF_INET and _is_for_others(each.address):
                found.append((_likely(name, each.address), each.address))
    every = any(ipaddress.ip_address(bind).is_unspecified for bind in binds)
    return [address for _, address in sorted(found) if every or address in binds]


def allowed_sockets(wanted: int) -> int:
    """Allow this process so many sockets if the system does; return how many it may have."""
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < most:
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most - OTHER_FILES


def _is_for_others(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _likely(name: str, address: str) -> tuple[bool, bool, str]:
    """Return a key by which Wi-Fi and cables come before what virtual machines and VPNs add."""
    added = name.startswith(("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "tun", "utun"))
    return added, not ipaddress.ip_address(address).is_private, name
