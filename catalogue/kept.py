"""Where state lives, and the secrets that are made at the first start and kept there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def folder(environ: Mapping[str, str]) -> Path:
    """Return where state lives: `VAR_DIR`, or `var/` in the checkout."""
    checkout = Path(__file__).resolve().parents[1]
    return Path(environ.get("VAR_DIR") or checkout / "var").resolve()


def key_folder(environ: Mapping[str, str]) -> Path:
    """Return where the victim's key is: in `KEY_DIR`, which is all that containers share, else
    where state lives."""
    elsewhere = environ.get("KEY_DIR")
    return Path(elsewhere) if elsewhere else folder(environ)


def victim_key(in_folder: Path) -> str:
    """Return the key with which the attacker's site and the victim's browser talk to the queue of
    visits."""
    return kept(in_folder, "victim_key")


def kept(var_dir: Path, name: str) -> str:
    """Return the secret with this name, making it where there is none.

    Several processes may start at once: the first to link its file wins, and all read that one.
    """
    path = var_dir / name
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{name}-{secrets.token_hex(8)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()
