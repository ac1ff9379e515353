"""Files to begin with."""

from __future__ import annotations

import sys
from pathlib import Path

from csrf_proof.address import WrongUse
from csrf_proof.command.options import FILE, Asked
from csrf_proof.command.status import Status
from csrf_proof.pasted import parse
from csrf_proof.poc import make

TEST_FILE = "test_csrf.py"
_TEST = '''\
"""Attacks on an application that runs at URL, in real browsers. Run with: pytest"""

from csrf_proof import Action, attacks

URL = "http://127.0.0.1:5055"


# Each function gets a page of Playwright's that is open at the application: change them to how
# yours is used.
def sign_in(page):
    page.goto("/login")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Sign in").click()


def save(page, email):
    page.goto("/email")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Save").click()


def saved(page):
    page.goto("/email")
    return page.get_by_label("E-mail").input_value()


change_email = Action(sign_in=sign_in, act=save, state=saved)


@attacks(change_email)
def test_email(attack):
    attack.assert_blocked(URL)
'''
_FORM = """\
# What to attack. Start the application, then: csrf-proof run csrf-proof.toml
url = "http://127.0.0.1:5055/email"

# How to sign in: the page with that form, and the name. The password is asked for, or comes from
# CSRF_PROOF_PASSWORD.
sign-in = "/login"
as = "alice"

# Another user, whose token and cookies an attack may use. The password is asked for, or comes from
# CSRF_PROOF_ATTACKER_PASSWORD.
# attacker = "mallory"

# The field that gets another value; without this line, the first field for text.
# changes = "email"

# A page that shows what was saved; without this line, it's looked for.
# state = "/account"

# The form is the one to sign in with: another site may sign a visitor in as the attacker.
# signs-in = true

# The address is the one to sign out at, or a page that has the button or link.
# signs-out = true

# What other fields are to hold.
# [fields]
# newsletter = "yes"

# Hosts other than this machine that are yours to attack.
# i_own = ["staging.example.com"]

# An attack that gets through, and may do so for now.
# [[known]]
# attack = "form-post"
# reason = "The old importer has no token; it ends in January."
# until = 2027-01-31
"""


def init(*, test: bool) -> int:
    """Write a test or a description of a form into this folder; return the exit status.

    Raises:
        WrongUse: The file already exists, or can't be written.
    """
    file, text = (Path(TEST_FILE), _TEST) if test else (Path(FILE), _FORM)
    write_new(file, text)
    then = "pytest" if test else f"csrf-proof run {file}"
    print(f"{file} is there. Change it to how your application is used, then: {then}")
    return Status.BLOCKED


def write_poc(asked: Asked) -> int:
    """Write a page that sends a request; return the exit status.

    Raises:
        WrongUse: The request can't be read, or the page already exists.
    """
    try:
        text = sys.stdin.read() if asked.file == "-" else Path(asked.file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{asked.file} can't be read: {error}.") from None
    made = make(parse(text))
    write_new(asked.html, made.page)
    print("\n".join(made.sentences))
    print(f"\nThe page: {asked.html}")
    return Status.BLOCKED


def write_new(file: Path, text: str) -> None:
    """Write a file that isn't there yet.

    Raises:
        WrongUse: It is, or can't be written.
    """
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise WrongUse(f"{file} already exists.") from None
    except OSError as error:
        raise WrongUse(f"{file} can't be written: {error}.") from None
