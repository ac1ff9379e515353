"""Which host is which: the teaching side, a lab, or nothing at all; and never a mistake of ours."""

from __future__ import annotations

import http.client
import socket
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools.run import Playground
from victim_site.conftest import HANDLER

PORT = settings.ADDRESSES.victim_port
BANK = "Lantern Bank"


def ask(host: str, path: str = "/", headers: dict[str, str] | None = None, **kwargs: Any) -> Any:
    client = Client(raise_request_exception=False)
    client.handler = HANDLER
    return client.get(path, headers={"host": host, **(headers or {})}, **kwargs)


# What cannot be a name of this site is misdirected (421); what cannot be a lab is not found (404).
NO_BANK = {
    "a foreign name": ("evil.example", 421),
    "a foreign name that ends alike": ("evilbank.localhost", 421),
    "a foreign name that begins alike": ("no-defense.bank.localhost.evil.example", 421),
    "a name below localhost": (f"x.localhost:{PORT}", 421),
    "a name that ends in localhost": ("mylocalhost", 421),
    "a name that begins with localhost": ("localhost.evil.example", 421),
    "a name that begins with the number": ("127.0.0.1.evil.example", 421),
    "localhost with a trailing dot": (f"localhost.:{PORT}", 421),
    "localhost with a port that isn't a number": ("localhost:http", 421),
    "localhost behind a user part": (f"evil.example@localhost:{PORT}", 421),
    "localhost together with another name": ("localhost,evil.example", 421),
    "another loopback number": (f"127.0.0.2:{PORT}", 421),
    "the loopback number as one": (f"2130706433:{PORT}", 421),
    "every address": (f"0.0.0.0:{PORT}", 421),
    "an IPv6 address": (f"[::1]:{PORT}", 421),
    "the attacker": (f"evil.localhost:{PORT}", 421),
    "below the teaching side": (f"x.playground.localhost:{PORT}", 421),
    "nothing": ("", 421),
    "a space": ("no-defense .bank.localhost", 421),
    "two names": ("no-defense.bank.localhost,evil.example", 421),
    "a user part": ("x@no-defense.bank.localhost", 421),
    "a path": ("no-defense.bank.localhost/x", 421),
    "a port that isn't a number": ("no-defense.bank.localhost:http", 421),
    "a negative port": ("no-defense.bank.localhost:-1", 421),
    "two ports": ("no-defense.bank.localhost:8000:8000", 421),
    "an underscore": ("no_defense.bank.localhost", 421),
    "letters beyond ASCII": ("nö-defense.bank.localhost", 421),
    "only dots": ("...", 421),
    "the attacker's sub-domain": (f"community.no-defense.bank.localhost:{PORT}", 404),
    "a nested name": ("a.no-defense.bank.localhost", 404),
    "a lab below a lab": ("no-defense.csrf-token.bank.localhost", 404),
    "a trailing dot": ("no-defense.bank.localhost.", 404),
    "a trailing dot and a port": (f"no-defense.bank.localhost.:{PORT}", 404),
    "an empty label": (".bank.localhost", 404),
    "a reserved label": ("www.bank.localhost", 404),
    "a label of 64 characters": (f"{'a' * 64}.bank.localhost", 404),
    "a very long name": (f"{'a.' * 5000}bank.localhost", 404),
}


@pytest.mark.parametrize(("host", "status"), NO_BANK.values(), ids=NO_BANK.keys())
def test_what_is_no_lab_gets_a_page_that_says_so(host: str, status: int) -> None:
    answer = ask(host)

    assert answer.status_code == status
    assert "text/html" in answer["Content-Type"]
    assert BANK not in answer.content.decode()


def test_no_host_at_all_is_misdirected() -> None:
    assert Client(SERVER_NAME="127.0.0.1").get("/").status_code == 421


@pytest.mark.parametrize(
    "host", ["bank.localhost", f"bank.localhost:{PORT}", "BANK.localhost", "Bank.LocalHost:80"]
)
def test_the_bare_bank_leads_to_the_teaching_side(host: str) -> None:
    answer = ask(host, "/transfer?to=mallory&amount=5")

    assert (answer.status_code, answer["Location"]) == (302, settings.ADDRESSES.playground + "/")


