"""The marks in the applications: what is cut out, and what remains without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue.applications import Application, every_application
from csrf_proof.marked import Block, Unmarked

SOURCE = '''"""A bank.

    pip install Flask
    flask run --port 5055
"""
# --- the defense ---
import hmac
# --- until here ---
PAGE = """
{# --- the defense --- #}
<input name="token">
{# --- until here --- #}
    // --- the defense ---
    "X-Token": "1",
    // --- until here ---
"""


def page():
    # --- the defense ---
    check(
        hmac,
    )
    # --- instead of: pass ---


def other():
    # --- the defense ---
    check(
        hmac,
    )
    # --- until here ---
    return 1
'''


def application(folder: Path, source: str) -> Application:
    file = folder / "in_flask.py"
    file.write_text(source, encoding="utf-8")
    return Application(file, "my-defense", "Flask")


def test_blocks_are_cut_out_in_order_and_once(tmp_path: Path) -> None:
    assert application(tmp_path, SOURCE).defense == [
        Block("import hmac", "python"),
        Block('<input name="token">', "html+django"),
        Block('"X-Token": "1",', "javascript"),
        Block("check(\n    hmac,\n)", "python"),
    ]


def test_without_the_blocks_stands_what_would_be_there_instead(tmp_path: Path) -> None:
    without = application(tmp_path, SOURCE).without

    assert "hmac" not in without
    assert "token" not in without.lower()
    assert "def page():\n    pass\n" in without
    assert "def other():\n    return 1\n" in without


def test_the_instructions_are_those_of_the_docstring(tmp_path: Path) -> None:
    instructions = application(tmp_path, SOURCE).instructions

    assert instructions == ["pip install Flask", "flask run --port 5055"]


@pytest.mark.parametrize(
    "source",
    [
        "# --- the defense ---\nx = 1\n",
        "x = 1\n# --- until here ---\n",
        "# --- the defense ---\n# --- the defense ---\n# --- until here ---\n",
    ],
)
def test_marks_that_do_not_fit_are_told(source: str, tmp_path: Path) -> None:
    with pytest.raises(Unmarked, match=r"in_flask\.py"):
        assert application(tmp_path, source).without


@pytest.mark.parametrize("one", every_application(), ids=lambda one: f"{one.slug}-{one.framework}")
def test_every_application_compiles_with_its_defense_and_without(one: Application) -> None:
    assert one.defense
    compile(one.source, one.file.name, "exec")
    compile(one.without, one.file.name, "exec")


def test_the_lines_of_a_defense_stand_below_the_files_of_a_project() -> None:
    token, check, feed = (
        next(one for one in every_application() if (one.slug, one.framework) == (slug, "Django"))
        for slug in ("csrf-token", "fetch-metadata", "websocket-origin")
    )

    assert token.defense_by_file.splitlines() == [
        "# settings.py",
        'MIDDLEWARE += ["django.middleware.csrf.CsrfViewMiddleware"]',
        "",
        "# views.py",
        "from django.middleware.csrf import rotate_token",
        "",
        "rotate_token(request)  # Django's own login() does this.",
        "",
        "{# the form’s template #}",
        "{% csrf_token %}",
        "",
        "// a script that sends requests",
        '"X-CSRFToken": "{{ csrf_token }}",',
    ]
    assert "# middleware.py\nfrom django.core.exceptions" in check.defense_by_file
    assert feed.defense_by_file.startswith("# asgi.py\n")
