"""What axe finds hard to use on a page, in light and in dark."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

# Nothing but colours differs between the two.
COLOURS = ["color-contrast", "link-in-text-block"]


def complaints(page: Page) -> list[str]:
    """Return a line for each element with a serious finding: page, scheme, rule, element."""
    return [*_judge(page, "light"), *_judge(page, "dark", COLOURS)]


def _judge(page: Page, scheme: str, rules: list[str] | None = None) -> list[str]:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = Axe().run(page, options={"runOnly": rules} if rules else None)
    return [
        f"{page.url} ({scheme}): {violation['help']}: {node['html'][:120]}"
        for violation in found.response["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]
