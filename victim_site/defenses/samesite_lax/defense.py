"""The session cookie says SameSite=Lax: from another site it travels only when the window moves.

## How it works

The browser compares the site that makes a request with the site that receives it. If they
differ, it keeps the cookie back, except when the visitor's top window moves to the bank by GET:
a link, a redirect, a form without POST. So a visitor who follows a link is still signed in, and an
image, a hidden form or a script of another site sends a request without a name.

## What it does not stop

- Actions that accept GET: a link or a redirect in the top window carries the cookie.
- Requests from a sub-domain: same site, so every cookie travels.
- Sign-in forgery: signing a visitor in to the attacker's account needs no cookie.

## In your own project

In Django, where it is the default:

    SESSION_COOKIE_SAMESITE = "Lax"

In Flask, where it is not:

    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"

## Sources

- RFC 6265bis, section 8.8.2: "Lax" enforcement
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "SameSite Cookie Attribute"
"""

from __future__ import annotations

from http.cookies import Morsel

from victim_site.defenses.base import Defense


class SameSiteLax(Defense):
    settles = "SameSite"

    def session_cookie(self, cookie: Morsel[str]) -> None:
        cookie["samesite"] = "Lax"
