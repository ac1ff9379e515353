"""The session cookie has no SameSite, so each browser decides when to send it."""

from __future__ import annotations

from http.cookies import Morsel

from victim_site.defenses.base import Defense


class BrowserDefault(Defense):
    stops = ("image-get.cross-site", "fetch-post.cross-site")
    does_not_stop = ("form-post", "link-get")
    settles = "SameSite"

    def session_cookie(self, cookie: Morsel[str]) -> None:
        cookie["samesite"] = ""
