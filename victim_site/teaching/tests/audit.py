"""What every page of the teaching side must be. Each wing checks its own pages with this."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from django.conf import settings

from victim_site.conftest import Site, playground


class Audit(HTMLParser):
    """What a strict content policy would stop, and every address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.inline.append(tag)
        self.inline += [name for name in names if name == "style" or name.startswith("on")]
        for name in ("src", "href", "action", "data", "srcset", "poster", "hx-get"):
            if value := names.get(name):
                (self.links if tag == "a" else self.loads).append(value)


# What the teaching side declares in Content-Security-Policy.
POLICY = {
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
OWN = re.compile(rf"/(?!/)|{re.escape(settings.ADDRESSES.playground)}/")
KNOWN = re.compile(
    r"/(?!/)|[#?]|\.\.?/|\d+\.\d+$|http://([a-z0-9-]+\.)+localhost:\d+(/|$)|https://"
)


def audit(path: str, status: int = 200, site: Site | None = None) -> str:
    """Ask for a page, as a visitor or as `site`, and return it, once it holds nothing that it must
    not.

    Nothing inline, which the content policy would stop; nothing loaded from elsewhere; and links
    only to the playground, or to a source over https.
    """
    answer = (site or playground()).get(path)
    page: str = answer.content.decode()
    found = Audit(page)
    assert answer.status_code == status
    assert found.inline == []
    assert [address for address in found.loads if not OWN.match(address)] == []
    assert [address for address in found.links if not KNOWN.match(address)] == []
    return page


def audit_missing(path: str) -> None:
    """Ask for what is not there: the answer is a page that says so, in a sentence."""
    page = audit(path, status=404)
    assert "<h1>No such page</h1>" in page
    assert re.search(r'<p class="lead">[^<]{20,}\.[^<]*</p>', page)
