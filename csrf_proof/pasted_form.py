"""A form as people copy it from a page's source, as the request that it sends."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from csrf_proof.address import WrongUse
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.bodies import MULTIPART_TYPE, TEXT_TYPE
from csrf_proof.pasted import Pasted

# What a browser doesn't send with a form, unless it was clicked.
_NOT_SENT = {"submit", "button", "reset", "image", "file"}
_TYPES = {FORM_TYPE, MULTIPART_TYPE, TEXT_TYPE}


def parse(html: str, base: str) -> Pasted:
    """Return what the first form in some HTML sends as it is, without a click on a button.

    `base` is the address of its page.

    Raises:
        WrongUse: There is no form, or it can't be read.
    """
    form = _Form()
    try:
        form.feed(html)
        form.close()
    except (AssertionError, ValueError) as error:  # HTMLParser gives up on some markup this way.
        raise WrongUse(f"The HTML can't be read: {error}.") from None
    if form.attributes is None:
        raise WrongUse("There is no <form> in this. Paste all of it, from <form to </form>.")
    said = form.attributes
    try:
        url = urljoin(f"{base}/", said.get("action", "").strip())
        urlsplit(url)
    except ValueError as error:
        raise WrongUse(f"The form’s action can't be read: {error}.") from None
    fields = form.fields
    if said.get("method", "get").strip().lower() != "post":
        # A browser replaces the query with the fields.
        return Pasted("GET", url.partition("?")[0] + (f"?{urlencode(fields)}" if fields else ""))
    stated = said.get("enctype", "").strip().lower()
    kind = stated if stated in _TYPES else FORM_TYPE
    headers = {"content-type": kind}
    if kind == MULTIPART_TYPE:
        return Pasted("POST", url, headers, form=dict(fields))
    if kind == TEXT_TYPE:
        return Pasted("POST", url, headers, "\r\n".join(f"{name}={v}" for name, v in fields))
    return Pasted("POST", url, headers, urlencode(fields))


class _Form(HTMLParser):
    """Collects the first form's attributes and fields."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str] | None = None
        self.fields: list[tuple[str, str]] = []
        self._ended = False
        # The field whose options are read, and whether one of them is in the fields.
        self._select, self._chosen = "", False
        # Whether text belongs to the last field.
        self._text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and self.attributes is None:
            self.attributes = said
        if self.attributes is None or self._ended or "disabled" in said:
            return
        self._text = False
        name = said.get("name", "")
        if tag == "input" and name:
            self._input(name, said)
        elif tag == "textarea" and name:
            self._add(name, "", text=True)
        elif tag == "select":
            self._select, self._chosen = name, False
        elif tag == "option" and self._select:
            self._option(said)

    def _input(self, name: str, said: dict[str, str]) -> None:
        kind = said.get("type", "text").lower()
        if kind in {"checkbox", "radio"}:
            if "checked" in said:
                self._add(name, said.get("value", "on"))
        elif kind not in _NOT_SENT:
            self._add(name, said.get("value", ""))

    def _option(self, said: dict[str, str]) -> None:
        """The first option is sent, unless another is selected."""
        if self._chosen and "selected" not in said:
            return
        if self._chosen:
            self.fields.pop()
        self._chosen = True
        self._add(self._select, said.get("value", ""), text="value" not in said)

    def _add(self, name: str, value: str, *, text: bool = False) -> None:
        self.fields.append((name, value))
        self._text = text

    def handle_endtag(self, tag: str) -> None:
        self._text = False
        if tag == "form" and self.attributes is not None:
            self._ended = True
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            name, before = self.fields[-1]
            self.fields[-1] = (name, before + data)
