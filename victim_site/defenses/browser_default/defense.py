"""A session cookie without SameSite: whatever the visitor's browser makes of it.

## How it works

The cookie has no `SameSite` attribute. Chromium then treats it as `Lax`: it travels from another
site only with a GET that moves the window. With one exception: for the first two minutes of its
life it also travels with a form that another site submits in the top window, because many sign-in
services needed that.

## What it does not stop

- Firefox and Safari have no such default: a submitted form carries the cookie, however old it is.
- In Chromium, a forged form within two minutes of sign-in.
- Actions that accept GET, by a link or a redirect.
- Requests from a sub-domain: for the browser that is the same site.

## In your own project

Say which value you want instead (`samesite-lax`). This is the way to say nothing:

In Django:

    SESSION_COOKIE_SAMESITE = False

In Flask, which does so where nothing is set:

    app.config["SESSION_COOKIE_SAMESITE"] = None

## Sources

- RFC 6265bis, section 5.6.7.2: "Lax-Allowing-Unsafe" enforcement
- Flask documentation, "Security Considerations: Set-Cookie options"
"""

from __future__ import annotations

from http.cookies import Morsel

from victim_site.defenses.base import Defense


class BrowserDefault(Defense):
    settles = "SameSite"

    def session_cookie(self, cookie: Morsel[str]) -> None:
        cookie["samesite"] = ""
