"""Positions: where an attack's page is in relation to the application under attack."""

from __future__ import annotations

# The attacker's own site.
CROSS_SITE = "cross-site"
# A subdomain of the application that the attacker took over: another origin, the same site.
SUBDOMAIN = "subdomain"
# A host of the attacker's own whose name begins like the application's: another site.
LOOKALIKE = "lookalike"
# A script inside the application's own page; a page of the attacker's own site puts it there.
SAME_ORIGIN = "same-origin"

# What Sec-Fetch-Site says of a request from there (Fetch Metadata, section 2.4).
FETCH_SITE = {
    CROSS_SITE: "cross-site",
    SUBDOMAIN: "same-site",
    LOOKALIKE: "cross-site",
    SAME_ORIGIN: "same-origin",
}
# Those with a host of their own.
HOSTS = (CROSS_SITE, SUBDOMAIN, LOOKALIKE)
POSITIONS = (*HOSTS, SAME_ORIGIN)
