"""The names of the bank's cookies begin with __Host-, so no other host can plant one.

## How it works

A cookie does not say who set it. A sub-domain can set one for the whole domain, and the bank
cannot tell it from its own. This is *cookie tossing*. A browser lets a cookie whose name begins
with `__Host-` in only if it is `Secure`, is for the path `/`, and names no `Domain`, and then only
this very host can have set it. Here that holds for every cookie of the bank: the session and the
tokens beside it.

## What it does not stop

- All forged requests. By itself it refuses nothing: it takes cookie tossing away from the token
  defenses beside it.
- A cookie whose name begins with an unusual blank: the browser sees no prefix, lets it in, and a
  server that trims the name then finds one (`prefix-smuggling-post`).

Browsers that keep no Secure cookie over plain http, as Safari does, do not keep you signed in here.

## In your own project

In Django:

    SESSION_COOKIE_NAME, SESSION_COOKIE_SECURE = "__Host-sessionid", True
    CSRF_COOKIE_NAME, CSRF_COOKIE_SECURE = "__Host-csrftoken", True

In Flask:

    app.config.update(SESSION_COOKIE_NAME="__Host-session", SESSION_COOKIE_SECURE=True)

## Sources

- RFC 6265bis, section 4.1.3.2: the "__Host-" prefix
- "Cookie Crumbles: Breaking and Fixing Web Session Integrity", USENIX Security 2023
- "Cookie Chaos: How to bypass __Host and __Secure cookie prefixes", PortSwigger Research, 2025
"""

from __future__ import annotations

from victim_site.defenses.base import Defense


class HostPrefix(Defense):
    cookie_prefix = "__Host-"
