"""Browsers as a user who may do nothing, where this program is root's.

Playwright starts a browser by the path of a file. Here that file is a script, which gives the
browser's folders to `nobody` and becomes the browser as that user: without root's groups, and with
no way to get more rights. `setpriv` does that, so it's on Linux only.

Limits: the browser has to be where everybody may read it. Playwright's own are in the home folder
of whoever downloaded them, and root's is closed, so these run as root. Chromium's own sandbox stays
off, as Playwright leaves it: it would need namespaces, which containers don't allow.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from stat import S_IROTH, S_IWOTH, S_IXOTH

NAME = "nobody"
_SCRIPT = """#!/bin/sh
before=
for each; do
  case $each in --user-data-dir=*) chown -R {user} "${{each#*=}}" ;; esac
  case $before in -profile | --profile) chown -R {user} "$each" ;; esac
  before=$each
done
exec setpriv --reuid={user} --regid={group} --clear-groups --no-new-privs -- {browser} "$@"
"""


def starter(home: Path) -> Callable[[str], str] | None:
    """Return what gives, for a browser's path, the path that starts it as another user.

    It writes to this folder, which becomes that user's. None where this program isn't root's, or
    it's impossible.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    try:
        user = pwd.getpwnam(NAME)
    except KeyError:
        return None
    if not shutil.which("setpriv") or not _is_open(Path(tempfile.gettempdir()), S_IWOTH | S_IXOTH):
        return None
    os.chown(home, user.pw_uid, user.pw_gid)
    scripts = tempfile.mkdtemp(prefix="start-", dir=home)

    def started_by(browser: str) -> str:
        if not _is_open(Path(browser), S_IROTH | S_IXOTH):
            return browser
        script = Path(scripts, f"{Path(browser).name}.sh")
        if not script.exists():
            text = _SCRIPT.format(user=user.pw_uid, group=user.pw_gid, browser=shlex.quote(browser))
            script.write_text(text)
            script.chmod(0o700)
        return str(script)

    return started_by


def _is_open(path: Path, wanted: int) -> bool:
    """Tell whether everybody may do this with a path, and get to it."""
    path = path.resolve()
    if path.stat().st_mode & wanted != wanted:
        return False
    return all(parent.stat().st_mode & S_IXOTH for parent in path.parents)
