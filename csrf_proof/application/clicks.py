"""Where an honest user clicks, and so where an attacker can have them click without their knowing:
the application's own page is laid over a button, in a frame that nobody sees."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from csrf_proof.arsenal import Click

_TELL = "csrfProofClicked"
_SCRIPT = f"""if (self === top) addEventListener("click", ({{ target }}) => {{
    const {{ x, y, width, height }} = target.getBoundingClientRect();
    if (!width || !height) return;  // A script's own click, on what isn't shown.
    const stays = (one) => one && (getComputedStyle(one).position === "fixed"
        || stays(one.parentElement));
    const [left, top] = stays(target) ? [0, 0] : [scrollX, scrollY];
    {_TELL}({{
        page: location.pathname + location.search + location.hash,
        x: Math.round(x + left + width / 2),
        y: Math.round(y + top + height / 2),
    }});
}}, true)"""


def on_click(page: Page, note: Callable[[Click], None]) -> None:
    """Let a page tell of every click in it, as it comes."""
    page.expose_binding(_TELL, lambda _, said: note(Click(**said)))
    page.add_init_script(_SCRIPT)
