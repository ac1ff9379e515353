"""The lines under "In your own project" hold what the lesson promises: they are run here.

They are taken out of each README as they stand and executed as a reader would paste them, in the
smallest Django and the smallest Flask application that can be attacked. In what they leave behind,
an UPPERCASE name is a Django setting, a function of `get_response` a Django middleware, a function
`transfer` the Django view of that address, and `token` makes the token that a page hands out; Flask
lines act on `app` itself. A block that begins with "<" is the beginning of the page's form.
"""

from __future__ import annotations

import hmac
import html
import inspect
import json
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from textwrap import dedent
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

import flask
import pytest
from csp.constants import NONE, SELF
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.http import require_POST
from flask_wtf import CSRFProtect  # type: ignore[import-untyped, unused-ignore]
from werkzeug.security import check_password_hash, generate_password_hash

from victim_site.defenses.base import all_defenses, flawed_defenses

FOLDER = Path(__file__).parents[1]
SOUND = [slug for slug in all_defenses() if slug not in flawed_defenses()]

HOST = "bank.example"
PASSWORD = "wonderland"
FORM = "application/x-www-form-urlencoded"
FIELDS = {"to": "mallory", "amount": "100"}
METHOD = re.compile(r'<form method="([^"]*)">')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
REST_OF_THE_FORM = '<input name="to"><input name="amount"><button>Send</button></form>'


def says(site: str, origin: str, mode: str = "navigate", dest: str = "document") -> dict[str, str]:
    """Return what a browser says of a request, by the page that makes it."""
    return {
        "Origin": origin,
        "Referer": f"{origin}/",
        "Sec-Fetch-Site": site,
        "Sec-Fetch-Mode": mode,
        "Sec-Fetch-Dest": dest,
    }


def without_origin(headers: dict[str, str]) -> dict[str, str]:
    """Return what a browser says of a GET."""
    return {name: value for name, value in headers.items() if name != "Origin"}


OWN_PAGE = says("same-origin", f"https://{HOST}")
CROSS_SITE = says("cross-site", "https://evil.example")
FOLLOWED_LINK = without_origin(CROSS_SITE)
TRANSFER = f"/transfer?{urlencode(FIELDS)}"

# Method, path, headers, body: the session cookie comes along, a token does not.
ATTACKS = {
    "form": ("POST", "/transfer", CROSS_SITE, urlencode(FIELDS)),
    "form of a sub-domain": (
        "POST",
        "/transfer",
        says("same-site", f"https://shop.{HOST}"),
        urlencode(FIELDS),
    ),
    # Over plain http a browser sends no Sec-Fetch-Site.
    "form over http": ("POST", "/transfer", {"Origin": "http://evil.example"}, urlencode(FIELDS)),
    "link": ("GET", TRANSFER, FOLLOWED_LINK, ""),
    "image": (
        "GET",
        TRANSFER,
        without_origin(says("cross-site", "https://evil.example", "no-cors", "image")),
        "",
    ),
    # A handshake is a GET; what it would open is not here, so it acts as a link does.
    "handshake": ("GET", TRANSFER, {"Upgrade": "websocket", "Origin": "https://evil.example"}, ""),
}
# These only declare something, and it is the browser that refuses.
COOKIES: dict[str, dict[str, object]] = {
    "no-defense": {"samesite": "None", "secure": True},
    "browser-default": {"samesite": ""},
    "samesite-lax": {"samesite": "Lax"},
    "samesite-strict": {"samesite": "Strict"},
}
HOST_COOKIES = {
    "Django": {"__Host-sessionid", "__Host-csrftoken"},
    "Flask": {"__Host-session"},
}
DECLARING = {*COOKIES, "content-policy", "host-prefix", "no-framing"}
REFUSING = [slug for slug in SOUND if slug not in DECLARING]
POSTS = ["form", "form of a sub-domain"]
# Where the lesson promises something else than to stop what posts.
REFUSED = {
    "fetch-metadata": [*POSTS, "form over http"],
    "post-only": ["link", "image"],
    "resource-isolation": ["form", "image"],
    "websocket-origin": ["handshake"],
}


def blocks(slug: str) -> dict[str, list[str]]:
    """Return the code blocks of a lesson by the framework that stands above them."""
    lesson = (FOLDER / slug.replace("-", "_") / "README.md").read_text(encoding="utf-8")
    section = lesson.partition("## In your own project\n")[2].partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    framework = ""
    # A blank line inside a function ends no block.
    for paragraph in re.split(r"\n\n(?! {5})", section.strip("\n")):
        if paragraph.startswith("    "):
            found.setdefault(framework, []).append(dedent(paragraph))
        else:
            label = re.fullmatch(r"In (Django|Flask)\b.*:", paragraph, re.DOTALL)
            framework = label[1] if label else ""
    return found


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    set_cookie: list[str]

    @property
    def cookies(self) -> list[Morsel[str]]:
        return [morsel for line in self.set_cookie for morsel in SimpleCookie(line).values()]


