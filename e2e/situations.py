"""Situations that leave the same trace at the bank, and what each page may say of them.

A situation is made in a real browser, so the test knows what happened; the bank sees only the
request. `CLAIMS` has the sentences that the playground shows, each with what has to be so where it
is shown. `docs/what-a-server-can-know.md` tells the same for people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from csrf_proof.profiles import STATED

Where = Literal["cross-site", "subdomain", "nowhere"]
Who = Literal["this browser", "another browser", "nobody"]

PAY = "/transfer?to=mallory&amount=7"
FIELDS = '<input name="to" value="mallory"><input name="amount" value="7">'
SIGN_IN = '<input name="username" value="mallory"><input name="password" value="mischief">'
SUBMIT = "<script>document.forms[0].submit()</script>"
BODY = 'new URLSearchParams({to: "mallory", amount: "7"})'
LABS = ("no-defense", "samesite-lax", "samesite-strict", "browser-default")


@dataclass(frozen=True)
class Sender:
    """A page that makes the browser ask the bank: its HTML, in which BANK is the bank's origin.

    `top_get`: it moves a whole window, by GET. `asks_none`: it asks for no cookies. `sandboxed`: it
    has an origin of its own, which has no name. `hides`: it doesn't want to be named. `redirected`:
    it asks another site, at EVIL, which redirects the request to the bank. `early`: the browser
    asks ahead of time, or not at all.
    """

    html: str
    top_get: bool = False
    asks_none: bool = False
    sandboxed: bool = False
    hides: bool = False
    redirected: bool = False
    early: bool = False
    action: str = "transfer"


SENDERS = {
    "a form": Sender(f'<form method="post" action="BANK/transfer">{FIELDS}</form>{SUBMIT}'),
    "a script that moves the window": Sender(
        f'<script>location = "BANK{PAY}"</script>', top_get=True
    ),
    "a picture": Sender(f'<img src="BANK{PAY}">'),
    "a picture without cookies": Sender(
        f'<img crossorigin="anonymous" src="BANK{PAY}">', asks_none=True
    ),
    "a picture in CORS mode": Sender(f'<img crossorigin="use-credentials" src="BANK{PAY}">'),
    "a picture that hides the page": Sender(
        f'<img referrerpolicy="no-referrer" src="BANK{PAY}">', hides=True
    ),
    "a picture in a sandbox": Sender(
        f"<iframe sandbox srcdoc='<img src=\"BANK{PAY}\">'></iframe>", sandboxed=True
    ),
    "a picture that another site redirects": Sender('<img src="EVIL">', redirected=True),
    "a hidden picture that another site redirects": Sender(
        '<img referrerpolicy="no-referrer" src="EVIL">', hides=True, redirected=True
    ),
    "a frame": Sender(f'<iframe src="BANK{PAY}"></iframe>'),
    "a form in a frame": Sender(
        f'<iframe name="f"></iframe><form method="post" action="BANK/transfer" target="f">{FIELDS}'
        f"</form>{SUBMIT}"
    ),
    "a form that another site redirects": Sender(
        f'<form method="post" action="EVIL">{FIELDS}</form>{SUBMIT}', redirected=True
    ),
    "a form in a sandbox": Sender(
        f"<iframe sandbox='allow-scripts allow-forms' srcdoc='<form method=post "
        f'action="BANK/transfer">{FIELDS}</form>{SUBMIT}\'></iframe>',
        sandboxed=True,
    ),
    "fetch": Sender(
        f'<script>fetch("BANK/transfer", {{method: "POST", mode: "no-cors", '
        f'credentials: "include", body: {BODY}}})</script>'
    ),
    "fetch without credentials": Sender(
        f'<script>fetch("BANK/transfer", {{method: "POST", mode: "no-cors", '
        f"body: {BODY}}})</script>",
        asks_none=True,
    ),
    "fetch that omits credentials": Sender(
        f'<script>fetch("BANK{PAY}", {{mode: "no-cors", credentials: "omit"}})</script>',
        asks_none=True,
    ),
    "a beacon": Sender(f'<script>navigator.sendBeacon("BANK/transfer", {BODY})</script>'),
    "a style sheet": Sender(f'<link rel="stylesheet" href="BANK{PAY}">'),
    "a script": Sender(f'<script src="BANK{PAY}"></script>'),
    "a module": Sender(f'<script type="module" src="BANK{PAY}"></script>', asks_none=True),
    "a page that hides its address": Sender(
        f'<meta name="referrer" content="no-referrer"><form method="post" action="BANK/transfer">'
        f"{FIELDS}</form>{SUBMIT}",
        hides=True,
    ),
    "a link that is fetched ahead of time": Sender(
        f'<link rel="prefetch" href="BANK{PAY}">', early=True
    ),
    "a speculation rule": Sender(
        '<script type="speculationrules">{"prefetch": [{"source": "list", "urls": '
        f'["BANK{PAY}"]}}]}}</script>',
        early=True,
    ),
    "a forged sign-in by form": Sender(
        f'<form method="post" action="BANK/login">{SIGN_IN}</form>{SUBMIT}', action="login"
    ),
    "a forged sign-in by fetch": Sender(
        '<script>fetch("BANK/login", {method: "POST", mode: "no-cors", credentials: "include", '
        'body: new URLSearchParams({username: "mallory", password: "mischief"})})</script>',
        action="login",
    ),
    "a forged sign-in by picture": Sender(
        '<img src="BANK/login?username=mallory&password=mischief">', action="login"
    ),
}


@dataclass(frozen=True)
class Situation:
    """Who asks, from where, at which lab, and in which browser somebody is signed in there.

    `planted` are session cookies that a sub-domain has set for the bank's host.
    """

    sender: str
    where: Where
    lab: str
    signed_in: Who
    planted: tuple[str, ...] = ()

    @property
    def page(self) -> Sender:
        """The page that asks; where nobody does, an empty one."""
        return SENDERS.get(self.sender, Sender("", top_get=True))

    @property
    def name(self) -> str:
        signed_in = f"{self.signed_in} is signed in"
        planted = f", {len(self.planted)} cookies planted" if self.planted else ""
        return f"{self.sender}, {self.where}, {self.lab}, {signed_in}{planted}"


HERE_OR_NOT: tuple[Who, ...] = ("this browser", "another browser", "nobody")
ELSEWHERE = HERE_OR_NOT[1:]
VISITOR = "an address that is opened"
SHORT_LINK = "a short link that is opened"


def situations(*, all_labs: bool) -> list[Situation]:
    """Return each sender from each place, at each lab or at one lab after another; and some
    besides."""
    places: tuple[Where, ...] = ("cross-site", "subdomain")
    pairs = [(sender, where) for sender in SENDERS for where in places]
    found = [
        Situation(sender, where, lab, "this browser")
        for number, (sender, where) in enumerate(pairs)
        for place, lab in enumerate(LABS)
        if all_labs or number % len(LABS) == place
    ]
    found += [
        Situation(sender, where, "no-defense", who)
        for sender in ("a form", "a picture", "fetch")
        for where in places
        for who in ELSEWHERE
    ]
    found += [
        Situation(sender, "subdomain", lab, "another browser")
        for sender in SENDERS
        for lab in ("samesite-lax", "samesite-strict")
        if SENDERS[sender].redirected
    ]
    found += [
        Situation(sender, "nowhere", lab, who)
        for sender in (VISITOR, SHORT_LINK)
        for lab in ("samesite-lax", "samesite-strict")
        for who in HERE_OR_NOT
    ]
    found += [
        Situation("a form", "subdomain", "no-defense", who, planted)
        for who in HERE_OR_NOT
        for planted in (("junk",), ("junk", "junk too"))
    ]
    return found


@dataclass(frozen=True)
class Facts:
    """What the test knows of one request.

    `effect`: whether the money is gone, or the victim is in the attacker's account.
    """

    profile: str
    situation: Situation
    cookie_sent: bool
    effect: bool

    @property
    def page(self) -> Sender:
        return self.situation.page

    @property
    def anybody(self) -> bool:
        return self.situation.signed_in != "nobody"

    @property
    def here(self) -> bool:
        return self.situation.signed_in == "this browser"


def _another_site(facts: Facts) -> bool:
    return facts.situation.where == "cross-site"


def _stays_behind(facts: Facts) -> bool:
    """Tell whether the browser withholds a cookie of this lab because of its SameSite.

    All these sentences say so of a browser that has one. What is in a sandbox has an origin of its
    own, so to the browser it's another site anywhere. A redirect by another site counts in Firefox,
    and in Chromium doesn't.
    """
    redirected = facts.page.redirected and (facts.profile == "firefox" or not facts.here)
    foreign = _another_site(facts) or facts.page.sandboxed or redirected
    return foreign and not facts.cookie_sent


def _third_party(facts: Facts) -> bool:
    blocks = not STATED[facts.profile].third_party_cookies
    return not facts.here or blocks or facts.page.asks_none


def never(facts: Facts) -> bool:
    """A claim that is untrue in every one of these situations."""
    return False


# What is shown, and when it is true. Each is a part of a sentence that has no other meaning.
CLAIMS: dict[str, Callable[[Facts], bool]] = {
    "nobody was signed in to the bank in any browser": lambda facts: not facts.anybody,
    "Nobody was signed in to this bank, in any browser": lambda facts: not facts.anybody,
    "this browser isn’t signed in": never,
    "it sends a SameSite=Lax cookie only on a top-level GET": lambda facts: (
        _stays_behind(facts) and not facts.page.top_get
    ),
    "SameSite=Lax is enough to withhold it": _stays_behind,
    "it doesn’t send a SameSite=Strict cookie": _stays_behind,
    "SameSite=Strict is enough to withhold it": _stays_behind,
    "doesn’t send third-party cookies, or the page didn’t ask for cookies": _third_party,
    "blocked it as a third-party cookie, or the page didn’t ask for cookies": _third_party,
    "This browser treats it as Lax": lambda facts: STATED[facts.profile].lax_by_default,
    "this browser treats it as Lax": lambda facts: STATED[facts.profile].lax_by_default,
    "doesn’t belong to a current sign-in": lambda facts: facts.cookie_sent and not facts.effect,
    "belongs to a current sign-in": lambda facts: facts.here and bool(facts.situation.planted),
    "A page of another site": _another_site,
    "A page on a sub-domain of the bank": lambda facts: facts.situation.where == "subdomain",
    "An unnamed page": lambda facts: facts.page.sandboxed or facts.page.hides,
    "it’s a different site from the bank": _another_site,
    "it’s the same site as the bank": lambda facts: facts.situation.where == "subdomain",
    "the request counts as another site’s": lambda facts: (
        _another_site(facts) or facts.page.sandboxed or facts.page.redirected
    ),
    "the request counts as the same site’s": lambda facts: facts.situation.where == "subdomain",
    "when the page is in a sandbox, or another site redirects the request": lambda facts: (
        facts.page.sandboxed or facts.page.redirected
    ),
    "The bank’s own page": never,
    "The visitor": never,
    "No page asked": never,
    "The request names no page": lambda facts: (
        facts.situation.where == "nowhere" or facts.page.early
    ),
    "ahead of time": lambda facts: facts.page.early,
    "withholds cookies": never,
    "no live sign-in": never,
    "nobody is signed in.": never,
    "Changed:": lambda facts: facts.effect or facts.page.action == "login",
    "Nothing changed": lambda facts: not facts.effect,
}


# The bank's own form, and what may have happened to its token before the form is sent.
TOKENS = {
    "csrf-token": ("csrfmiddlewaretoken", "csrftoken"),
    "signed-double-submit": ("token", "double_submit"),
    "session-token": ("token", ""),
}
TOKEN_DEEDS = (
    "the field is removed",
    "the field is emptied",
    "the field is another customer's",
    "the cookie is deleted",
    "the cookie is another customer's",
    "the form is older than the sign-in",
)
# What is said of a token after one of these, and when it is true: by whether the field came, and
# the cookie.
TOKEN_CLAIMS: dict[str, Callable[[bool, bool], bool]] = {
    "has no token from the bank’s own form": lambda field, cookie: not field,
    "has a token, but not the cookie": lambda field, cookie: field and not cookie,
    "the token in the request, and it doesn’t match": lambda field, cookie: field and cookie,
}


def token_situations() -> list[tuple[str, str]]:
    """Return pairs of a lab and a deed; the token in the session has no cookie of its own."""
    return [
        (lab, deed)
        for lab, (_, cookie) in TOKENS.items()
        for deed in TOKEN_DEEDS
        if cookie or "cookie" not in deed
    ]
