"""The bank's pages run the bank's own script files alone, and send forms to the bank alone.

## How it works

Every page declares a content security policy: scripts come from files of this origin
(`script-src 'self'`), so a script that somebody wrote *into* the page does not run; pictures are
this origin's, and forms go to this origin (`img-src`, `form-action`), so what was smuggled into a
page cannot carry the rest of it away. The browser keeps to it and the server need not be asked.

It is a second net below escaping. In a bank without an injection it changes nothing.

## What it does not stop

- All forged requests from other sites: those pages have policies of their own.
- Clickjacking: who may frame the bank is another directive (`no-framing`).
- Scripts of the bank itself that can be sent astray (`client-side-post`).
- In Firefox, a form that the bank's own answer sends on to another site: `form-action` there looks
  at the first address only (`redirect-307-post`).

## In your own project

In Django, with django-csp:

    MIDDLEWARE += ["csp.middleware.CSPMiddleware"]
    CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": [SELF], "form-action": [SELF]}}

In Flask:

    @app.after_request
    def content_policy(response):
        response.headers["Content-Security-Policy"] = "default-src 'self'; form-action 'self'"
        return response

## Sources

- Content Security Policy Level 3, "script-src" and "form-action"
- OWASP Content Security Policy Cheat Sheet
"""

from __future__ import annotations

from csp.constants import NONE, SELF

from victim_site.defenses.base import Defense


class ContentPolicy(Defense):
    policy = {
        "script-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
    }