class Visitor(Protocol):
    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: str, content_type: str
    ) -> Answer: ...

    def plant(self, name: str, value: str) -> None:
        """Take a cookie that a sub-domain has set for the whole domain."""


class Project:
    """A running application, and what it did."""

    def __init__(self, visitor: Callable[[], Visitor]) -> None:
        self.moved = 0
        self.visitor = visitor

    def signed_in(self) -> Visitor:
        visitor = self.visitor()
        assert self.get(visitor, "/sign-in").status == 200
        return visitor

    @staticmethod
    def get(visitor: Visitor, path: str) -> Answer:
        return visitor.send("GET", path, FOLLOWED_LINK, "", FORM)

    @staticmethod
    def attack(visitor: Visitor, name: str) -> Answer:
        return visitor.send(*ATTACKS[name], FORM)

    def honest(self, visitor: Visitor, slug: str, headers: Mapping[str, str] = OWN_PAGE) -> Answer:
        """Send money as the application's own page does, with all that the defense asks for."""
        defense = all_defenses()[slug]
        page = self.get(visitor, "/")
        fields = FIELDS | hidden(page) | dict.fromkeys(defense.asks_for, PASSWORD)
        added = defense.script_headers(RequestFactory().get("/")) if defense.needs_script else {}
        content_type = added.pop("Content-Type", FORM)
        body = urlencode(fields) if content_type == FORM else json.dumps(fields)
        (method,) = METHOD.findall(page.text)
        return visitor.send(method.upper(), "/transfer", {**headers, **added}, body, content_type)


def hidden(page: Answer) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in HIDDEN.findall(page.text)}


def hidden_field(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{html.escape(value)}">'


def run(lines: list[str], names: dict[str, Any]) -> str:
    """Execute the blocks in one namespace; return the beginning of the form that they ask for."""
    form = '<form method="post">'
    for block in lines:
        if block.startswith("<"):
            form = block
        else:
            exec(block, names)
    return form


# Django


class DjangoVisitor:
    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"host": HOST})

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: str, content_type: str
    ) -> Answer:
        answer: Any = self.client.generic(
            method, path, body, content_type, secure=True, headers=dict(headers)
        )
        lines = [morsel.OutputString() for morsel in answer.cookies.values()]
        return Answer(answer.status_code, answer.headers, answer.content.decode(), lines)

    def plant(self, name: str, value: str) -> None:
        self.client.cookies[name] = value


def knows_its_customer(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def add_user(request: HttpRequest) -> HttpResponseBase:
        customer: Any = SimpleNamespace(check_password=lambda password: password == PASSWORD)
        request.user = customer
        return get_response(request)

    return add_user


@contextmanager
def django_project(lines: list[str], samesite: str = "Lax") -> Iterator[Project]:
    """Run a Django application that has the lines in its settings and its views."""
    project = Project(DjangoVisitor)

    def move_money(request: HttpRequest) -> HttpResponse:
        if not request.session.get("signed_in"):
            return HttpResponse(status=401)
        project.moved += 1
        return HttpResponse("Moved.")

    module = ModuleType("own_project")
    names = vars(module)
    names |= {
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            f"{__name__}.knows_its_customer",
        ],
        "NONE": NONE,
        "SELF": SELF,
        "PermissionDenied": PermissionDenied,
        "constant_time_compare": constant_time_compare,
        "move_money": move_money,
        "require_POST": require_POST,
        "salted_hmac": salted_hmac,
        "urlsplit": urlsplit,
    }
    form = run(lines, names)
    settings = {name: value for name, value in names.items() if name.isupper()}
    settings["MIDDLEWARE"] += [
        f"own_project.{name}"
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if "get_response" in inspect.signature(value).parameters
    ]

    def sign_in(request: HttpRequest) -> HttpResponse:
        request.session["signed_in"] = True
        return HttpResponse()

    def page(request: HttpRequest) -> HttpResponse:
        token = names["token"](request, secrets.token_hex()) if "token" in names else ""
        field = hidden_field("token", token) if token else ""
        template = engines["django"].from_string(form + field + REST_OF_THE_FORM)
        answer = HttpResponse(template.render({}, request))
        if token:
            answer.set_cookie("token", token)
        return answer

    names["urlpatterns"] = [
        path("", page),
        path("sign-in", sign_in),
        path("transfer", names.get("transfer", move_money)),
    ]
    base = {
        "ALLOWED_HOSTS": [HOST],
        "CONTENT_SECURITY_POLICY": None,
        "CSRF_FAILURE_VIEW": "django.views.csrf.csrf_failure",
        "ROOT_URLCONF": module,
        "SESSION_COOKIE_SAMESITE": samesite,
        "SESSION_COOKIE_SECURE": False,
        "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
        "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    }
    with patch.dict(sys.modules, own_project=module), override_settings(**base | settings):
        yield project


# Flask


class FlaskVisitor:
    def __init__(self, app: flask.Flask) -> None:
        self.client = app.test_client()

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: str, content_type: str
    ) -> Answer:
        answer = self.client.open(
            path,
            method=method,
            base_url=f"https://{HOST}",
            headers=headers,
            data=body,
            content_type=content_type if body else None,
        )
        lines = answer.headers.getlist("Set-Cookie")
        return Answer(answer.status_code, dict(answer.headers), answer.text, lines)

    def plant(self, name: str, value: str) -> None:
        self.client.set_cookie(name, value, domain=HOST)


