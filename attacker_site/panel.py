"""The panel behind a bait page: what the page did, its source, and the request that it causes.

Nothing here fires anything. The source is the text that was served, not a copy kept for showing.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped,unused-ignore]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped,unused-ignore]
from pygments.lexers import HtmlLexer, HttpLexer  # type: ignore[import-untyped,unused-ignore]

from attacker_site.actions import AimedShot
from csrf_proof.arsenal import (
    ADDRESS,
    CLICK,
    DOUBLE_CLICK,
    FORM_TYPE,
    HOLD_ENTER,
    LOAD,
    NO_TYPE,
)
from csrf_proof.positions import CROSS_SITE, FETCH_SITE, LOOKALIKE, SUBDOMAIN

COOKIE = "sessionid=… if the browser sends it"
# Where a sub-domain's page has come by http and the bank is on https.
INSECURE_SUBDOMAIN = "insecure-subdomain"
RELATIONS = {
    CROSS_SITE: "This page is on a different site from the bank: cross-site.",
    LOOKALIKE: "This page is on a different site from the bank, although its name begins like the "
    "bank’s: cross-site.",
    SUBDOMAIN: "This page is on a sub-domain of the bank: another origin, but the same site, "
    "so SameSite doesn’t withhold the cookie.",
    INSECURE_SUBDOMAIN: "This page is on a sub-domain of the bank, but over plain http. To Firefox "
    "that’s the same site. To Chromium it isn’t, since there the scheme is part of a site.",
}


SANDBOXED = (
    "The request comes from a sandboxed frame, which the browser treats as a site of its own: "
    "cross-site, wherever the page is."
)


BY_BANK = (
    "The bank’s own page makes the request. To the browser and to the bank, it’s same-origin, "
    "wherever this page is."
)


BY_NOBODY = (
    "No page asks for it: the visitor opens the address from an e-mail, with a camera or by hand. "
    "So the browser names nobody, wherever this page is."
)


BY_ITSELF = (
    "The browser asks ahead of time, as if the visitor had typed the address. So it names nobody, "
    "unless the Referer does. To another site it sends nothing if it has cookies for that site."
)


def story(shot: AimedShot, position: str, *, fired: bool) -> list[str]:
    """Return short sentences that say what the page did, or, not yet opened, what it does."""
    effect = shot.action.effect.format(amount=shot.amount, evil=shot.evil)
    opened = "You opened" if fired else "You open"
    sends = "sent" if fired and shot.attack.trigger == LOAD else "sends"
    button = f"the bank’s “{shot.attack.button}”"
    cause = {
        LOAD: f"Your browser then {sends} a request to the bank, without a click.",
        CLICK: f"One click on it {sends} a request to the bank.",
        ADDRESS: "It shows a short link. Opening that one, from an e-mail or the address bar, "
        f"{sends} a request to the bank: the attacker’s server answers with a redirect.",
        DOUBLE_CLICK: "A click opens a pop-up, and behind it, this window moves on to the bank. "
        f"The pop-up closes at the first half of a double click, and the other half "
        f"presses {button}.",
        HOLD_ENTER: "If you hold Enter, this window moves on to the bank, and there the key "
        f"presses {button}.",
    }[shot.attack.trigger]
    cookie = "If the browser sends alice’s cookie with it, it looks like alice to the bank."
    if shot.action.name == "login":
        cookie = (
            "It doesn’t need a cookie: anyone who knows a password can sign in. It has worked once "
            "the browser sends the new cookie."
        )
    if shot.action.name == "branch-payment":
        cookie = "It doesn’t need a cookie: the bank goes by the network address it comes from."
    if shot.action.name == "statement":
        cookie = "If the browser sends alice’s cookie with it, this page reads the answer."
    relation = SANDBOXED if shot.attack.sandboxed else RELATIONS[position]
    if shot.attack.by_application:
        relation = BY_BANK
    if shot.attack.trigger == ADDRESS:
        relation = BY_NOBODY
    if shot.attack.speculative:
        cause = (
            "It tells the browser which address you’ll probably open next, the bank’s. If the "
            "browser follows the advice, it loads the address at once, without a click."
        )
        relation = BY_ITSELF
    last = shot.attack.second_click or (shot.attack.trigger == CLICK and shot.attack.button)
    again = f"Then it takes one more click, at the bank, on “{last}”."
    weak = f"It works only if the bank has a weakness: {shot.attack.needs}."
    got = "Before that, the attacker’s server visited the bank and got something there."
    return [
        f"{opened} “{shot.attack.bait}”.",
        *([got] if shot.prepared.fields or shot.prepared.cookies else []),
        cause,
        *([again] if last else []),
        *([weak] if shot.attack.needs else []),
        f"The request asks the bank to {effect}.",
        relation,
        cookie,
        "Without a defense, the bank can’t tell the difference.",
    ]


def request_text(shot: AimedShot, origin: str, position: str) -> str:
    """Return the request as plain HTTP, with the headers that defenses look at."""
    attack = shot.attack
    site = {**FETCH_SITE, INSECURE_SUBDOMAIN: "cross-site (Firefox: same-site)"}
    relation = site[CROSS_SITE if attack.sandboxed else position]
    if attack.by_application:
        relation, origin = "same-origin", shot.origin
    if attack.names_nobody:
        relation = "none"
    lines = [f"{attack.method} {shot.target} HTTP/1.1", f"Host: {urlsplit(shot.origin).netloc}"]
    if attack.method == "POST":
        # A browser names the origin on a POST and, for these requests, never on a GET.
        lines.append(f"Origin: {'null' if attack.hides_origin else origin}")
        if attack.content_type != NO_TYPE:
            lines.append(f"Content-Type: {attack.content_type}")
    if shot.action.name == "statement":
        # With a handshake, Chromium sends nothing else about who made it.
        lines += [f"Origin: {origin}", "Connection: Upgrade", "Upgrade: websocket"]
        return "\n".join([*lines, f"Cookie: {COOKIE}", ""])
    lines.append(f"Sec-Fetch-Site: {relation}")
    if attack.speculative:
        lines.append("Sec-Purpose: prefetch")
    lines.append(f"Cookie: {COOKIE}")
    if attack.method == "POST" and (body := _body(shot)):
        lines += ["", body]
    return "\n".join(lines) + "\n"


def _body(shot: AimedShot) -> str:
    """Return what a POST carries, by its type."""
    content_type = shot.attack.content_type
    if content_type.startswith("multipart/"):
        return "(the file, between two boundaries)"
    if content_type == "text/ping":
        return "PING"
    if content_type.startswith(FORM_TYPE):
        return urlencode(shot.fields)
    # A form of plain text puts an equals sign between the name and the value of its only field.
    plain = {"x": "="} if content_type == "text/plain" else {}
    return json.dumps(shot.fields | plain)


def highlight_page(source: str) -> Markup:
    """Return the page's source as HTML, with the lines that attack marked."""
    formatter = HtmlFormatter(nowrap=True, hl_lines=_attack_lines(source))
    lexer = HtmlLexer(stripnl=False, ensurenl=False)
    # Pygments escapes all text.
    return Markup(highlight(source, lexer, formatter))  # noqa: S704


def highlight_request(text: str) -> Markup:
    """Return the request as HTML."""
    lexer = HttpLexer(stripnl=False, ensurenl=False)
    return Markup(highlight(text, lexer, HtmlFormatter(nowrap=True)))  # noqa: S704


def _attack_lines(source: str) -> list[int]:
    """Return the numbers of the lines from the comment to the last line before the panel's link."""
    lines = source.splitlines()
    start = next((at for at, line in enumerate(lines) if "<!--" in line), len(lines))
    end = next((at for at, line in enumerate(lines) if 'href="behind/' in line), start)
    return [at + 1 for at in range(start, end) if lines[at].strip()]
