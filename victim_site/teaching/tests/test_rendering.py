"""The catalogue: lesson texts are shown as text, and cells as the matrix has them."""

from __future__ import annotations

import pytest

from victim_site.label import parse
from victim_site.teaching import expectations
from victim_site.teaching.rendering import as_code, as_html, renderer


@pytest.mark.parametrize(
    "text", ["<script>x</script>", "[x](javascript:x)", "![x](data:text/html,x)"]
)
def test_a_lesson_holds_no_active_content(text: str) -> None:
    html = as_html(text)

    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'src="data:text' not in html


def test_a_renderer_s_rules_are_complete_before_threads_use_it() -> None:
    """They were compiled at the first request, and a second one at that moment got a 500."""
    made = renderer()

    for ruler in (made.core.ruler, made.block.ruler, made.inline.ruler, made.inline.ruler2):
        assert ruler.__cache__


def test_a_source_is_shown_as_text() -> None:
    assert "<script>" not in as_code("<script>alert(1)</script>", "html+jinja")


def test_a_private_lab_is_expected_to_do_what_its_lab_does() -> None:
    private = expectations.expected(parse("no-defense--for-me"), "form-post", "cross-site")

    assert private == expectations.expected(parse("no-defense"), "form-post", "cross-site")
    assert private[0].outcome == "forged"


def test_a_lab_that_the_matrix_does_not_have_has_no_expectation() -> None:
    label = parse("origin-check--no-framing")

    assert expectations.expected(label, "form-post", "cross-site") == []