@contextmanager
def flask_project(lines: list[str], samesite: str | None = None) -> Iterator[Project]:
    """Run a Flask application that has the lines in its one file."""
    app = flask.Flask("own_project")
    app.secret_key = secrets.token_hex()
    app.config["SESSION_COOKIE_SAMESITE"] = samesite
    project = Project(lambda: FlaskVisitor(app))
    user = SimpleNamespace(password=generate_password_hash(PASSWORD, "pbkdf2:sha256:1"))

    @app.before_request
    def know_the_customer() -> None:
        flask.g.user = user

    def move_money(request: flask.Request) -> tuple[str, int]:
        if not flask.session.get("id"):
            return "Sign in first.", 401
        project.moved += 1
        return "Moved.", 200

    names: dict[str, Any] = {
        "CSRFProtect": CSRFProtect,
        "abort": flask.abort,
        "app": app,
        "check_password_hash": check_password_hash,
        "g": flask.g,
        "hmac": hmac,
        "move_money": move_money,
        "request": flask.request,
        "session": flask.session,
        "urlsplit": urlsplit,
    }
    form = run(lines, names)

    @app.get("/sign-in")
    def sign_in() -> str:
        flask.session["id"] = secrets.token_hex()
        return ""

    @app.get("/")
    def page() -> flask.Response:
        token = names["token"](secrets.token_hex()) if "token" in names else ""
        field = hidden_field("token", token) if token else ""
        answer = flask.Response(flask.render_template_string(form + field + REST_OF_THE_FORM))
        if token:
            answer.set_cookie("token", token)
        return answer

    if not any(rule.rule == "/transfer" for rule in app.url_map.iter_rules()):
        app.add_url_rule(
            "/transfer", view_func=lambda: move_money(flask.request), methods=["GET", "POST"]
        )
    yield project


PROJECTS: dict[str, Callable[..., AbstractContextManager[Project]]] = {
    "Django": django_project,
    "Flask": flask_project,
}
each_framework = pytest.mark.parametrize("framework", PROJECTS)


@pytest.mark.parametrize("slug", SOUND)
def test_every_lesson_has_lines_for_both_frameworks_and_no_others(slug: str) -> None:
    found = blocks(slug)
    where = f"{slug.replace('-', '_')}.py, under “In your own project”:"

    for framework in PROJECTS:
        assert framework in found, (
            f"{where} no lines for {framework}. Add a paragraph that begins with “In {framework}” "
            "and ends with a colon, and below it the code, four blanks further in."
        )
    assert "" not in found, (
        f"{where} a block that is never run. Put above it a paragraph that begins with “In Django” "
        "or “In Flask” and ends with a colon."
    )


@each_framework
@pytest.mark.parametrize("attack", ATTACKS)
def test_without_the_lines_the_attack_moves_the_money(attack: str, framework: str) -> None:
    with PROJECTS[framework]([]) as project:
        answer = project.attack(project.signed_in(), attack)

    assert (answer.status, project.moved) == (200, 1)


@each_framework
@pytest.mark.parametrize(
    ("slug", "attack"),
    [(slug, attack) for slug in REFUSING for attack in REFUSED.get(slug, POSTS)],
)
def test_with_the_lines_the_attack_is_refused(slug: str, attack: str, framework: str) -> None:
    with PROJECTS[framework](blocks(slug)[framework]) as project:
        visitor = project.signed_in()
        # The visitor has been on the page, so every cookie of the application comes along.
        project.get(visitor, "/")
        answer = project.attack(visitor, attack)

    assert project.moved == 0
    assert 400 <= answer.status < 500


