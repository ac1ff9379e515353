"""What arrives at the bank, by the published rows of web-platform-tests.

A row of `ROWS` is one way to make a browser send a request, from another site or from a sub-domain.
It says what its files there expect: Sec-Fetch-Site, -Mode and -Dest as in
`fetch/metadata/tools/fetch-metadata.conf.yml`, the Origin header as in `fetch/origin/`, and for
each value of SameSite whether the session cookie is sent, in the words of
`cookies/resources/cookie-helper.sub.js`: strictly same-site, laxly same-site, cross-site. Where a
browser does otherwise, the row says what it does (measured), and a comment what was expected.

Two things differ on purpose. The hosts are below `localhost` and speak http, where
web-platform-tests use https: browsers trust both. And Origin is looked at in every row, although
some of the files do not mention it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from csrf_proof import profiles, trial
from e2e import attacks
from e2e.bank import Lab, Site, browser_cookies
from e2e.conftest import Browsers

PROFILES = ("chromium", "firefox")
# A lab for each value of SameSite that a session cookie can state.
LABS = {"Strict": "samesite-strict", "Lax": "samesite-lax", "None": "no-defense"}
# The values whose cookie is sent.
STRICTLY, LAXLY, CROSS_SITE = ("Strict", "Lax", "None"), ("Lax", "None"), ("None",)

GENERATED = "fetch/metadata/generated"
PAGE, FRAME = ("navigate", "document"), ("navigate", "iframe")
IMAGE, EMPTY = ("no-cors", "image"), ("no-cors", "empty")


@dataclass(frozen=True)
class Row:
    """One request: who makes it, what its headers say, and which cookies it carries."""

    attack: str
    position: str
    site: str
    mode_and_dest: tuple[str, str]
    origin: Literal["absent", "own", "null"]
    cookies: tuple[str, ...]
    files: tuple[str, ...]
    # The page on top is another site's, so a browser that withholds third-party cookies sends
    # none. All of these files expect None to be sent; `profiles.STATED` says who does so.
    third_party: bool = False
    # The browsers that make no such request.
    not_sent_by: tuple[str, ...] = ()


ROWS = (
    # No file of `cookies/samesite` follows a plain link; an opened window comes next to it.
    Row(
        "link-get",
        "cross-site",
        "cross-site",
        PAGE,
        "absent",
        LAXLY,
        (f"{GENERATED}/element-a.https.sub.html", "cookies/samesite/window-open.https.html"),
    ),
    Row(
        "link-get",
        "subdomain",
        "same-site",
        PAGE,
        "absent",
        STRICTLY,
        (f"{GENERATED}/element-a.https.sub.html", "cookies/samesite/window-open.https.html"),
    ),
    # The page sets `location`; a meta refresh, which is next to it for visitors without scripts,
    # has the same row in `element-meta-refresh.https.optional.sub.html`.
    Row(
        "redirect-get",
        "cross-site",
        "cross-site",
        PAGE,
        "absent",
        LAXLY,
        (f"{GENERATED}/window-location.https.sub.html", "cookies/samesite/window-open.https.html"),
    ),
    Row(
        "form-get",
        "cross-site",
        "cross-site",
        PAGE,
        "absent",
        LAXLY,
        (
            f"{GENERATED}/form-submission.https.sub.html",
            "cookies/samesite/form-get-blank.https.html",
        ),
    ),
    Row(
        "form-post",
        "cross-site",
        "cross-site",
        PAGE,
        "own",
        CROSS_SITE,
        (
            f"{GENERATED}/form-submission.https.sub.html",
            "cookies/samesite/form-post-blank.https.html",
            "fetch/origin/assorted.window.js",
        ),
    ),
    Row(
        "form-post",
        "subdomain",
        "same-site",
        PAGE,
        "own",
        STRICTLY,
        (
            f"{GENERATED}/form-submission.https.sub.html",
            "cookies/samesite/form-post-blank.https.html",
            "fetch/origin/assorted.window.js",
        ),
    ),
    # "Origin header and POST cross-origin navigation with Referrer-Policy no-referrer".
    Row(
        "no-referrer-post",
        "cross-site",
        "cross-site",
        PAGE,
        "null",
        CROSS_SITE,
        ("fetch/origin/assorted.window.js", "cookies/samesite/form-post-blank.https.html"),
    ),
    # A sandbox makes the sender a stranger even where its page is the bank's sister. The file has
    # the request in a frame within the sandbox; here it moves the window on top.
    Row(
        "null-origin-post",
        "subdomain",
        "cross-site",
        PAGE,
        "null",
        CROSS_SITE,
        ("cookies/samesite/sandbox-iframe-nested.https.html",),
    ),
    Row(
        "hidden-frame-post",
        "cross-site",
        "cross-site",
        FRAME,
        "own",
        CROSS_SITE,
        (
            f"{GENERATED}/element-iframe.https.sub.html",
            "cookies/samesite/iframe.https.html",
            "fetch/origin/assorted.window.js",
        ),
        third_party=True,
    ),
    Row(
        "frame-get",
        "cross-site",
        "cross-site",
        FRAME,
        "absent",
        CROSS_SITE,
        (f"{GENERATED}/element-iframe.https.sub.html", "cookies/samesite/iframe.https.html"),
        third_party=True,
    ),
    Row(
        "frame-get",
        "subdomain",
        "same-site",
        FRAME,
        "absent",
        STRICTLY,
        (f"{GENERATED}/element-iframe.https.sub.html", "cookies/samesite/iframe.https.html"),
    ),
    Row(
        "image-get",
        "cross-site",
        "cross-site",
        IMAGE,
        "absent",
        CROSS_SITE,
        (f"{GENERATED}/element-img.https.sub.html", "cookies/samesite/img.https.html"),
        third_party=True,
    ),
    Row(
        "image-get",
        "subdomain",
        "same-site",
        IMAGE,
        "absent",
        STRICTLY,
        (f"{GENERATED}/element-img.https.sub.html", "cookies/samesite/img.https.html"),
    ),
    # No file of `cookies/samesite` has a prefetch; it is a subresource as an image is.
    Row(
        "prefetch-get",
        "cross-site",
        "cross-site",
        EMPTY,
        "absent",
        CROSS_SITE,
        (
            f"{GENERATED}/element-link-prefetch.https.optional.sub.html",
            "cookies/samesite/img.https.html",
        ),
        third_party=True,
    ),
    Row(
        "fetch-post",
        "cross-site",
        "cross-site",
        EMPTY,
        "own",
        CROSS_SITE,
        (
            f"{GENERATED}/fetch.https.sub.html",
            "cookies/samesite/fetch.https.html",
            "fetch/origin/assorted.window.js",
        ),
        third_party=True,
    ),
    Row(
        "fetch-post",
        "subdomain",
        "same-site",
        EMPTY,
        "own",
        STRICTLY,
        (
            f"{GENERATED}/fetch.https.sub.html",
            "cookies/samesite/fetch.https.html",
            "fetch/origin/assorted.window.js",
        ),
    ),
    # The file sends its beacon while a page unloads, and to the page's own origin.
    Row(
        "beacon-post",
        "cross-site",
        "cross-site",
        EMPTY,
        "own",
        CROSS_SITE,
        ("fetch/metadata/unload.https.sub.html", "cookies/samesite/fetch.https.html"),
        third_party=True,
    ),
    # The file expects a ping with the page's own origin. Firefox sends none: its setting
    # `browser.send_pings` is off.
    Row(
        "ping-post",
        "cross-site",
        "cross-site",
        EMPTY,
        "own",
        CROSS_SITE,
        (
            "html/semantics/links/downloading-resources/header-origin.html",
            "cookies/samesite/fetch.https.html",
        ),
        third_party=True,
        not_sent_by=("firefox",),
    ),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each row and profile, all of one browser next to each other."""
    wanted = metafunc.config.getoption("--profile") or PROFILES
    cells = [(row, profile) for profile in PROFILES if profile in wanted for row in ROWS]
    if "row" in metafunc.fixturenames:
        # Not called `profile`, for which `conftest` would add the third one.
        names = [f"{row.attack}-{row.position}-{profile}" for row, profile in cells]
        metafunc.parametrize(("row", "seen_by"), cells, ids=names)


