"""What the kinds of browsers are called. `browsers` says which browser each is.

A module of its own, so that looking up a name doesn't import Playwright.
"""

from __future__ import annotations

PROFILES = ("chromium", "chromium-no-3pc", "firefox")
OPTIONAL = ("webkit",)
# What people call them.
NAMES = {
    "chromium": "Chrome",
    "chromium-no-3pc": "Chrome, third-party cookies blocked",
    "firefox": "Firefox",
    "webkit": "WebKit",
}
