"""What a weakness is: a feature of the bank, as a class with hooks that do nothing by default.

Each weakness has a folder in `victim_site/weaknesses`: `weakness.py` is the feature, a subclass of
`Weakness`, and `README.md` is the lesson; its templates and its `static/` files are there too. The
folder's name, with hyphens, is the slug. A lab has a weakness if its label says `with-<slug>`, and
then the bank calls its hooks; no other lab has its pages, its headers or its cookies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


class Weakness:
    """One feature. Instances hold no state: one serves every lab and every request."""

    slug: ClassVar[str]
    # Two weaknesses that determine the same thing can't be in one lab.
    settles: ClassVar[str] = ""
    # Where the bank uses the feature honestly: an address, and what the menu calls it.
    menu: ClassVar[tuple[str, str]]
    # Another way to sign in: an address, and what the sign-in page calls it.
    sign_in: ClassVar[tuple[str, str] | None] = None
    # Whether the bank answers a browser that asks if another origin may send a request.
    opens_cors: ClassVar[bool] = False
    # The methods besides POST by which the bank then acts.
    acts_by: ClassVar[frozenset[str]] = frozenset()
    # Whether the account page offers the payment that a script sends.
    quick_payment: ClassVar[bool] = True

    def pages(self) -> dict[str, View]:
        """Return the feature's addresses and views; they come before the bank's own."""
        return {}

    def read(self, request: HttpRequest) -> None:
        """Change what the bank sees of a request, before anything looks at it."""

    def route(self, request: HttpRequest) -> None:
        """Change the request after the checks that run before all views, before a view's own."""

    def note(self, text: str) -> str | None:
        """Return a payment note as HTML that is not escaped again, or None to leave it as text."""
        return None

    def answer(self, request: HttpRequest, response: HttpResponse) -> None:
        """Change a response before the lab's defenses do."""
