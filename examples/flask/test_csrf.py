"""Run with: pytest (or PROTECTED=1 pytest, which passes)."""

import os
import threading

import pytest
from app import create_app
from csrf_proof import Action, attacks
from werkzeug.serving import make_server

app = create_app(protected="PROTECTED" in os.environ)


@pytest.fixture(scope="session")
def url():
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def sign_in(page):
    page.get_by_label("Name").fill("alice")
    page.get_by_role("button", name="Sign in").click()


def save(page, email):
    page.goto("/email")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Save").click()


change_email = Action(sign_in=sign_in, act=save, state=lambda: app.config["EMAILS"]["alice"])


@attacks(change_email)
def test_email(attack, url):
    attack.assert_blocked(url)
