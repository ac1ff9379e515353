"""The pages about your own application: who gets them, and what they take."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from csrf_proof.waiting import soon
from victim_site.conftest import Site, playground
from victim_site.teaching.tests.audit import audit, audit_missing
from victim_site.teaching.your_app import runs

pytestmark = pytest.mark.django_db

PAGES = ["/your-app/"]
URL = "http://127.0.0.1:1/email"
# What stands for csrf-proof in these tests: a program that writes a report, or waits to be stopped.
REPORTS = """import pathlib, sys
told = dict(each.split("=", 1) for each in sys.argv if each.startswith("--"))
print("Looking at", sys.argv[1], "as", told.get("--as"), "with", told.get("--field"))
pathlib.Path(told["--html"]).write_text("<style>p {}</style><p>The report")
pathlib.Path(told["--json"]).write_text('{"actions": [{"results": [{"attack": "form-post", '
  '"position": "subdomain", "profile": "firefox", "outcome": "forged", "stopped_by": null}]}]}')
sys.exit(1)"""
WAITS = "import time; print('Waiting', flush=True); time.sleep(60)"
BREAKS = "raise SystemExit(77)"


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let another program stand for csrf-proof, and keep the runs elsewhere."""
    monkeypatch.setattr(runs, "FOLDER", tmp_path / "runs")
    monkeypatch.setattr(runs, "BUSY", tmp_path / "runs" / "busy")

    def program(text: str) -> None:
        file = tmp_path / "program.py"
        file.write_text(text)
        monkeypatch.setattr(runs, "COMMAND", (sys.executable, str(file)))

    return program


def post(site: Site, path: str = "/your-app/", **fields: str) -> Any:
    return site.post(path, site.hidden("/your-app/") | fields, headers={"origin": site.origin})


def over(path: str) -> bool:
    return "data-over" in playground().get(path).content.decode()


def test_the_form_is_a_page_that_holds_only_what_it_may() -> None:
    assert 'name="url"' in audit("/your-app/")
    audit_missing("/your-app/0123abcd/")


def test_a_run_is_shown_as_it_goes_and_with_its_report(said: Any) -> None:
    said(REPORTS)
    answer = post(playground(), url=URL, sign_in="/login", user="alice", field="email")
    assert answer.status_code == 302, answer.content.decode()
    path = answer["Location"]
    assert soon(lambda: over(path), 10)
    page = audit(path)
    assert f"Looking at {URL} as alice with email" in page
    assert '<span class="outcome forged">Forged</span>' in page
    assert "from a sub-domain, in Firefox" in page
    report = playground().get(f"{path}report/")
    assert report.content.decode().endswith("The report")
    assert "default-src 'none'" in report["Content-Security-Policy"]
    assert f"<code>{URL}</code>" in audit("/your-app/")


def test_one_run_at_a_time_which_can_be_stopped(said: Any) -> None:
    said(WAITS)
    site = playground()
    path = post(site, url=URL)["Location"]
    assert soon(lambda: "Waiting" in site.get(path).content.decode(), 10)
    assert not over(path)
    again = post(site, url=URL)
    assert again.status_code == 409
    assert "Another run isn’t over." in again.content.decode()
    assert site.get(f"{path}report/").status_code == 404
    assert post(site, f"{path}stop/")["Location"] == path
    assert soon(lambda: over(path), 10)
    assert post(site, url=URL).status_code == 302
    assert post(site, f"/your-app/{runs.newest()[0].name}/stop/").status_code == 302
    assert soon(lambda: not runs.BUSY.exists(), 10)


def test_a_run_whose_process_is_gone_was_stopped(said: Any) -> None:
    said(BREAKS)
    path = post(playground(), url=URL)["Location"]
    assert soon(lambda: over(path), 10)
    assert "csrf-proof itself broke" in audit(path)
    (run,) = runs.newest()
    (run.folder / "status").unlink()
    runs.BUSY.mkdir()
    long_ago = time.time() - 60
    os.utime(runs.BUSY, (long_ago, long_ago))
    assert "It was stopped before it was done." in audit(path)
    assert post(playground(), url=URL).status_code == 302
    assert soon(lambda: not runs.BUSY.exists(), 10)


def test_only_the_newest_are_kept(said: Any) -> None:
    said(BREAKS)
    for _ in range(runs.KEPT + 2):
        assert post(playground(), url=URL).status_code == 302
        assert soon(lambda: not runs.BUSY.exists(), 10)
    assert len(runs.newest()) == runs.KEPT


MISTAKES: dict[str, tuple[dict[str, str], str]] = {
    "no address": ({"url": ""}, "Say where the form is."),
    "another machine": ({"url": "http://bank.example/"}, "isn&#x27;t this machine"),
    "no address at all": ({"url": "--help"}, "isn&#x27;t an address such as"),
    "too long": ({"url": URL, "user": "x" * 1000}, "at most 300 characters"),
    "a zero": ({"url": URL, "user": "\0"}, "Null characters are not allowed."),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_beside_its_field_and_starts_nothing(case: str, said: Any) -> None:
    said(BREAKS)
    fields, sentence = MISTAKES[case]
    answer = post(playground(), **fields, password="secret")
    assert answer.status_code == 400
    page = answer.content.decode()
    assert sentence in page
    assert "secret" not in page
    assert runs.newest() == []


def test_another_site_starts_nothing(said: Any) -> None:
    said(BREAKS)
    site = playground()
    assert site.post("/your-app/", {"url": URL}).status_code == 403
    assert runs.newest() == []


def test_without_browsers_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "lacks_browsers", lambda: True)
    page = audit("/your-app/")
    assert "<code>make browsers</code>" in page
    assert 'name="url"' not in page


def test_a_folder_that_cannot_be_written_is_a_sentence(said: Any) -> None:
    said(BREAKS)
    runs.FOLDER.write_text("in the way")
    answer = post(playground(), url=URL)
    assert answer.status_code == 503
    assert "The run can’t be written down: " in answer.content.decode()


ELSEWHERE: Sequence[tuple[bool, str]] = [(False, "127.0.0.1"), (True, "192.0.2.7"), (True, "")]


@pytest.mark.parametrize(("alone", "sender"), ELSEWHERE)
def test_whoever_is_not_at_this_machine_sees_nothing_of_it(alone: bool, sender: str) -> None:
    site = playground()
    with override_settings(SERVES_THIS_MACHINE_ALONE=alone):
        assert site.get("/your-app/", REMOTE_ADDR=sender).status_code == 404
        assert "/your-app/" not in site.get("/", REMOTE_ADDR=sender).content.decode()


def test_the_home_page_and_the_last_lesson_lead_there() -> None:
    for path in ("/", "/lessons/nothing-helps/"):
        assert 'href="/your-app/"' in playground().get(path).content.decode()
