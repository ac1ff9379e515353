"""The pay button takes a click only after the page has been in front for a moment."""

from __future__ import annotations

from victim_site.defenses.base import Defense


class DelayedButton(Defense):
    stops = ("double-click", "held-key")
    does_not_stop = ("form-post", "client-side-post")
    script = "defenses/delayed_button/delayed.js"
