"""Every address of the playground's own follows the scheme that both sites are served by."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from victim_site.conftest import Bank, playground
from victim_site.label import parse

SHOW = "from victim_site.config import settings as s; print(s.SCHEME, s.PLAYGROUND_URL, s.EVIL_URL)"
PAGES = ["/", "/labs/no-defense/", "/attacks/form-post/", "/defenses/", "/self-check/"]


@pytest.mark.parametrize(("https", "scheme"), [("", "http"), ("0", "http"), ("1", "https")])
def test_the_environment_says_the_scheme(https: str, scheme: str) -> None:
    environment = os.environ | {"HTTPS": https, "VICTIM_PORT": "8123", "ATTACKER_PORT": "9123"}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=settings.CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    hosts = ["playground.localhost:8123", "evil.localhost:9123"]
    assert shown.stdout.split() == [scheme, *(f"{scheme}://{host}" for host in hosts)]


@pytest.fixture
def secure() -> Iterator[None]:
    secure = {
        name: getattr(settings, name).replace("http://", "https://")
        for name in ("PLAYGROUND_URL", "EVIL_URL")
    }
    with override_settings(SCHEME="https", **secure):
        yield


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


@pytest.mark.django_db
@pytest.mark.usefixtures("secure")
def test_the_strip_sends_to_the_attacker_over_https() -> None:
    page = Bank("no-defense", "https").get("/login").content.decode()
    host = f"no-defense.bank.localhost:{settings.ATTACKER_PORT}"
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
