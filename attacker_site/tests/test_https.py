"""Over https: the attacker's server visits the bank, and its pages name the right addresses."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from attacker_site.app import create_app
from attacker_site.mallory import visit
from attacker_site.purse import amount_to_take
from attacker_site.targets import read_addresses
from attacker_site.tests.conftest import ARSENAL, Document, Get, closed_port, community, getter
from attacker_site.tests.victim import LittleBank, Victim

LAB = "csrf-token"


@pytest.fixture
def secure_victim() -> Iterator[Victim]:
    """A running victim with https, and a certificate that nobody trusts."""
    victim = Victim()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    victim.server.socket = context.wrap_socket(victim.server.socket, server_side=True)
    with victim.running():
        yield victim


def test_the_attackers_server_signs_in_over_https(secure_victim: Victim) -> None:
    secure_victim.reply = LittleBank()
    visitor = visit(read_addresses({"HTTPS": "1", "VICTIM_ADDRESS": secure_victim.address}), LAB)

    visitor.sign_in()

    assert visitor.cookies["sessionid"] == "mallorys"
    assert secure_victim.requests[-1].headers["Origin"] == f"https://{LAB}.bank.localhost:8000"


def test_the_attacker_asks_over_https_how_much_there_is(secure_victim: Victim) -> None:
    secure_victim.says(40)
    environ = {"VICTIM_SCHEME": "https", "VICTIM_ADDRESS": secure_victim.address}

    assert amount_to_take(read_addresses(environ), LAB) == 40


def site(folder: Path, **environ: str) -> Get:
    nobody = f"127.0.0.1:{closed_port()}"
    return getter(
        create_app({"VICTIM_ADDRESS": nobody, "VAR_DIR": str(folder), **environ}, ARSENAL)
    )


def test_no_page_names_an_address_without_https(tmp_path: Path) -> None:
    get = site(tmp_path, HTTPS="1")
    for path in ("/", "/form-post/", "/form-post/behind/", "/image-get/", "/loot/", "/self-check/"):
        answer = get(f"{path}?lab={LAB}")
        assert answer.status_code == 200
        assert "http://" not in answer.text.replace("http://www.w3.org/", ""), path
        assert "http://" not in answer.headers.get("Content-Security-Policy", "")


@pytest.mark.parametrize(
    ("https", "relation"), [("1", "Sec-Fetch-Site: same-site"), ("0", "cross-site (Firefox:")]
)
def test_the_panel_says_what_a_sub_domain_is_by_its_scheme(
    tmp_path: Path, https: str, relation: str
) -> None:
    get = site(tmp_path, HTTPS=https, VICTIM_SCHEME="https")
    page = Document(get("/form-post/behind/", community(LAB)).text)
    scheme = "https" if https == "1" else "http"

    assert relation in page.text["request"]
    assert f"Origin: {scheme}://{community(LAB)}" in page.text["request"]
