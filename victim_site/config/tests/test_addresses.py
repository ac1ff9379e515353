"""Every address that a page names follows the configuration: scheme, ports and domains."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from catalogue.addresses import Addresses, Domains
from victim_site.conftest import Bank, playground, signed_in
from victim_site.label import parse
from victim_site.teaching.lessons.learner import NAME_COOKIE

SHOW = "from victim_site.config.settings import ADDRESSES as a; print(a.playground, a.evil)"
PAGES = ["/", "/labs/no-defense/", "/attacks/form-post/", "/defenses/", "/self-check/"]
# Pages that say the name of a host, and not only in a link.
NAMED = [
    "/defenses/origin-prefix/",
    "/self-check/?cookies=error",
    "/play/?defense=post-only",
    "/lessons/same-site/?all",
    "/handout/",
    "/facilitator/",
    "/your-app/",
    "/your-own-exploit/",
]
ELSEWHERE = Addresses(
    scheme="https",
    victim_scheme="https",
    domains=Domains("play.example.net", "bank.test", "evil.example"),
)
SOURCE = re.compile(r'<div class="code">.*?</div>', re.DOTALL)
A_DEFAULT_NAME = re.compile(r"[\w.…<>-]*\b(?:playground|bank|evil)\.localhost")


def start(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=settings.CHECKOUT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("https", "scheme"), [("", "http"), ("0", "http"), ("1", "https")])
def test_the_environment_says_the_scheme(https: str, scheme: str) -> None:
    shown = start(SHOW, HTTPS=https, VICTIM_PORT="8123", ATTACKER_PORT="9123").stdout
    hosts = ["playground.localhost:8123", "evil.localhost:9123"]
    assert shown.split() == [f"{scheme}://{host}" for host in hosts]


def test_the_site_does_not_start_with_domains_that_do_not_work() -> None:
    process = start("import victim_site.config.wsgi", HTTPS="0", BANK_DOMAIN="bank.test")
    assert process.returncode != 0
    assert "set HTTPS=1" in process.stderr.splitlines()[-1]


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """What the teaching side builds once has addresses in it, and a process has one set of them."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("victim_site.teaching."):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()


@pytest.fixture
def secure(nothing_kept: None) -> Iterator[None]:
    here = replace(settings.ADDRESSES, scheme="https", victim_scheme="https")
    with override_settings(ADDRESSES=here):
        yield


@pytest.fixture
def elsewhere(nothing_kept: None) -> Iterator[None]:
    domains = ELSEWHERE.domains
    hosts = [domains.playground, f".{domains.bank}"]
    with override_settings(ADDRESSES=ELSEWHERE, ALLOWED_HOSTS=hosts):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("elsewhere")
def test_with_other_domains_no_page_names_a_default_one() -> None:
    pages = {path: playground().get(path, secure=True) for path in (*PAGES, *NAMED)}
    pages["no such host"] = Bank("a.b", "https").get("/")
    pages["no such lab"] = Bank("no-such-lab", "https").get("/")
    pages["account"] = signed_in("no-defense", scheme="https").get("/")
    for path, answer in pages.items():
        # Sources are shown as they are.
        page = SOURCE.sub("", answer.content.decode())
        assert any(name in page for name in vars(ELSEWHERE.domains).values()), path
        assert A_DEFAULT_NAME.findall(page) == [], path


@pytest.mark.django_db
@pytest.mark.usefixtures("elsewhere")
def test_with_other_domains_the_default_hosts_are_nobodys() -> None:
    host = {"host": "playground.localhost:8000"}
    assert playground().get("/", headers=host, secure=True).status_code == 421
    assert playground().get("/", secure=True).status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("elsewhere")
def test_a_bank_at_another_domain_is_a_lab_with_its_own_mail() -> None:
    bank = signed_in("csrf-token--for-elsewhere", scheme="https")
    assert bank.host.startswith("csrf-token--for-elsewhere.bank.test:")
    assert bank.state["accounts"]["alice"]["email"] == "alice@bank.test"


