"""What is saved for a spreadsheet can't act there."""

from __future__ import annotations

import pytest

from victim_site.teaching.spreadsheet import as_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_spreadsheet_gets_no_formula(text: str) -> None:
    answer = as_csv("table", ("name", "lab"), [{"name": text, "lab": "post-only"}])

    first, _, rest = answer.content.decode().partition("\r\n")
    assert first == "name,lab"
    assert rest.lstrip('"').startswith(f"'{text}")
    assert rest.endswith(",post-only\r\n")