@pytest.mark.each_browser
@pytest.mark.sample(12)
def test_what_arrives(row: Row, seen_by: str, browsers: Browsers, site: Site) -> None:
    browser = browsers.get(seen_by)
    if seen_by in row.not_sent_by:
        assert requests_to_the_bank(row, browser, Lab(site, LABS["None"])) == []
        return
    kept_back = row.third_party and not profiles.STATED[seen_by].third_party_cookies
    sent = () if kept_back else row.cookies

    arrived = {samesite: arrival(row, browser, Lab(site, lab)) for samesite, lab in LABS.items()}

    headers = (row.site, *row.mode_and_dest, row.origin)
    assert arrived == {samesite: (*headers, samesite in sent) for samesite in LABS}


def arrival(row: Row, browser: Browser, lab: Lab) -> tuple[Any, ...]:
    """Launch the attack on alice; return what the bank wrote down of its request."""
    action = attacks.all_attacks()[row.attack].action
    with profiles.fresh_context(browser) as context:
        context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        last = lab.state()["attempts"][-1]["id"]
        attacks.launch(context.new_page(), lab.site, row.attack, row.position, lab.label)
        attempt, _ = lab.wait_for(action, last)
    sender = urlsplit(lab.site.attack_page(row.attack, row.position, lab.label))
    origins = {None: "absent", f"{sender.scheme}://{sender.netloc}": "own"}
    return (
        attempt["sec_fetch_site"],
        attempt["sec_fetch_mode"],
        attempt["sec_fetch_dest"],
        origins.get(attempt["origin"], attempt["origin"]),
        "sessionid" in attempt["cookies"],
    )


def requests_to_the_bank(row: Row, browser: Browser, lab: Lab) -> list[str]:
    """Launch the attack; return what the browser asked the bank for, which should be nothing."""
    with profiles.fresh_context(browser) as context:
        context.add_cookies(browser_cookies(lab.sign_in(), lab.host))
        page = context.new_page()
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        attacks.launch(page, lab.site, row.attack, row.position, lab.label)
        page.wait_for_load_state()
        # Everything that the attack's page requests comes before this request.
        later = lab.url + trial.LATER
        context.new_page().goto(later)
        asked = asked[: asked.index(later)]
    assert asked, "the attack's page was not even opened"
    attempts = [f"attempt {a['id']}" for a in lab.state()["attempts"][1:]]  # After the sign-in.
    # A tab's icon isn't a request of the attack's.
    acts = [one for one in asked if one.startswith(lab.url) and "/static/" not in one]
    return acts + attempts
