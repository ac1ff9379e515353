"""An action is not accepted by GET, so an address that is merely loaded does nothing.

## How it works

A browser makes a GET whenever it merely loads something: an image, a frame, a link. The bank
answers 405 to a GET that would act. So none of the classic attacks that only name an address works.
As with `post-only`, this is half of the rule of thumb: a forged POST is let through.

People ship it because GET is the method that every warning names. There is one line for it, and
the test with a link turns red without it and green with it.

## The flaw

HEAD is a GET that wants no body back. Most frameworks, Django and Flask among them, have the
handler of GET answer it, and so the action is run. But the method's name is HEAD, and the line that
asks for GET does not see it. A list of what is forbidden is never complete.

## Falls to

`head-request` from `cross-site`: a script of another site sends a HEAD with alice's cookie, and the
bank acts.

## Mended by

`post-only`: it lists what is allowed, which is POST, and refuses all else.

## Sources

- RFC 9110, section 9.3.2: HEAD
- CWE-650: Trusting HTTP Permission Methods on the Server Side
- Teddy Katz, "Bypassing GitHub's OAuth flow", 2019: a HEAD that was routed as a GET and acted
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import GET_REFUSED, Reason
from victim_site.defenses.base import Defense


class GetOnlyRefused(Defense):
    at_view = True

    def refusal(self, request: HttpRequest) -> Reason | None:
        if request.method == "GET":
            return GET_REFUSED
        return None
