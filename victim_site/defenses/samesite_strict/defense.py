"""The session cookie says SameSite=Strict: no other site can make it travel.

## How it works

The browser sends the cookie only with requests that the bank's own site makes. Even a followed
link arrives without it. So an attacker on another site never acts in the visitor's name.

## What it does not stop

- Requests from a sub-domain: same site, so every cookie travels.
- Redirects made by the bank's own scripts: the request then comes from the bank itself.
- Sign-in forgery: signing a visitor in to the attacker's account needs no cookie.

It costs something too: a visitor who follows a link from their mail looks signed out until they
click once inside the bank.

## In your own project

In Django:

    SESSION_COOKIE_SAMESITE = "Strict"

In Flask:

    app.config["SESSION_COOKIE_SAMESITE"] = "Strict"

## Sources

- RFC 6265bis, section 8.8.2: "Strict" enforcement
- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "SameSite Cookie Attribute"
"""

from __future__ import annotations

from http.cookies import Morsel

from victim_site.defenses.base import Defense


class SameSiteStrict(Defense):
    settles = "SameSite"

    def session_cookie(self, cookie: Morsel[str]) -> None:
        cookie["samesite"] = "Strict"
