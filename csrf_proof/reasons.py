"""Why a request was blocked: every reason once, with the sentence that people read.

A reason is given either by the *server* (a defense refused the request) or by the *browser* (it
kept the session cookie back). Tests, the matrix and the log use the codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Reason:
    """A fixed code, who acted, one sentence, and the status of the refusal."""

    code: str
    by: Literal["server", "browser"]
    sentence: str
    status: int = 403


GET_REFUSED = Reason(
    "get-refused",
    "server",
    "The bank does this only by POST, and the request was another one.",
    405,
)
TOKEN_MISSING = Reason(
    "token-missing", "server", "The request carried no token from the bank's own form."
)
TOKEN_WRONG = Reason(
    "token-wrong", "server", "The token in the request is not the one this sign-in was given."
)
ORIGIN_MISMATCH = Reason(
    "origin-mismatch", "server", "The Origin header names another origin than the bank."
)
ORIGIN_NULL = Reason(
    "origin-null", "server", "The Origin header is “null”: the sender hides where it comes from."
)
ORIGIN_MISSING = Reason(
    "origin-missing", "server", "The request has no Origin header, so nothing shows its sender."
)
REFERER_MISSING = Reason(
    "referer-missing", "server", "The request has no Referer header, so nothing shows its sender."
)
REFERER_MISMATCH = Reason(
    "referer-mismatch", "server", "The Referer header names another origin than the bank."
)
FETCH_SITE_CROSS_SITE = Reason(
    "fetch-site-cross-site", "server", "The browser says that another site made this request."
)
FETCH_SITE_SAME_SITE = Reason(
    "fetch-site-same-site",
    "server",
    "The browser says that a sister host of the bank, not the bank itself, made this request.",
)
HEADER_MISSING = Reason(
    "header-missing",
    "server",
    "The request lacks the X-Requested-With header that the bank's own script sends.",
)
CONTENT_TYPE_REFUSED = Reason(
    "content-type-refused",
    "server",
    "The request does not say that its body is application/json.",
    415,
)
BODY_NOT_JSON = Reason("body-not-json", "server", "The body of the request is no JSON object.", 400)
PASSWORD_MISSING = Reason(
    "password-missing", "server", "This action asks for the current password, and none came along."
)
PASSWORD_WRONG = Reason(
    "password-wrong", "server", "This action asks for the current password, and another came along."
)
STEP_SKIPPED = Reason(
    "step-skipped", "server", "This payment takes two steps, and the request skipped the first."
)
WEBSOCKET_ORIGIN = Reason(
    "websocket-origin",
    "server",
    "The statement feed is open to the bank's own pages, and another origin asked for it.",
)
CORS_CLOSED = Reason(
    "cors-closed",
    "server",
    "The browser asked whether another origin may send this request, and the bank said no.",
)

# The sentences of the browser are conditional: the bank sees that no cookie came, and which rule
# would have kept it back, but not whether this very browser had one.
COOKIE_LAX = Reason(
    "cookie-lax",
    "browser",
    "If you are signed in here in this browser, then it kept your cookie back: "
    "SameSite=Lax lets it travel from another site only with a GET that moves the window here.",
)
COOKIE_STRICT = Reason(
    "cookie-strict",
    "browser",
    "If you are signed in here in this browser, then it kept your cookie back: "
    "SameSite=Strict never lets it travel from another site.",
)
COOKIE_THIRD_PARTY = Reason(
    "cookie-third-party",
    "browser",
    "If you are signed in here in this browser, then it kept your cookie back: "
    "SameSite allows it, but this browser blocks third-party cookies.",
)
COOKIE_DEFAULT = Reason(
    "cookie-default",
    "browser",
    "If you are signed in here in this browser, then it kept your cookie back: "
    "the cookie has no SameSite attribute, and this browser treats it as Lax.",
)
COOKIE_UNKNOWN = Reason(
    "cookie-unknown",
    "browser",
    "No session cookie came along, and the request does not show why.",
)
NOT_SIGNED_IN = Reason(
    "not-signed-in",
    "browser",
    "No session cookie came along, and no rule kept it back: this browser is not signed in here.",
)
PREFLIGHT_REFUSED = Reason(
    "preflight-refused",
    "browser",
    "The browser asked the bank whether it may send this request, and did not send it.",
)
FRAME_REFUSED = Reason(
    "frame-refused",
    "browser",
    "The browser shows no page of the bank inside another site's: the bank's pages say so.",
)
CSP_REFUSED = Reason(
    "csp-refused", "browser", "The browser kept to the content policy of the bank's own page."
)
RESPONSE_UNREADABLE = Reason(
    "response-unreadable",
    "browser",
    "The request was sent, but the browser let the attacker's page read nothing of the answer.",
)
NOT_SENT = Reason("not-sent", "browser", "This browser makes no such request at all.")
SESSION_ENDED = Reason(
    "session-ended",
    "browser",
    "A session cookie came along, but the sign-in that it belonged to has ended.",
)

REASONS: dict[str, Reason] = {
    reason.code: reason for reason in list(vars().values()) if isinstance(reason, Reason)
}
