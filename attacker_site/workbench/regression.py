"""A test that fails as long as an exploit works: a file for pytest with csrf-proof's plugin.

It's complete for the playground's own bank, and says what to change for an application of your own.
"""

from __future__ import annotations

from attacker_site.targets import Addresses

TEMPLATE = '''"""{name} robbed alice at {lab}. This fails as long as it does.

It needs csrf-proof and pytest, and the playground: pytest {file}
For an application of your own, change BANK, what alice does there, and what the state is.
"""

import http.client
import json

from csrf_proof import Action, attacks

BANK = {bank!r}
PLAYGROUND = {playground!r}
LAB = {lab!r}
EXPLOIT = {exploit!r}


def ask(method, path):
    """Ask the teaching side, which shows what the bank's accounts are like, and resets them."""
    host = PLAYGROUND.partition("//")[2]
    connection = http.client.HTTPConnection("127.0.0.1", int(host.partition(":")[2] or 80))
    token = "x" * 32
    headers = {{"Host": host, "Origin": PLAYGROUND, "X-CSRFToken": token}}
    connection.request(method, path, headers=headers | {{"Cookie": "csrftoken=" + token}})
    return connection.getresponse().read()


def accounts():
    return str(json.loads(ask("GET", "/api/labs/" + LAB))["accounts"])


def sign_in(page):
    page.goto("/login")
    page.click("main button")
    page.wait_for_selector("h1.greeting")


def change_email(page, value):
    page.goto("/email")
    page.fill("main input[name=email]", value)
    if page.is_visible("main input[name=current_password]"):
        page.fill("main input[name=current_password]", "wonderland")
    page.click("main form button")
    page.wait_for_selector(".notice")


# What an honest user does, to see that the bank works before and after the attack.
action = Action(
    sign_in=sign_in,
    act=change_email,
    state=accounts,
    reset=lambda page: change_email(page, {email!r}),
    like={email!r},
    name="what alice didn't want",
)


@attacks(action, exploit=EXPLOIT)
def test_exploit(attack):
    ask("POST", "/api/labs/" + LAB + "/reset")
    attack.assert_blocked(BANK)
'''


def file_of(number: int) -> str:
    """Return the name of the file with the test of a version."""
    return f"test_exploit_{number}.py"


def write(addresses: Addresses, lab: str, file: str, number: int, body: bytes) -> str | None:
    """Return the test; None where the exploit isn't text, or the playground has https."""
    if addresses.scheme != "http":
        return None  # The test would have to trust the playground's certificate.
    try:
        exploit = body.decode()
    except UnicodeDecodeError:
        return None
    return TEMPLATE.format(
        name=f"Version {number} of {file}",
        file=file_of(number),
        lab=lab,
        bank=addresses.bank(lab),
        playground=addresses.playground,
        exploit=exploit,
        email=f"alice@{addresses.domains.bank}",
    )
