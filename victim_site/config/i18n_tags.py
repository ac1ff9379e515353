"""Django's own tags for texts, which cost nothing while there is one language.

Templates say `{% load i18n %}` and `{% translate %}` as in any Django project. With `USE_I18N` off
Django would still look each text up, and that was a fifth of a small page's time. So a text is then
put into the compiled template as it is. With `USE_I18N` on these are Django's tags, unchanged.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.template import Context, Library, Node, NodeList, Variable
from django.template.base import Parser, TextNode, Token, VariableNode
from django.templatetags import i18n

register = Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)

_VARIABLE = re.compile(r"%\((\w+)\)s")


class _AsItIs(Node):
    """A text with variables in it."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        return self.nodelist.render(context)


@register.tag
def translate(parser: Parser, token: Token) -> Node:
    """Return the text itself, or the variable that has it."""
    node = i18n.do_translate(parser, token)
    if settings.USE_I18N or node.asvar:
        return node
    said = node.filter_expression
    literal = said.var.literal if isinstance(said.var, Variable) and not said.filters else None
    return VariableNode(said) if literal is None else TextNode(str(literal))


@register.tag
def blocktranslate(parser: Parser, token: Token) -> Node:
    """Return the text with its variables, if it's the same for every number."""
    node = i18n.do_block_translate(parser, token)
    if settings.USE_I18N or node.asvar or node.plural:
        return node
    text, _ = node.render_token_list(node.singular)
    nodes = NodeList()
    # Every second part is the name of a variable.
    for number, part in enumerate(_VARIABLE.split(text)):
        if number % 2:
            nodes.append(VariableNode(node.extra_context.get(part) or parser.compile_filter(part)))
        else:
            nodes.append(TextNode(part.replace("%%", "%")))
    return _AsItIs(nodes)
