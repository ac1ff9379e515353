"""Pages and files are compressed for who accepts it, and say the same to everybody."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from victim_site.config.compressed_files import StaticFilesMiddleware
from victim_site.conftest import HANDLER, Bank, Site, playground
from victim_site.defenses.base import all_defenses

pytestmark = pytest.mark.django_db

ACCEPTS = {"accept-encoding": "gzip, deflate, br"}
LAB = "no-defense"


def body(answer: Any) -> bytes:
    content = answer.getvalue() if answer.streaming else answer.content
    answer.close()
    return bytes(content)


PAGES: dict[str, tuple[Site, str]] = {
    "home": (playground(), "/"),
    "matrix": (playground(), "/matrix/"),
    "API": (playground(), "/api/matrix"),
    "file": (playground(), "/static/teaching/teaching.css"),
    "bank": (Bank(LAB), "/login"),
    "bank's file": (Bank(LAB), "/static/bank/bank.css"),
}


@pytest.mark.parametrize(("site", "path"), PAGES.values(), ids=PAGES)
def test_a_page_comes_compressed_to_who_accepts_it(site: Site, path: str) -> None:
    plain, small = site.get(path), site.get(path, headers=ACCEPTS)

    assert small["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    for answer in (plain, small):
        assert "Accept-Encoding" in answer["Vary"]
    packed, whole = body(small), body(plain)
    assert int(small["Content-Length"]) == len(packed) < len(whole) == int(plain["Content-Length"])
    assert b"csrfmiddlewaretoken" in whole or gzip.decompress(packed) == whole


def test_a_refusal_of_gzip_is_heeded() -> None:
    answer = playground().head("/static/teaching/teaching.css", headers={"accept-encoding": "br"})

    assert "Content-Encoding" not in answer


def test_a_file_that_has_not_changed_is_not_sent_again() -> None:
    path = "/static/teaching/teaching.css"
    tag = playground().head(path, headers=ACCEPTS)["ETag"]

    assert playground().get(path, headers=ACCEPTS | {"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("defense", sorted(all_defenses()))
def test_a_lab_refuses_the_same_and_says_the_same_to_who_accepts_gzip(defense: str) -> None:
    payment = {"to": "mallory", "amount": "1"}
    plain = Bank(defense).forged("/transfer", payment)
    small = Bank(defense).forged("/transfer", payment, **ACCEPTS)

    names = set(plain.headers) | set(small.headers)
    differing = {name for name in names if plain.headers.get(name) != small.headers.get(name)}
    assert plain.status_code == small.status_code
    assert differing <= {"Content-Encoding", "Content-Length"}


def test_a_disk_that_is_full_costs_the_compression_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "static").write_text("a file where the folder should be")
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)
    files = StaticFilesMiddleware(HANDLER.get_response)

    answers = files.files["/static/bank/bank.css"].get_response(
        "GET", {"HTTP_ACCEPT_ENCODING": "gzip"}
    )

    assert answers.file is not None
    with answers.file:
        assert (
            answers.file.read()
            == (settings.CHECKOUT / "victim_site/bank/static/bank/bank.css").read_bytes()
        )
    assert "Content-Encoding" not in dict(answers.headers)
