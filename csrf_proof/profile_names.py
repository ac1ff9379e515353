"""What the kinds of browsers are called. `browsers` says which browser each is.

Apart from it, since whoever asks for a name needn't wait until Playwright is imported.
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