@each_framework
@pytest.mark.parametrize("slug", SOUND)
def test_with_the_lines_the_honest_user_is_let_through(slug: str, framework: str) -> None:
    with PROJECTS[framework](blocks(slug)[framework]) as project:
        answer = project.honest(project.signed_in(), slug)

    assert (answer.status, project.moved) == (200, 1)


@each_framework
@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}], ids=["no browser", "typed"])
@pytest.mark.parametrize("slug", ["fetch-metadata", "resource-isolation"])
def test_what_no_page_has_made_is_let_through(
    slug: str, headers: dict[str, str], framework: str
) -> None:
    with PROJECTS[framework](blocks(slug)[framework]) as project:
        answer = project.honest(project.signed_in(), slug, headers)

    assert (answer.status, project.moved) == (200, 1)


@each_framework
@pytest.mark.parametrize("slug", SOUND)
def test_with_the_lines_the_page_opens_before_sign_in(slug: str, framework: str) -> None:
    with PROJECTS[framework](blocks(slug)[framework]) as project:
        assert project.get(project.visitor(), "/").status == 200


@each_framework
# Projects that said different things before: what both say now comes from the lines.
@pytest.mark.parametrize("before", ["Lax", "Strict"])
@pytest.mark.parametrize("slug", COOKIES)
def test_with_the_lines_the_session_cookie_says_what_the_lesson_says(
    slug: str, before: str, framework: str
) -> None:
    with PROJECTS[framework]([], before) as project:
        (unchanged,) = project.get(project.visitor(), "/sign-in").cookies
    with PROJECTS[framework](blocks(slug)[framework], before) as project:
        (cookie,) = project.get(project.visitor(), "/sign-in").cookies

    assert (unchanged["samesite"], unchanged["secure"]) == (before, "")
    assert {attribute: cookie[attribute] for attribute in COOKIES[slug]} == COOKIES[slug]


@each_framework
def test_host_prefix_names_every_cookie_that_the_framework_sets(framework: str) -> None:
    lines = blocks("host-prefix")[framework] + blocks("csrf-token")[framework]
    with PROJECTS[framework](lines) as project:
        visitor = project.signed_in()
        cookies = project.get(project.visitor(), "/sign-in").cookies
        cookies += project.get(visitor, "/").cookies

    assert {cookie.key for cookie in cookies} == HOST_COOKIES[framework]
    for cookie in cookies:
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


@each_framework
def test_session_token_sets_no_cookie_beside_the_session(framework: str) -> None:
    with PROJECTS[framework](blocks("session-token")[framework]) as project:
        visitor = project.signed_in()
        session = project.get(project.visitor(), "/sign-in").cookies
        page = project.get(visitor, "/").cookies

    assert {cookie.key for cookie in page} == {cookie.key for cookie in session}


@each_framework
def test_origin_check_refuses_even_who_knows_the_token(framework: str) -> None:
    with PROJECTS[framework](blocks("origin-check")[framework]) as project:
        visitor = project.signed_in()
        body = urlencode(FIELDS | hidden(project.get(visitor, "/")))
        answer = visitor.send("POST", "/transfer", CROSS_SITE, body, FORM)

    assert (answer.status, project.moved) == (403, 0)


@each_framework
def test_a_token_made_for_another_session_is_refused(framework: str) -> None:
    with PROJECTS[framework](blocks("signed-double-submit")[framework]) as project:
        token = hidden(project.get(project.signed_in(), "/"))["token"]
        alice = project.signed_in()
        alice.plant("token", token)
        body = urlencode(FIELDS | {"token": token})
        answer = alice.send("POST", "/transfer", CROSS_SITE, body, FORM)

    assert (answer.status, project.moved) == (403, 0)


@each_framework
def test_no_framing_is_declared_by_the_lines_alone(framework: str) -> None:
    with PROJECTS[framework]([]) as project:
        before = project.get(project.visitor(), "/").headers
    with PROJECTS[framework](blocks("no-framing")[framework]) as project:
        after = project.get(project.visitor(), "/").headers

    assert "Content-Security-Policy" not in before
    assert "X-Frame-Options" not in before
    assert after["Content-Security-Policy"] == "frame-ancestors 'none'"
    if framework == "Django":
        assert after["X-Frame-Options"] == "DENY"


@each_framework
def test_content_policy_is_declared_by_the_lines_alone(framework: str) -> None:
    with PROJECTS[framework](blocks("content-policy")[framework]) as project:
        said = project.get(project.visitor(), "/").headers["Content-Security-Policy"]

    assert set(said.split("; ")) == {
        "default-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    }
