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
    """A fixed code, what people call it, who acted, one sentence, and the status of the refusal."""

    code: str
    name: str
    by: Literal["server", "browser"]
    sentence: str
    status: int = 403

    def about(self, name: str) -> Reason:
        """Return the same reason with a sentence that says, for example, "the bank".

        It's for a page, so its apostrophes are curly; those for a terminal are straight.
        """
        first, rest = APPLICATION[0].upper() + APPLICATION[1:], name[0].upper() + name[1:]
        said = self.sentence.replace(APPLICATION, name).replace(first, rest).replace("'", "’")
        return replace(self, sentence=said)


GET_REFUSED = Reason(
    "get-refused",
    "wrong method",
    "server",
    "The application accepts only POST here; this request used another method.",
    405,
)
TOKEN_MISSING = Reason(
    "token-missing",
    "no token",
    "server",
    "The request has no token from the application's own form.",
)
COOKIE_MISSING = Reason(
    "cookie-missing",
    "no cookie to go with the token",
    "server",
    "The request has a token, but not the cookie that the application compares it with.",
)
TOKEN_WRONG = Reason(
    "token-wrong",
    "wrong token",
    "server",
    "The application checked the token in the request, and it doesn't match.",
)
ORIGIN_MISMATCH = Reason(
    "origin-mismatch",
    "wrong Origin",
    "server",
    "The Origin header names another origin, not the application's own.",
)
ORIGIN_NULL = Reason(
    "origin-null",
    "Origin is null",
    "server",
    "The Origin header is “null”, so it doesn't say who sent this.",
)
ORIGIN_MISSING = Reason(
    "origin-missing",
    "no Origin",
    "server",
    "The request has no Origin header, so this check can't tell who sent it.",
)
REFERER_MISSING = Reason(
    "referer-missing",
    "no Referer",
    "server",
    "The request has no Referer header, so this check can't tell who sent it.",
)
REFERER_MISMATCH = Reason(
    "referer-mismatch",
    "wrong Referer",
    "server",
    "The Referer header names another origin, not the application's own.",
)
FETCH_SITE_CROSS_SITE = Reason(
    "fetch-site-cross-site",
    "sent by another site",
    "server",
    "The browser says that this request comes from another site.",
)
FETCH_SITE_SAME_SITE = Reason(
    "fetch-site-same-site",
    "sent by another origin",
    "server",
    "The browser says that this request comes from another origin on the same site.",
)
HEADER_MISSING = Reason(
    "header-missing",
    "no custom header",
    "server",
    "The request doesn't have the X-Requested-With header that the application's own script sends.",
)
CONTENT_TYPE_REFUSED = Reason(
    "content-type-refused",
    "not declared as JSON",
    "server",
    "The request doesn't declare its body as application/json.",
    415,
)
NO_PREFLIGHT = Reason(
    "no-preflight",
    "sent without a preflight",
    "server",
    "A form or a link could have sent this request to the application's API: it has neither the "
    "type application/json nor the header X-Requested-With.",
)
BODY_NOT_JSON = Reason(
    "body-not-json", "not JSON", "server", "The request's body isn't a JSON object.", 400
)
PASSWORD_MISSING = Reason(
    "password-missing",
    "no password",
    "server",
    "This action needs the current password, and none was sent.",
)
PASSWORD_WRONG = Reason(
    "password-wrong",
    "wrong password",
    "server",
    "This action needs the current password, and the one that was sent is wrong.",
)
STATE_MISSING = Reason(
    "state-missing",
    "no state",
    "server",
    "The request has no state. The application gives one to another service, which has to bring it "
    "back.",
)
STATE_WRONG = Reason(
    "state-wrong",
    "wrong state",
    "server",
    "Going by the request's cookies, no sign-in with this state is under way.",
)
STEP_SKIPPED = Reason(
    "step-skipped",
    "first step skipped",
    "server",
    "This payment takes two steps, and the request skipped the first one.",
)
WEBSOCKET_ORIGIN = Reason(
    "websocket-origin",
    "WebSocket refused",
    "server",
    "Only the application's own pages may open this WebSocket, and the Origin header doesn't name "
    "one of them.",
)
CORS_CLOSED = Reason(
    "cors-closed",
    "no permission by CORS",
    "server",
    "The browser asked whether another origin may send this request, and the application said no.",
)

