"""Why a request was blocked: every reason once, with the sentence that people read.

Either the *server* gives the reason (a defense refused the request) or the *browser* does (it
withheld the session cookie, or never sent the request). Tests, the matrix and logs use the codes.
The sentences fit any application; `Reason.about` puts in the name of a particular one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

APPLICATION = "the application"


@dataclass(frozen=True)
class Reason:
    """A fixed code, who acted, one sentence, and the HTTP status of the refusal."""

    code: str
    by: Literal["server", "browser"]
    sentence: str
    status: int = 403

    def about(self, name: str) -> Reason:
        """Return the same reason with a sentence that says, for example, "the bank"."""
        first, rest = APPLICATION[0].upper() + APPLICATION[1:], name[0].upper() + name[1:]
        said = self.sentence.replace(APPLICATION, name).replace(first, rest)
        return replace(self, sentence=said)


GET_REFUSED = Reason(
    "get-refused",
    "server",
    "The application accepts only POST here, and this request used another method.",
    405,
)
TOKEN_MISSING = Reason(
    "token-missing", "server", "The request has no token from the application's own form."
)
COOKIE_MISSING = Reason(
    "cookie-missing",
    "server",
    "The request has a token, but not the cookie that the application compares it with.",
)
TOKEN_WRONG = Reason(
    "token-wrong",
    "server",
    "The token in the request isn't the one that the application compares it with.",
)
ORIGIN_MISMATCH = Reason(
    "origin-mismatch", "server", "The Origin header names an origin other than the application's."
)
ORIGIN_NULL = Reason("origin-null", "server", "The Origin header is “null”, which names no sender.")
ORIGIN_MISSING = Reason(
    "origin-missing",
    "server",
    "The request has no Origin header, so this check can't tell who sent it.",
)
REFERER_MISSING = Reason(
    "referer-missing",
    "server",
    "The request has no Referer header, so this check can't tell who sent it.",
)
REFERER_MISMATCH = Reason(
    "referer-mismatch", "server", "The Referer header names an origin other than the application's."
)
FETCH_SITE_CROSS_SITE = Reason(
    "fetch-site-cross-site", "server", "The browser says that another site made this request."
)
FETCH_SITE_SAME_SITE = Reason(
    "fetch-site-same-site",
    "server",
    "The browser says that another host of the same site made this request, not the application.",
)
HEADER_MISSING = Reason(
    "header-missing",
    "server",
    "The request lacks the X-Requested-With header that the application's own script sends.",
)
CONTENT_TYPE_REFUSED = Reason(
    "content-type-refused",
    "server",
    "The request doesn't say that its body is application/json.",
    415,
)
BODY_NOT_JSON = Reason(
    "body-not-json", "server", "The body of the request isn't a JSON object.", 400
)
PASSWORD_MISSING = Reason(
    "password-missing", "server", "This action needs the current password, and none was sent."
)
PASSWORD_WRONG = Reason(
    "password-wrong", "server", "This action needs the current password, and the one sent is wrong."
)
STEP_SKIPPED = Reason(
    "step-skipped", "server", "This payment takes two steps, and the request skipped the first."
)
WEBSOCKET_ORIGIN = Reason(
    "websocket-origin",
    "server",
    "Only the application's own pages may open this WebSocket, and another origin asked for it.",
)
CORS_CLOSED = Reason(
    "cors-closed",
    "server",
    "The browser asked whether another origin may send this request, and the application said no.",
)

# What the browser did is told with a condition: the server sees that no cookie was sent, and which
# rule would have withheld it, but not whether this browser had one, nor whether the page asked for
# cookies at all (a `fetch` need not).
COOKIE_LAX = Reason(
    "cookie-lax",
    "browser",
    "If the browser is signed in here, it didn't send its cookie: with requests that the browser "
    "counts as another site's, SameSite=Lax sends it only on a top-level GET, which opens a page.",
)
COOKIE_STRICT = Reason(
    "cookie-strict",
    "browser",
    "If the browser is signed in here, it didn't send its cookie: SameSite=Strict keeps it out of "
    "requests that the browser counts as another site's.",
)
COOKIE_THIRD_PARTY = Reason(
    "cookie-third-party",
    "browser",
    "If the browser is signed in here, it didn't send its cookie: it keeps third-party cookies "
    "back, or the page didn't ask for cookies.",
)
COOKIE_DEFAULT = Reason(
    "cookie-default",
    "browser",
    "If the browser is signed in here, it didn't send its cookie: the cookie has no SameSite "
    "attribute, and this browser treats it as Lax, which is enough to keep it back.",
)
COOKIE_UNKNOWN = Reason(
    "cookie-unknown",
    "browser",
    "No session cookie was sent, and the request doesn't show why. Perhaps somebody is signed in "
    "with another browser, and this one has no session cookie. Some browsers also keep it back "
    "after a redirect by another site, or in a frame on another site's page. And a page can send a "
    "request without asking for cookies.",
)
NOT_SIGNED_IN = Reason(
    "not-signed-in",
    "browser",
    "No session cookie was sent, and nobody was signed in to the application in any browser.",
)
PREFLIGHT_REFUSED = Reason(
    "preflight-refused",
    "browser",
    "The browser asked the application whether it may send this request, and didn't send it.",
)
FRAME_REFUSED = Reason(
    "frame-refused",
    "browser",
    "The browser doesn't show the application's pages inside another site's: they say so.",
)
CSP_REFUSED = Reason(
    "csp-refused", "browser", "The browser followed the content policy of the application's page."
)
RESPONSE_UNREADABLE = Reason(
    "response-unreadable",
    "browser",
    "The request was sent, but the browser didn't let the attacker's page read the response.",
)
NOT_SENT = Reason("not-sent", "browser", "This browser doesn't send such a request at all.")
SESSION_ENDED = Reason(
    "session-ended",
    "browser",
    "A session cookie was sent, but it belongs to no current sign-in here: the sign-in has "
    "ended, or the cookie never came from one.",
)
COOKIE_SHADOWED = Reason(
    "cookie-shadowed",
    "browser",
    "Several session cookies were sent, and the application read one that is nobody's. Another "
    "belongs to a current sign-in.",
)

REASONS: dict[str, Reason] = {
    reason.code: reason for reason in list(vars().values()) if isinstance(reason, Reason)
}