LOOPBACK = ["localhost", f"localhost:{PORT}", "LocalHost:1", "127.0.0.1", f"127.0.0.1:{PORT}"]


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("path", ["/", "/lessons/3/?x=1", "/nowhere", "//evil.example/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_loopback_address_leads_to_the_teaching_side(host: str, path: str, method: str) -> None:
    answer = ask(host, path, REQUEST_METHOD=method)

    assert (answer.status_code, answer["Location"]) == (302, settings.ADDRESSES.playground + "/")
    assert answer.content == b""
    assert not answer.cookies


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_a_loopback_address_refuses_every_other_method(host: str, method: str) -> None:
    answer = ask(host, "/lessons/start-over/", REQUEST_METHOD=method)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert f"Send the request to {settings.ADDRESSES.playground} instead." in (
        answer.content.decode()
    )


@pytest.mark.parametrize("host", ["evil.example", "no-defense.bank.localhost.evil.example"])
def test_a_loopback_host_named_by_a_proxy_header_is_not_believed(host: str) -> None:
    assert ask(host, headers={"x-forwarded-host": "localhost"}).status_code == 421


@pytest.mark.parametrize(
    "host", ["playground.localhost", "playground.localhost:1", "PlayGround.LOCALHOST"]
)
def test_the_teaching_side_is_known_by_its_name_alone(host: str) -> None:
    assert ask(host, "/health").content == b"ok"


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["no-defense.bank.localhost", "no-defense.bank.localhost:1"])
def test_a_lab_is_known_by_its_name_alone(host: str) -> None:
    assert BANK in ask(host, "/login").content.decode()


@pytest.mark.django_db
def test_another_host_named_by_a_proxy_header_is_not_believed() -> None:
    answer = Client(headers={"host": "evil.example"}).get(
        "/login", headers={"x-forwarded-host": "no-defense.bank.localhost"}
    )

    assert answer.status_code == 421


@pytest.mark.django_db
@given(
    host=st.text(max_size=80)
    | st.from_regex(
        r"[a-z0-9.:-]{0,30}(\.bank|\.playground)?\.localhost(:[0-9]{1,6})?", fullmatch=True
    )
)
@example(host="no-defense.bank.localhost\r\nx: y")
@example(host="\x00.bank.localhost")
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_host_is_survived(host: str) -> None:
    assert ask(host, "/login").status_code in {200, 302, 404, 421}


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_may_be_named(charset: str) -> None:
    answer = ask(
        "no-defense.bank.localhost", "/login", CONTENT_TYPE=f"text/plain; charset={charset}"
    )

    assert answer.status_code == 200


def raw(site: Playground, request: str) -> tuple[int, str]:
    """Send these characters as bytes; return the status and the whole answer."""
    with socket.create_connection(("127.0.0.1", site.victim_port), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read().decode(errors="replace")


GOOD_HOST = "Host: no-defense.bank.localhost\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
# By a real server, since a test client cannot say these. Gunicorn itself answers most with 400.
RAW = {
    "no Host in HTTP/1.1": ("GET /login HTTP/1.1\r\n\r\n", {400, 421}),
    "no Host in HTTP/1.0": ("GET /login HTTP/1.0\r\n\r\n", {421}),
    "an empty Host": ("GET /login HTTP/1.1\r\nHost:\r\n\r\n", {400, 421}),
    "Host twice": (f"GET /login HTTP/1.1\r\n{GOOD_HOST}{GOOD_HOST}\r\n", {400, 421}),
    "two different Hosts": (
        f"GET /login HTTP/1.1\r\n{GOOD_HOST}Host: playground.localhost\r\n\r\n",
        {400, 421},
    ),
    "raw bytes in Host": (
        "GET /login HTTP/1.1\r\nHost: \x80\xff.bank.localhost\r\n\r\n",
        {400, 421},
    ),
    "NUL in Host": ("GET /login HTTP/1.1\r\nHost: \x00.bank.localhost\r\n\r\n", {400, 421}),
    "a folded Host": (
        "GET /login HTTP/1.1\r\nHost: no-defense\r\n .bank.localhost\r\n\r\n",
        {400, 421},
    ),
    "an absolute address of another host": (
        "GET http://no-defense.bank.localhost/login HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        {400, 421},
    ),
    "a chunked body": (
        (
            f"POST /login HTTP/1.1\r\n{GOOD_HOST}{FORM}Transfer-Encoding: chunked\r\n\r\n"
            "e\r\nusername=alice\r\n0\r\n\r\n"
        ),
        {411},
    ),
    "chunks and a length": (
        (
            f"POST /login HTTP/1.1\r\n{GOOD_HOST}{FORM}Transfer-Encoding: chunked\r\n"
            "Content-Length: 5\r\n\r\n0\r\n\r\n"
        ),
        {400, 411},
    ),
    "a length that isn't a number": (
        f"POST /login HTTP/1.1\r\n{GOOD_HOST}{FORM}Content-Length: ten\r\n\r\n",
        {400},
    ),
    "a negative length": (
        f"POST /login HTTP/1.1\r\n{GOOD_HOST}{FORM}Content-Length: -1\r\n\r\n",
        {400},
    ),
    "a body of 10 MB that is announced": (
        f"POST /login HTTP/1.1\r\n{GOOD_HOST}{FORM}Content-Length: 10000000\r\n\r\n",
        {413},
    ),
    "a hundred and one fields with a charset": (
        (
            f"POST /login?{'a=&' * 101} HTTP/1.1\r\n{GOOD_HOST}Content-Length: 0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        ),
        {400},
    ),
    "a charset in an unknown encoding": (
        f"GET /login HTTP/1.1\r\n{GOOD_HOST}Content-Type: text/plain; charset*=bogus''x\r\n\r\n",
        {415},
    ),
    "a charset with a NUL": (
        f"GET /login HTTP/1.1\r\n{GOOD_HOST}Content-Type: text/plain; charset*=utf-8''%00\r\n\r\n",
        {415},
    ),
    "too many headers": (
        f"GET /login HTTP/1.1\r\n{GOOD_HOST}{'X: y' * 1}\r\n" + "X-A: b\r\n" * 101 + "\r\n",
        {400, 431},
    ),
    "a very long header": (
        f"GET /login HTTP/1.1\r\n{GOOD_HOST}X: {'y' * 70_000}\r\n\r\n",
        {400, 431},
    ),
    "a form for the number": (
        (
            f"POST /lessons/start-over/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{FORM}"
            "Content-Length: 8\r\n\r\nlesson=x"
        ),
        {405},
    ),
    "a very long address": (f"GET /{'y' * 5000} HTTP/1.1\r\n{GOOD_HOST}\r\n", {400, 414}),
    "a method that nobody knows": (f"BREW /login HTTP/1.1\r\n{GOOD_HOST}\r\n", {405}),
    "a path out of the site": (f"GET /static/../../etc/passwd HTTP/1.1\r\n{GOOD_HOST}\r\n", {404}),
    "raw bytes in the path": (f"GET /\xff\xfe HTTP/1.1\r\n{GOOD_HOST}\r\n", {400, 404}),
    "broken escapes in the path": (f"GET /%ff%zz%00 HTTP/1.1\r\n{GOOD_HOST}\r\n", {404}),
}


@pytest.mark.parametrize(("request_text", "statuses"), RAW.values(), ids=RAW.keys())
def test_a_malformed_request_is_refused(
    site: Playground, request_text: str, statuses: set[int]
) -> None:
    status, answer = raw(site, request_text)

    assert status in statuses
    assert "Traceback" not in answer
    assert "<h1>Sign in" not in answer


@pytest.mark.parametrize("host", ["no-defense.bank.localhost", "playground.localhost"])
@pytest.mark.parametrize(
    "charset", ["utf-16", "hex", "rot13", "idna", "undefined", "utf-7", "\xe9", "", "no-such"]
)
def test_text_in_another_charset_is_refused(site: Playground, host: str, charset: str) -> None:
    headers = f"Host: {host}\r\nContent-Type: text/plain; charset={charset}\r\n"

    status, _ = raw(site, f"GET /?to=mallory HTTP/1.1\r\n{headers}\r\n")

    assert status == 415


def test_the_running_site_serves_a_lab(site: Playground) -> None:
    status, answer = raw(site, f"GET /login HTTP/1.1\r\n{GOOD_HOST}\r\n")

    assert (status, "<h1>Sign in" in answer) == (200, True)


def test_a_thousand_cookies_are_served(site: Playground) -> None:
    cookies = "; ".join(f"c{number}=x" for number in range(1000))

    status, _ = raw(site, f"GET /login HTTP/1.1\r\n{GOOD_HOST}Cookie: {cookies}\r\n\r\n")

    assert status == 200