@pytest.mark.django_db
@pytest.mark.usefixtures("elsewhere")
def test_the_strip_knows_the_attackers_hosts_at_other_domains() -> None:
    page = Bank("no-defense", "https").get("/login").content.decode()
    assert 'data-cross-site="https://evil.example:9000/ATTACK/?lab=no-defense"' in page
    assert 'data-subdomain="https://community.no-defense.bank.test:9000/ATTACK/"' in page
    assert 'data-lookalike="https://no-defense.bank.test.evil.example:9000/ATTACK/"' in page


def insecure_addresses(page: str) -> list[str]:
    return re.findall(r'http://[^"\s<]*localhost[^"\s<]*', page)


@pytest.mark.django_db
@pytest.mark.usefixtures("secure")
def test_over_https_no_page_names_an_address_without() -> None:
    pages = [playground().get(path, secure=True).content.decode() for path in PAGES]
    pages.append(Bank("no-defense", "https").get("/login").content.decode())
    pages.append(Bank("no-such-lab", "https").get("/").content.decode())
    for page in pages:
        assert "https://" in page
        assert insecure_addresses(page) == []


A_SUBDOMAIN = "http://me.no-defense--for-me.bank.localhost:7000/exploit.html"


def own_exploit(*, secure: bool = False) -> str:
    """Return the page about an exploit of your own, for a visitor whose name is “me”."""
    site = playground()
    site.cookies[NAME_COOKIE] = "me"
    return site.get("/your-own-exploit/", secure=secure).content.decode()


@pytest.mark.django_db
def test_an_exploit_of_ones_own_is_the_same_site_over_http() -> None:
    assert A_SUBDOMAIN in own_exploit()


@pytest.mark.django_db
@pytest.mark.usefixtures("secure")
def test_an_exploit_of_ones_own_is_another_site_than_a_bank_with_https() -> None:
    page = own_exploit(secure=True)
    assert A_SUBDOMAIN not in page
    assert "to Chrome, http is another site than https" in page


@pytest.mark.django_db
@pytest.mark.usefixtures("secure")
def test_a_lab_to_attack_has_https_as_the_bank_does() -> None:
    page = playground().get("/your-app/", secure=True).content.decode()
    port = settings.ADDRESSES.victim_port
    assert f"<code>https://no-defense.bank.localhost:{port}/email</code>" in page


@pytest.mark.django_db
@pytest.mark.usefixtures("elsewhere")
def test_at_other_domains_no_lab_is_offered_to_attack() -> None:
    page = playground().get("/your-app/", secure=True).content.decode()
    assert "A lab of the bank will do" not in page


@pytest.mark.django_db
@pytest.mark.usefixtures("secure")
def test_the_strip_sends_to_the_attacker_over_https() -> None:
    page = Bank("no-defense", "https").get("/login").content.decode()
    host = f"no-defense.bank.localhost:{settings.ADDRESSES.attacker_port}"
    assert f'data-subdomain="https://community.{host}/ATTACK/"' in page
    assert 'data-lookalike="https://no-defense.bank.localhost.evil.localhost:' in page
    assert parse("no-defense").url.startswith("https://no-defense.bank.localhost:")


@pytest.mark.django_db
@pytest.mark.usefixtures("secure")
def test_the_teaching_side_takes_its_own_forms_over_https_and_no_others() -> None:
    visitor = playground()
    visitor.scheme = "https"
    token = visitor.hidden("/labs/no-defense/")
    own = f"https://{visitor.host}"
    for headers, status in [
        ({"origin": own}, 302),
        ({"referer": f"{own}/labs/no-defense/"}, 302),
        ({}, 403),
        ({"origin": f"http://{visitor.host}"}, 403),
    ]:
        answer = visitor.post("/labs/no-defense/reset/", token, headers=headers)
        assert answer.status_code == status, headers
