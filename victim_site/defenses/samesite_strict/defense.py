"""The session cookie is SameSite=Strict: requests that another site starts don't include it."""

from __future__ import annotations

from http.cookies import Morsel

from victim_site.defenses.base import Defense


class SameSiteStrict(Defense):
    stops = ("image-get.cross-site", "link-get.cross-site", "form-post.cross-site")
    does_not_stop = ("form-post.subdomain", "onsite-redirect-get", "login-post")
    settles = "SameSite"

    def session_cookie(self, cookie: Morsel[str]) -> None:
        cookie["samesite"] = "Strict"
