"""What honest visitors can do if their request was refused, and what developers should look at.

A refusal usually stops an attack. Otherwise, one of these is the likely cause: someone signed in in
a second tab, the browser withheld a cookie in a frame, the form is older than the sign-in, or a
proxy changes the address.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """A sentence or two for each."""

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
        "If the form is yours, it doesn’t have the token. Put the token into every form that "
        "posts, and into a header of every request that a script sends.",
    ),
    "token-wrong": Advice(
        "If you meant to do this, reload the form and send it again. A form stops working once you "
        "sign in again, even in another tab.",
        "If the form is yours, it may be older than the sign-in, which renews the token. Or it "
        "came from a cache (send pages that contain a token with Cache-Control: no-store), or "
        "another host has set a cookie with the token’s name. Where each action has a token of its "
        "own, it may be another action’s.",
    ),
    "cookie-missing": Advice(
        "If you meant to do this, allow cookies for the bank, open it in a window of its own "
        "instead of inside another page, and send the form from there.",
        "The request has the token, but not its cookie. Browsers withhold the cookie in a frame on "
        "another site. Otherwise, its Path, Domain or Secure doesn’t fit this address, or it has "
        "expired.",
    ),
    "origin-mismatch": Advice(
        _FROM_THE_BANK,
        "If the form is yours, a proxy probably changes the scheme, the host or the port: have it "
        "pass them on, and tell the framework to trust that proxy. If the form is on "
        "another origin of yours, list that origin as trusted (Django: CSRF_TRUSTED_ORIGINS).",
    ),
    "origin-null": Advice(
        _FROM_THE_BANK,
        "Browsers send null from a page with Referrer-Policy: no-referrer, from a sandbox, and "
        "after a redirect between origins. On your own pages, use Referrer-Policy: same-origin.",
    ),
    "origin-missing": Advice(
        "If you meant to do this, update your browser, or turn off the extension or the proxy that "
        "removes headers from its requests.",
        "Today’s browsers send Origin with every POST. Either something on the way removed it, or "
        "the client isn’t a browser: give such clients a credential that browsers don’t send.",
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
        "that requires a token instead of the cookie.",
    ),
    "fetch-site-same-site": Advice(
        _FROM_THE_BANK,
        "The page is on another host of the same site. If it’s yours, serve it from the "
        "application’s own origin.",
    ),
    "header-missing": Advice(
        _SCRIPTS,
        "If the form is yours, it was sent without the script that adds the header. Load the "
        "script before the form can be sent, and say that the form needs it if scripts are off.",
    ),
    "content-type-refused": Advice(
        _SCRIPTS,
        "If the form is yours, the browser sent it itself instead of the script that sends JSON, "
        "or that script doesn’t set Content-Type: application/json.",
    ),
    "no-preflight": Advice(
        _SCRIPTS,
        "If the request is yours, send it by a script, with Content-Type: application/json. If it "
        "has no body, add the header X-Requested-With, with any value.",
    ),
    "body-not-json": Advice(_SCRIPTS, "The body has to be one JSON object."),
    "password-missing": Advice(
        "If you meant to do this, send the form again with your current password.",
        "Ask for the password in every form whose action needs it.",
    ),
    "password-wrong": Advice(
        "If you meant to do this, send the form again with your current password.",
        "There’s nothing to fix: the password was wrong.",
    ),
    "state-missing": Advice(
        "If you meant to do this, begin again at the bank.",
        "Give the other service a state whenever you lead a browser there. If you do, that service "
        "didn’t bring it back.",
    ),
    "state-wrong": Advice(
        "If you meant to do this, begin again at the bank, and don’t begin twice in two tabs. An "
        "address that has worked once doesn’t work again.",
        "The state is valid in the session that began, and once. If the sign-in began here, the "
        "session was renewed in between, or the cookie that holds the state wasn’t sent.",
    ),
    "step-skipped": Advice(
        "If you meant to do this, begin the payment again on its first page.",
        "The request went to the address that pays in one step, which is closed here. Send it "
        "through both pages.",
    ),
}
