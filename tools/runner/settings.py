"""What the environment says about a playground, checked before anything starts."""

from __future__ import annotations

import errno
import importlib.util
import ipaddress
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from catalogue.addresses import AddressError, Addresses, Domains, read
from room import settings as room
from tools.runner.failures import PortInUse, SetupError
from tools.runner.sockets import free_port, loopback_addresses, refusal

PORT_VARIABLES = {"victim": "VICTIM_PORT", "attacker": "ATTACKER_PORT"}
ROOM_PORT_VARIABLES = {"tunnel": "ROOM_PORT", "page": "ROOM_PAGE_PORT"}
MANY_LABS = 1_000_000
GUNICORN, WAITRESS = "gunicorn", "waitress"
# gunicorn needs fork, which Windows doesn't have.
DEFAULT_SERVER = WAITRESS if sys.platform == "win32" else GUNICORN


def example(variable: str, value: object) -> str:
    """Return the end of a sentence: how to set a variable, in this system's shell."""
    if os.name == "nt":
        return f'for example: $env:{variable}="{value}"; python start.py'
    return f"for example: {variable}={value} make run"


def read_where(environment: Mapping[str, str]) -> Addresses:
    """Return the addresses at which browsers will find both sites."""
    try:
        return read(environment)
    except AddressError as error:
        raise SetupError(str(error)) from None


def read_server(environment: Mapping[str, str]) -> str:
    """Return the name of the server that runs both sites."""
    server = environment.get("SERVER") or DEFAULT_SERVER
    if server not in (GUNICORN, WAITRESS):
        raise SetupError(
            f"SERVER is {server!r}, which is neither {GUNICORN} nor {WAITRESS}; "
            f"{example('SERVER', WAITRESS)}"
        )
    if server == GUNICORN and sys.platform == "win32":
        raise SetupError(f"gunicorn doesn't run on Windows; {example('SERVER', WAITRESS)}")
    return server


def read_room(environment: Mapping[str, str], var_dir: Path) -> room.Room | None:
    """Return how people come into a room, if this is to be one."""
    wanted = environment.get("ROOM") or "0"
    if wanted not in {"0", "1"}:
        raise SetupError(
            f"ROOM is {wanted!r}, which is neither 1 (a room) nor 0; {example('ROOM', 1)}"
        )
    if wanted == "0":
        return None
    check_var_dir(var_dir)
    try:
        return room.read(environment, var_dir)
    except AddressError as error:
        raise SetupError(str(error)) from None


def read_victims_browser(environment: Mapping[str, str]) -> bool:
    """Return whether to start the victim's browser: where it can be driven, and not in a room,
    whose laptop has enough to do."""
    room_is_open = environment.get("ROOM") == "1"
    wanted = environment.get("VICTIM_BROWSER") or ("0" if room_is_open else "1")
    if wanted not in {"0", "1"}:
        raise SetupError(
            f"VICTIM_BROWSER is {wanted!r}, which is neither 1 (start it) nor 0; "
            f"{example('VICTIM_BROWSER', 0)}"
        )
    return wanted == "1" and importlib.util.find_spec("playwright") is not None


def check_most_labs(environment: Mapping[str, str]) -> None:
    """Raise a SetupError where MOST_LABS is set, and isn't a number of labs."""
    text = environment.get("MOST_LABS", "")
    if text and not (text.isascii() and text.isdecimal() and 0 < int(text) <= MANY_LABS):
        raise SetupError(
            f"MOST_LABS is {text!r}, which is not a whole number from 1 to {MANY_LABS:,}; "
            f"{example('MOST_LABS', 5000)}"
        )


def check_server(server: str, *, https: bool) -> None:
    if https and server == WAITRESS:
        raise SetupError(
            "HTTPS=1 needs gunicorn, because waitress speaks http only; use HTTPS=0 with waitress, "
            "or start the playground on Linux or a Mac without SERVER=waitress"
        )


def read_addresses(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses to listen on: those of BIND, else the loopback ones."""
    text = environment.get("BIND", "")
    if not text.strip():
        return loopback_addresses()
    addresses = []
    for part in text.split(","):
        try:
            addresses.append(str(ipaddress.ip_address(part.strip().strip("[]"))))
        except ValueError:
            raise SetupError(
                f"BIND holds {part.strip()!r}, which is not an IP address; "
                f"{example('BIND', '127.0.0.1,::1')}"
            ) from None
    return tuple(addresses)


def check_ports(ports: Mapping[str, int], addresses: Sequence[str]) -> None:
    """Raise a SetupError where a site can't listen."""
    for site, port in ports.items():
        for address in addresses:
            error = refusal(address, port)
            if error is None:
                continue
            variable = (PORT_VARIABLES | ROOM_PORT_VARIABLES)[site]
            another = example(variable, free_port())
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(
                    f"Port {port} on {address} is in use; stop the program that uses it, or set "
                    f"{variable}; {another}"
                )
            if error.errno == errno.EACCES:
                raise SetupError(
                    f"Port {port} on {address} needs more rights than this user has; "
                    f"set {variable}; {another}"
                )
            raise SetupError(
                f"Nothing can listen on {address} here ({error.strerror}); set BIND to "
                f"addresses of this machine; {example('BIND', '127.0.0.1')}"
            )


def check_var_dir(var_dir: Path) -> None:
    """Make the folder and write a file into it; permission bits alone don't tell."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var_dir) as probe:
            probe.write(b"The folder can be written.")
    except OSError as error:
        raise SetupError(
            f"Nothing can be written in VAR_DIR, {var_dir} ({error.strerror}); set it to a folder "
            f"that can be written; {example('VAR_DIR', '$HOME/csrf-playground')}"
        ) from None


def make_authority(var_dir: Path, domains: Domains) -> Path:
    """Make the authority for https if there isn't one yet; return the file that browsers trust."""
    # Imported here, since it takes a tenth of a second that a start with http does not need.
    from tools import certificates

    try:
        return certificates.authority(var_dir, domains).file
    except certificates.CertificateError as error:
        raise SetupError(
            f"{error}; remove that folder, start again, and let your browser trust the new ca.pem"
        ) from None
    except OSError as error:
        raise SetupError(
            f"No certificate can be made in VAR_DIR, {var_dir} ({error.strerror})"
        ) from None
