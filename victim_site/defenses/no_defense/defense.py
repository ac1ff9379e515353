"""The bank of the classic account: it believes every request that carries the session cookie.

## How it works

It does not. The session cookie says `SameSite=None`, so the browser sends it along with every
request to the bank, whoever made it. Every action is accepted by GET and by POST, and nothing
in the request is looked at. This is the baseline: each other defense changes one thing here.

## What it does not stop

Everything lands, unless the browser itself blocks third-party cookies. Even then a link, a form
and every request from a sub-domain of the bank still carry the cookie.

## In your own project

Nobody switches this on. It is what is left when the defaults of a framework are taken away:

In Django:

    SESSION_COOKIE_SAMESITE, SESSION_COOKIE_SECURE = "None", True

In Flask:

    app.config.update(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet
- RFC 6265bis, section 8.8: SameSite cookies
"""

from __future__ import annotations

from victim_site.defenses.base import Defense


class NoDefense(Defense):
    """Changes nothing, so every hook keeps its default."""
