"""What a run of the cookie page says about this browser, next to what the profiles do.

`cookie_profiles.toml` states what the profiles do. The page grew out of an experiment of the SEED
labs: three cookies, three ways, two sites.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from django.utils.translation import gettext, gettext_noop

from victim_site.teaching.browser.cookie_runs import (
    BANK,
    CROSS_SITE,
    EMBEDDED,
    KINDS,
    REQUESTS,
    SUBDOMAIN,
    TOP_LEVEL,
    Run,
)

# Position and way to the kinds of cookies that arrive.
Arrivals = dict[tuple[str, str], list[str]]

COLUMNS = {
    "fresh": (gettext_noop("no SameSite"), gettext_noop("set just now")),
    "old": (gettext_noop("no SameSite"), gettext_noop("over two minutes old")),
    "lax": ("Lax", "SameSite=Lax"),
    "strict": ("Strict", "SameSite=Strict"),
    "none": ("None", "SameSite=None; Secure"),
    "host": ("__Host-", gettext_noop("None, and the prefix")),
    "partitioned": ("Partitioned", gettext_noop("None, and Partitioned")),
}
WHERE = {
    BANK: gettext_noop("from the bank itself"),
    CROSS_SITE: gettext_noop("from another site"),
    SUBDOMAIN: gettext_noop("from a sub-domain of the bank"),
}
WAYS = {
    "link": gettext_noop("link"),
    "form-get": gettext_noop("GET form"),
    "form-post": gettext_noop("POST form"),
    "image": gettext_noop("image"),
    "frame": gettext_noop("frame"),
    "fetch": "fetch",
    "websocket": "WebSocket",
}


@dataclass(frozen=True)
class Square:
    """What became of one kind of cookie in one request, and a note on profiles that do otherwise.

    `state` is `sent` or `not sent`; `stored` for what came with the bank's own link; else why
    there is nothing to say: `not stored`, `not old yet`, `no request`. The template translates it.
    """

    state: str
    note: str = ""


@cache
def profiles() -> dict[str, Arrivals]:
    """Return what each profile does, as `cookie_profiles.toml` states it."""
    text = Path(__file__).with_name("cookie_profiles.toml").read_text(encoding="utf-8")
    stated = tomllib.loads(text)
    every = stated.pop("every")
    return {
        profile: {
            (position, way): kinds.split()
            for position, ways in (every | own).items()
            for way, kinds in ways.items()
        }
        for profile, own in stated.items()
    }


def rows(run: Run, position: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a position: ways with the same result in every square share one."""
    ways = [way for at, way in REQUESTS if at == position]
    for squares, same in groupby(
        ways, key=lambda way: [_square(run, (position, way), kind) for kind in KINDS]
    ):
        names = [gettext(WAYS[way]) for way in same]
        shown = gettext("every way") if len(names) == len(WAYS) else ", ".join(names)
        yield {"ways": shown, "where": gettext(WHERE[position]), "squares": squares}


def _square(run: Run, request: tuple[str, str], kind: str) -> Square:
    sent_by = [name for name, arrived in profiles().items() if kind in arrived[request]]
    kept_by = [name for name in profiles() if name not in sent_by]
    if kind in run.arrived.get(request, []):
        if request[0] == BANK:
            return Square(gettext_noop("stored"))
        note = gettext("not in %(profiles)s") % {"profiles": ", ".join(kept_by)}
        return Square(gettext_noop("sent"), note if kept_by else "")
    if request in run.arrived and kind in run.kept:
        note = gettext("sent in %(profiles)s") % {"profiles": ", ".join(sent_by)}
        return Square(gettext_noop("not sent"), note if sent_by else "")
    if request not in run.arrived:
        state = gettext_noop("no request")
    else:
        young = kind == "old" and "fresh" in run.kept
        state = gettext_noop("not old yet") if young else gettext_noop("not stored")
    return Square(state, _elsewhere(request[0] == BANK, sent_by, kept_by))


def _elsewhere(stored: bool, sent_by: list[str], kept_by: list[str]) -> str:
    """Say which profiles store a cookie, or send it."""
    if not kept_by:
        return gettext("stored in all profiles") if stored else gettext("sent in all profiles")
    if not sent_by:
        return gettext("stored in no profile") if stored else gettext("sent in no profile")
    said = gettext("stored in %(profiles)s") if stored else gettext("sent in %(profiles)s")
    return said % {"profiles": ", ".join(sent_by)}


def alike(run: Run) -> tuple[list[str], int]:
    """Return the profiles that come closest to a run, and in how many requests they differ.

    What the run does not tell counts for none.
    """
    told = set(KINDS) if "old" in run.kept else set(KINDS) - {"old"}
    counts = {
        name: sum(set(run.arrived[at]) != set(arrived[at]) & told for at in run.arrived)
        for name, arrived in profiles().items()
    }
    least = min(counts.values())
    return [name for name, count in counts.items() if count == least], least


def facts(run: Run) -> dict[str, Any]:
    """Return what a run says of this browser.

    - `third_party`: does a cookie that may travel come with the image, the frame, the fetch and the
      WebSocket of another site? None if it comes with some of them.
    - `lax_default`: is a cookie without SameSite treated as Lax, at least once it is old? None if
      the run does not tell.
    - `secure`: does it keep Secure cookies of this address?
    - `subdomain`: does all that it keeps come with every request from a sub-domain?
    - `leaks`: ways from another site that carry a Strict cookie, or a Lax one that they should not.
    """

    def carries(way: str, kind: str) -> bool:
        return kind in run.arrived.get((CROSS_SITE, way), [])

    embedded = {carries(way, "none") for way in EMBEDDED}
    third_party = embedded.pop() if len(embedded) == 1 else None
    lax_default: bool | None
    if any(carries(way, "fresh") for way in EMBEDDED):
        lax_default = False
    elif "old" in run.kept:
        lax_default = not carries("form-post", "old")
    else:
        # The two minutes are about a form that posts. What an image lacks, it lacks at any age.
        lax_default = True if third_party or not carries("form-post", "fresh") else None
    return {
        "third_party": third_party,
        "lax_default": lax_default,
        "secure": "host" in run.kept,
        "subdomain": all(
            run.arrived.get((SUBDOMAIN, way)) == run.kept for way in TOP_LEVEL + EMBEDDED
        ),
        "leaks": [
            gettext(WAYS[way])
            for way in TOP_LEVEL + EMBEDDED
            if carries(way, "strict") or (carries(way, "lax") and way not in {"link", "form-get"})
        ],
    }