# These sentences say “if”: the server sees that no cookie was sent, and which rule would have
# withheld it. It doesn't see whether this browser had one, or whether the page asked for cookies at
# all (with `fetch`, it doesn't have to).
COOKIE_LAX = Reason(
    "cookie-lax",
    "Lax cookie not sent",
    "browser",
    "If the browser is signed in here, it didn't send its cookie. When it counts a request as "
    "another site's, it sends a SameSite=Lax cookie only on a top-level GET navigation.",
)
COOKIE_STRICT = Reason(
    "cookie-strict",
    "Strict cookie not sent",
    "browser",
    "If the browser is signed in here, it didn't send its cookie. When it counts a request as "
    "another site's, it doesn't send a SameSite=Strict cookie.",
)
COOKIE_THIRD_PARTY = Reason(
    "cookie-third-party",
    "third-party cookie not sent",
    "browser",
    "If the browser is signed in here, it didn't send its cookie. Either it doesn't send "
    "third-party cookies, or the page didn't ask for cookies.",
)
COOKIE_DEFAULT = Reason(
    "cookie-default",
    "cookie treated as Lax",
    "browser",
    "If the browser is signed in here, it didn't send its cookie. The cookie has no SameSite "
    "attribute, so this browser treats it as Lax, and that's enough to withhold it here.",
)
COOKIE_UNKNOWN = Reason(
    "cookie-unknown",
    "no session cookie",
    "browser",
    "No session cookie was sent, and the request doesn't show why. Maybe someone is signed in with "
    "another browser, and this one has no session cookie. Some browsers also withhold it after a "
    "redirect by another site, or in a frame on another site's page. And a page can send a request "
    "without asking for cookies.",
)
NOT_SIGNED_IN = Reason(
    "not-signed-in",
    "nobody signed in",
    "browser",
    "No session cookie was sent, and nobody was signed in to the application in any browser.",
)
COOKIE_NOT_KEPT = Reason(
    "cookie-not-kept",
    "cookie not kept",
    "browser",
    "The application signed somebody in, but the browser didn't keep the cookie, or keeps it apart "
    "for frames on the other site: no later request brought it.",
)
PREFLIGHT_REFUSED = Reason(
    "preflight-refused",
    "preflight refused",
    "browser",
    "The browser asked the application for permission to send this request, and didn't send it.",
)
FRAME_REFUSED = Reason(
    "frame-refused",
    "framing forbidden",
    "browser",
    "The browser doesn't show the application's pages in another site's frame, because their "
    "headers forbid it.",
)
CSP_REFUSED = Reason(
    "csp-refused",
    "content policy",
    "browser",
    "The browser obeyed the content security policy of the application's page, which forbids this.",
)
PRESS_IGNORED = Reason(
    "press-ignored",
    "click ignored",
    "browser",
    "The application's own page ignored the click or the key press: it came too soon after the "
    "page, or from a key that was held down.",
)
RESPONSE_UNREADABLE = Reason(
    "response-unreadable",
    "response not readable",
    "browser",
    "The request was sent, but the browser didn't let the attacker's page read the response.",
)
NOT_SENT = Reason(
    "not-sent",
    "never sent",
    "browser",
    "The browser didn't send this request: it doesn't know this kind, or doesn't send it in this "
    "situation.",
)
SESSION_ENDED = Reason(
    "session-ended",
    "not signed in any more",
    "browser",
    "A session cookie was sent, but it doesn't belong to a current sign-in here: either the "
    "sign-in has ended, or the cookie never came from one.",
)
COOKIE_SHADOWED = Reason(
    "cookie-shadowed",
    "wrong cookie read",
    "browser",
    "Several session cookies were sent, and the application read an invalid one. Another one "
    "belongs to a current sign-in.",
)

REASONS: dict[str, Reason] = {
    reason.code: reason for reason in list(vars().values()) if isinstance(reason, Reason)
}
