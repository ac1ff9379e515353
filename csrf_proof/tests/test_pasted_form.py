"""A form's HTML as the request that it sends."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csrf_proof.address import WrongUse
from csrf_proof.pasted import Pasted
from csrf_proof.pasted_form import parse

BASE = "http://no-defense.bank.localhost:8000"
FIELDS = {
    "inputs": ("<input name=a value=1><input name=b><input value=2>", [("a", "1"), ("b", "")]),
    "buttons": ("<input type=submit name=a><button name=b><input type=file name=c>", []),
    "boxes": (
        "<input type=checkbox name=a><input type=checkbox name=b checked>",
        [("b", "on")],
    ),
    "one of several": (
        "<input type=RADIO name=c value=1><input type=radio name=c value=2 checked>",
        [("c", "2")],
    ),
    "a textarea": ("<textarea name=a>x &amp; y</textarea>z", [("a", "x & y")]),
    "the first option": ("<select name=a><option>one<option value=2>two</select>", [("a", "one")]),
    "the selected option": (
        "<select name=a><option>one<option value=2 selected>two<option>three</select>",
        [("a", "2")],
    ),
    "what is disabled": ("<input name=a value=1 disabled>", []),
}


@pytest.mark.parametrize(("html", "fields"), FIELDS.values(), ids=FIELDS)
def test_what_a_browser_sends_is_sent(html: str, fields: list[tuple[str, str]]) -> None:
    found = parse(f"<p><form method=POST action='/pay?x=1'>{html}</form><input name=z>", BASE)

    assert (found.method, found.url) == ("POST", f"{BASE}/pay?x=1")
    assert found.content_type == "application/x-www-form-urlencoded"
    assert parse_qsl(found.body, keep_blank_values=True) == fields


def test_a_form_without_a_method_replaces_the_query() -> None:
    assert parse("<form action='/pay?x=1'><input name=a value='b c'>", BASE) == Pasted(
        "GET", f"{BASE}/pay?a=b+c"
    )


def test_other_types_are_kept() -> None:
    html = "<form method=post enctype=text/plain><input name=a value=b>"
    assert parse(html, BASE).body == "a=b"
    assert parse(html.replace("text/plain", "multipart/form-data"), BASE).form == {"a": "b"}


@pytest.mark.parametrize("html", ["", "<p>", "form", "<forms>"])
def test_no_form_is_told(html: str) -> None:
    with pytest.raises(WrongUse, match="no <form>"):
        parse(html, BASE)


@pytest.mark.parametrize("html", ["<![foo[x]]>", "<p title='&#" + "9" * 5_000 + ";'>"])
def test_markup_that_makes_no_sense_is_an_error(html: str) -> None:
    with pytest.raises(WrongUse):
        parse(html, BASE)


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "<form ",
                "method=post ",
                "action='",
                "'",
                ">",
                "<input name=a>",
                "<select name=b>",
                "<option>",
                "</select>",
                "<textarea name=c>",
                "</form>",
                "http://[",
                "<![",
            ]
        )
    ).map("".join)
)
def test_any_text_is_a_request_or_an_error(html: str) -> None:
    with suppress(WrongUse):
        parse(html, BASE)
