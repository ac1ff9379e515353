"""The tags for texts: they say what Django's own say, and leave nothing to do for each page."""

from __future__ import annotations

import pytest
from django.template import Context, Engine, Node
from django.template.base import TextNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.test import override_settings

DJANGOS = Engine(libraries={"i18n": "django.templatetags.i18n"})
OURS = Engine(libraries={"i18n": "victim_site.config.i18n_tags"})
TEXTS = [
    '{% translate "70 % are right & <b>bold</b>" %}',
    "{% translate 'A label' %}",
    '{% translate "A label" noop %}',
    '{% translate "A label" as label %}[{{ label }}]',
    "{% translate name %}",
    '{% translate "a label"|capfirst %}',
    '{% translate "May" context "month" %}',
    "{% blocktranslate %}Hello, {{ name }}: {{ nobody }}{% endblocktranslate %}",
    "{% blocktranslate trimmed %}\n  70 % of\n  {{ count }}{% endblocktranslate %}",
    "{% blocktranslate with a=name|upper b=count %}{{ b }} {{ a }} {{ b }}{% endblocktranslate %}",
    "{% blocktranslate asvar said %}Hello, {{ name }}{% endblocktranslate %}[{{ said }}]",
    "{% blocktranslate count n=count %}{{ n }} lab{% plural %}{{ n }} labs{% endblocktranslate %}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_same_as_with_the_tags_of_django(text: str) -> None:
    said = [
        engine.from_string("{% load i18n %}" + text).render(Context({"name": "<A&B>", "count": 3}))
        for engine in (DJANGOS, OURS)
    ]

    assert said[0] == said[1] != ""


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize(
    ("text", "kind"), [(TEXTS[0], TranslateNode), (TEXTS[9], BlockTranslateNode)]
)
def test_a_text_is_looked_up_only_where_there_are_languages(
    text: str, kind: type[Node], on: bool
) -> None:
    with override_settings(USE_I18N=on):
        nodes = OURS.from_string("{% load i18n %}" + text).nodelist

    assert bool(nodes.get_nodes_by_type(kind)) == on
    assert bool(nodes.get_nodes_by_type(TextNode)) != on
