"""The linter of templates finds texts that aren't marked for translation, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import translation

UNMARKED = {
    "a text": ("<p>{{ name }}, this is a text.</p>", "this is a text."),
    "a text in a block": ("{% block title %}A title{% endblock %}", "A title"),
    "a text before a marked one": ('<b>Not yet</b> {% translate "marked" %}', "Not yet"),
    "beside code": ("<p>Run <code>make</code></p>", "Run"),
    "a label": ('<nav aria-label="Playground">', "Playground"),
    "another text of an image": ('<img alt="A kitten">', "A kitten"),
    "an example": ('<input placeholder="Your name">', "Your name"),
    "a button of old": ('<input type="submit" value="Send it">', "Send it"),
    "what is said instead": ('{{ user|default:"nobody" }}', "nobody"),
    "an English plural": ("{{ count|pluralize }}", "pluralize"),
    "a variable without a name": (
        "{% blocktranslate %}{{ lesson.title }}{% endblocktranslate %}",
        "{{ lesson.title }}",
    ),
}
FINE = {
    "a marked text": '<p>{% translate "A text" %}</p>',
    "a marked sentence": (
        "<p>{% blocktranslate trimmed with n=lab.n %}{{ n }} <b>tabs</b>{% endblocktranslate %}</p>"
    ),
    "a marked label": "<nav aria-label=\"{% translate 'Playground' %}\">",
    "a marked argument": '{{ user|default:_("nobody") }} {{ names|join:", " }}',
    "code": '<pre>&lt;img src="{{ url }}"&gt;</pre> <code>make run</code>',
    "a name": "<th>Origin:</th> <a>JSON</a> {{ time }} UTC",
    "a field": '<input type="hidden" name="lab" value="no-defense">',
    "a part of a tag": '{% block main_class %} class="wide"{% endblock %}',
    "a class of two": '<p{% if right %} class="right"{% else %} class="wrong"{% endif %}>',
    "a script": "<script>const text = 'Hello'</script>",
    "a comment": "{# A comment #}{% comment %}Another{% endcomment %}<!-- One more -->",
}


@pytest.mark.parametrize(("source", "text"), UNMARKED.values(), ids=UNMARKED)
def test_a_text_is_found_with_its_line(source: str, text: str) -> None:
    ((line, found),) = translation.unmarked(f"<p>\n</p>\n\n{source}")

    assert line == 4
    assert text in found


@pytest.mark.parametrize("source", FINE.values(), ids=FINE)
def test_what_needs_no_mark_is_fine(source: str) -> None:
    assert translation.unmarked(source) == []


def test_a_text_that_is_not_marked_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "room" / "templates" / "room" / "wall.html"
    page.parent.mkdir(parents=True)
    page.write_text("<h1>Join</h1>")
    monkeypatch.setattr(translation, "ROOT", tmp_path)
    monkeypatch.setattr(translation, "TEACHING", tmp_path)

    assert translation.main() == 1
    assert "room/templates/room/wall.html:1: not marked for translation: Join" in (
        capsys.readouterr().out
    )


def test_every_wing_has_templates() -> None:
    wings = {file.relative_to(translation.TEACHING).parts[0] for file in translation.templates()}

    assert {"labs", "lessons", "missions", "reference", "room"} <= wings
