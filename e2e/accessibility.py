"""What axe finds hard to use on a page, in light and in dark."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

SCHEMES = ("light", "dark")
# Nothing but colours differs between the two.
COLOURS = ["color-contrast", "link-in-text-block"]
SERIOUS = {"serious", "critical"}

# Leaves the elements with a look that is not among the known in `window.unjudged`, and returns
# those looks. A look is all that decides how an element's text can be told from what is around it:
# its own colours and letters, and those of the elements around it.
NEW_LOOKS = """(known) => {
    const seen = new Set(known), looks = new Map(), found = [];
    const has_text = (element) => [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const hash = (text) => {
        let number = 0;
        for (const letter of text) number = (Math.imul(number, 31) + letter.charCodeAt(0)) | 0;
        return number.toString(36);
    };
    const look = (element) => {
        if (!element) return "";
        if (!looks.has(element)) {
            const style = getComputedStyle(element);
            looks.set(element, hash([
                look(element.parentElement), style.color, style.backgroundColor,
                style.backgroundImage, style.fill, style.fontSize, style.fontWeight, style.opacity,
                style.filter, style.mixBlendMode, style.textShadow, style.textDecorationLine,
                style.borderBottomStyle, style.position, style.float, element.localName === "a",
                element.matches(":disabled"), has_text(element),
            ].join("|")));
        }
        return looks.get(element);
    };
    window.unjudged = [];
    for (const element of document.querySelectorAll("body *")) {
        if (!has_text(element) && !element.matches("input, select, textarea")) continue;
        if (!element.checkVisibility({visibilityProperty: true})) continue;
        if (seen.has(look(element))) continue;
        seen.add(look(element));
        found.push(look(element));
        window.unjudged.push(element);
    }
    return found;
}"""
RUN = """([what, options]) =>
    axe.run(what === "all" ? document : {include: window.unjudged}, options)
        .then((results) => results.violations)"""


class Judge:
    """Has axe judge pages. Each look is judged once in each scheme, since pages share most of
    theirs and contrast is what takes axe so long; everything else is judged on every page."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {scheme: set() for scheme in SCHEMES}

    def complaints(self, page: Page) -> list[str]:
        """Return a line for each element with a serious finding: page, scheme, rule, element."""
        page.evaluate(Axe().axe_script)
        others = {"rules": {rule: {"enabled": False} for rule in COLOURS}}
        lines = _run(page, "any scheme", "all", others)
        for scheme, known in self._known.items():
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            new = page.evaluate(NEW_LOOKS, list(known))
            if new:
                known.update(new)
                lines += _run(page, scheme, "unjudged", {"runOnly": COLOURS})
        return lines


def complaints(page: Page) -> list[str]:
    """Return the complaints about one page."""
    return Judge().complaints(page)


def _run(page: Page, scheme: str, what: str, options: dict[str, Any]) -> list[str]:
    violations = page.evaluate(RUN, [what, {**options, "resultTypes": ["violations"]}])
    return [
        f"{page.url} ({scheme}): {violation['help']}: {node['html'][:120]}"
        for violation in violations
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
