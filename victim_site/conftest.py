"""Visitors to labs: test clients that stay on one host and say what a browser there would say."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler

from tools.run import Playground

PASSWORDS = {"alice": "wonderland", "mallory": "mischief"}
# What a browser says of a request, by where it comes from. The port is in Origin, never in a site.
CROSS_SITE = {
    "origin": f"http://{settings.ADDRESSES.domains.evil}:{settings.ADDRESSES.attacker_port}",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
# One for all: otherwise each test would list the static files again.
HANDLER = ClientHandler(enforce_csrf_checks=True)


class Site(Client):
    """A client on one host. No check is disabled for it, and an exception shows as a 500."""

    def __init__(self, name: str, scheme: str = "http") -> None:
        host = f"{name}:{settings.ADDRESSES.victim_port}"
        super().__init__(raise_request_exception=False, headers={"host": host})
        self.handler = HANDLER
        self.host = host
        self.scheme = scheme
        self.origin = f"{scheme}://{host}"

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **kwargs | {"secure": self.scheme == "https"})

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        # A browser keeps one of two cookies with the same name (`bank.middleware`).
        for name in [name for name in self.cookies if name != self.cookies[name].key]:
            del self.cookies[name]
        return response

    def hidden(self, path: str) -> dict[str, str]:
        """Return the hidden fields of the first form that posts on a page of the site."""
        page = self.get(path).content.decode()
        form = page.partition("<main")[2].partition('method="post"')[2].partition("</form>")[0]
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(form)}


class Bank(Site):
    """A visitor to one lab's bank."""

    def __init__(self, lab: str, scheme: str = "http") -> None:
        super().__init__(f"{lab}.{settings.ADDRESSES.domains.bank}", scheme)
        self.lab = lab

    def honest(self, path: str, fields: Mapping[str, Any], **kwargs: Any) -> Any:
        """Send a form as an honest visitor's browser does, with everything in its page."""
        page = "/" if path in {"/avatar", "/logout"} else path
        headers = {
            "origin": self.origin,
            "referer": f"{self.origin}{page}",
            "sec-fetch-site": "same-origin",
            "sec-fetch-mode": "navigate",
            "sec-fetch-dest": "document",
        }
        return self.post(path, {**self.hidden(page), **fields}, headers=headers, **kwargs)

    def sign_in(self, username: str = "alice") -> Any:
        return self.honest("/login", {"username": username, "password": PASSWORDS[username]})

    def forged(self, path: str, fields: Mapping[str, Any], **headers: str) -> Any:
        """Send what another site's page would; `headers` override those of a form."""
        return self.post(path, fields, headers=CROSS_SITE | headers)

    @property
    def state(self) -> dict[str, Any]:
        return state(self.lab)

    @property
    def attempts(self) -> list[dict[str, Any]]:
        return list(self.state["attempts"])

    @property
    def balances(self) -> tuple[int, int]:
        accounts = self.state["accounts"]
        return accounts["alice"]["balance"], accounts["mallory"]["balance"]


def playground() -> Site:
    """A visitor to the teaching side."""
    return Site(settings.ADDRESSES.domains.playground)


def state(lab: str) -> dict[str, Any]:
    """What the public API says of a lab."""
    answer: dict[str, Any] = playground().get(f"/api/labs/{lab}").json()
    return answer


def signed_in(lab: str, username: str = "alice", scheme: str = "http") -> Bank:
    """A visitor who has signed in, and whose browser has followed the redirect."""
    bank = Bank(lab, scheme)
    assert bank.sign_in(username).status_code == 303
    bank.get("/?signed-in", headers={"sec-fetch-site": "same-origin"})
    return bank


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """Both sites as they really run, on ports and in a folder of their own."""
    with Playground(var_dir=tmp_path_factory.mktemp("var"), env={"DATABASE_URL": ""}) as running:
        yield running
