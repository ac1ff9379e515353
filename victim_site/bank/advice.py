"""What an honest visitor who was refused can do, and what the developer has to look at.

A refusal usually stops an attack. If it doesn't, it's mostly one of these: a second tab where
someone signed in, a cookie that the browser withheld in a frame, a form older than the sign-in, a
proxy that changes the address.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """A sentence or two for each of them."""

    customer: str
    developer: str


_FROM_THE_BANK = "If you meant to do this, open the bank yourself and send its own form."
_SCRIPTS = "If you meant to do this, allow scripts for the bank, load the page again and resend it."

# By the code of the reason (`csrf_proof.reasons`).
ADVICE = {
    "get-refused": Advice(
        "If you meant to do this, open the bank and use the button there. A link can’t do it.",
        "If a page of yours links or redirects to this address, give it a form that posts instead.",
    ),
    "token-missing": Advice(
        _FROM_THE_BANK,
        "If the form is yours, it lacks the token: put it into every form that posts, and into a "
        "header where a script sends the request.",
    ),
    "token-wrong": Advice(
        "If you meant to do this, load the form again and send it once more. A form stops working "
        "once you sign in again, even in another tab.",
        "If the form is yours, perhaps it’s older than the sign-in, which renews the token. Or it "
        "came out of a cache (answer pages that hold a token with Cache-Control: no-store), or "
        "another host has set a cookie of the token’s name.",
    ),
    "cookie-missing": Advice(
        "If you meant to do this, allow cookies for the bank, open it in a window of its own "
        "instead of inside another page, and send the form from there.",
        "The token came and its cookie didn’t. Browsers withhold it inside another site’s frame; "
        "else its Path, Domain or Secure doesn’t fit this address, or it has expired.",
    ),
    "origin-mismatch": Advice(
        _FROM_THE_BANK,
        "If the form is yours, a proxy probably changes the scheme, the host or the port: have it "
        "pass them on, and tell the framework to trust that proxy. For another origin of yours, "
        "list it as trusted (Django: CSRF_TRUSTED_ORIGINS).",
    ),
    "origin-null": Advice(
        _FROM_THE_BANK,
        "Browsers send null from a page with Referrer-Policy: no-referrer, from a sandbox, and "
        "after a redirect between origins. For your own pages use Referrer-Policy: same-origin.",
    ),
    "origin-missing": Advice(
        "If you meant to do this, update your browser, or switch off whatever removes headers from "
        "its requests.",
        "Today’s browsers send Origin with every POST. Either something on the way removed it, or "
        "the client isn’t a browser: let such clients in by a credential that browsers don’t add.",
    ),
    "referer-missing": Advice(
        "If you meant to do this, let your browser tell the bank which of its pages you come from. "
        "A privacy extension may be in the way.",
        "If the page is yours, it has Referrer-Policy: no-referrer, or something on the way "
        "removed the header. Use the policy same-origin, or check Origin, which browsers send too.",
    ),
    "referer-mismatch": Advice(
        _FROM_THE_BANK,
        "If the form is yours, a proxy probably changes the scheme, the host or the port.",
    ),
    "fetch-site-cross-site": Advice(
        _FROM_THE_BANK,
        "If the page is yours, serve it from the application’s own origin, or give it an address "
        "that acts with a token instead of the cookie.",
    ),
    "fetch-site-same-site": Advice(
        _FROM_THE_BANK,
        "The page is on another host of the same site. If it’s yours, serve it from the "
        "application’s own origin.",
    ),
    "header-missing": Advice(
        _SCRIPTS,
        "If the form is yours, it was sent without the script that adds the header. Load the "
        "script before the form can be sent, and say so where scripts are off.",
    ),
    "content-type-refused": Advice(
        _SCRIPTS,
        "If the form is yours, the browser sent it instead of the script that writes JSON, or that "
        "script doesn’t set Content-Type: application/json.",
    ),
    "body-not-json": Advice(_SCRIPTS, "The body has to be one JSON object."),
    "password-missing": Advice(
        "If you meant to do this, send the form again with your current password.",
        "Ask for the password in every form whose action needs it.",
    ),
    "password-wrong": Advice(
        "If you meant to do this, send the form again with your current password.",
        "There’s nothing to fix here: the password was wrong.",
    ),
    "step-skipped": Advice(
        "If you meant to do this, begin the payment again on its first page.",
        "The request went to the address that pays in one step, which is closed here. Send it "
        "through both pages.",
    ),
}
