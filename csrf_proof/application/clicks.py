"""Where an honest user clicks, and so where an attacker can have them click without their knowing:
the application's own page is laid over a button, in a frame that nobody sees."""

from __future__ import annotations

from playwright.sync_api import Error, Page

from csrf_proof.address import Answer
from csrf_proof.arsenal import Click

_KEPT_AS = "csrf-proof click"
# Kept by the browser, since the page may be left by the click.
REMEMBER = f"""if (self === top) addEventListener("click", ({{ target }}) => {{
    const {{ x, y, width, height }} = target.getBoundingClientRect();
    sessionStorage.setItem("{_KEPT_AS}", JSON.stringify({{
        page: location.pathname + location.search,
        x: Math.round(x + scrollX + width / 2),
        y: Math.round(y + scrollY + height / 2),
    }}));
}}, true)"""


def last_click(page: Page) -> Click | None:
    """Return the last click in this tab, on a page with the script `REMEMBER`, if there was any."""
    try:
        kept = page.evaluate(f"() => JSON.parse(sessionStorage.getItem('{_KEPT_AS}'))")
    except Error:  # The tab is at another place now.
        return None
    return Click(**kept) if kept else None


def refuses_frames(answer: Answer) -> bool:
    """Tell whether a page says anything about who may show it in a frame."""
    policy = answer.headers.get("content-security-policy", "")
    return "x-frame-options" in answer.headers or "frame-ancestors" in policy
