"""The session cookie is SameSite=Lax: other sites' requests include it only on a top-level GET."""

from __future__ import annotations

from http.cookies import Morsel

from victim_site.defenses.base import Defense


class SameSiteLax(Defense):
    stops = ("image-get.cross-site", "form-post.cross-site")
    does_not_stop = ("link-get", "form-post.subdomain", "login-post")
    settles = "SameSite"

    def session_cookie(self, cookie: Morsel[str]) -> None:
        cookie["samesite"] = "Lax"
