"""A request that this site refuses, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.exceptions import HTTPException


class Refusal(HTTPException):
    """A request that is answered with an error page: the reason, and links that work instead."""

    def __init__(
        self,
        code: int,
        title: str,
        sentence: str,
        links: Mapping[str, str] | None = None,
        *,
        form: str = "",
    ) -> None:
        """Take the heading, the sentence, links as text to address, and the expected form."""
        super().__init__(sentence)
        self.code = code
        self.title = title
        self.links = links or {}
        self.form = form
