"""`fetch-metadata`: the verdicts of Go's `http.CrossOriginProtection`.

The rows named "Go" are the cases of `TestCrossOriginProtectionSecFetchSite` in Go 1.25's
`net/http/csrf_test.go`, under their names there, all twelve of them; the one named "Go's server"
is the case of `TestCrossOriginProtectionServer` that these lack. The rest follow from `csrf.go`.
On purpose the playground leaves out trusted origins and exempt paths, and so the tests of those.
"""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from victim_site.defenses.base import all_defenses

HOST = "fetch-metadata.bank.localhost:8000"
OWN = f"http://{HOST}"
EVIL = "http://evil.localhost:9000"
# Method, Sec-Fetch-Site, Origin, reason.
CASES = {
    "Go: same-origin allowed": ("POST", "same-origin", None, None),
    "Go: none allowed": ("POST", "none", None, None),
    "Go: cross-site blocked": ("POST", "cross-site", None, "fetch-site-cross-site"),
    "Go: same-site blocked": ("POST", "same-site", None, "fetch-site-same-site"),
    "Go: no header with no origin": ("POST", None, None, None),
    "Go: no header with matching origin": ("POST", None, OWN, None),
    "Go: no header with mismatched origin": ("POST", None, EVIL, "origin-mismatch"),
    "Go: no header with null origin": ("POST", None, "null", "origin-null"),
    "Go: GET allowed": ("GET", "cross-site", None, None),
    "Go: HEAD allowed": ("HEAD", "cross-site", None, None),
    "Go: OPTIONS allowed": ("OPTIONS", "cross-site", None, None),
    "Go: PUT blocked": ("PUT", "cross-site", None, "fetch-site-cross-site"),
    "Go's server: cross-site": ("POST", "cross-site", EVIL, "fetch-site-cross-site"),
    "the header decides over a foreign origin": ("POST", "same-origin", EVIL, None),
    "the header decides, not the bank's own origin": (
        "POST",
        "cross-site",
        OWN,
        "fetch-site-cross-site",
    ),
    "same-site with a sub-domain's origin": (
        "POST",
        "same-site",
        f"http://community.{HOST}",
        "fetch-site-same-site",
    ),
    "an unknown value is refused": ("POST", "same-planet", None, "fetch-site-cross-site"),
    "another case is an unknown value": ("POST", "Same-Origin", None, "fetch-site-cross-site"),
    "an empty header counts as none sent": ("POST", "", EVIL, "origin-mismatch"),
    "an empty header and no origin": ("POST", "", None, None),
    "a sub-domain's origin": ("POST", None, f"http://community.{HOST}", "origin-mismatch"),
    "another port": ("POST", None, "http://fetch-metadata.bank.localhost", "origin-mismatch"),
    "the scheme is not compared": ("POST", None, f"https://{HOST}", None),
    "a broken origin": ("POST", None, "http://[", "origin-mismatch"),
    "an empty origin": ("POST", None, "", None),
    "null with cross-site": ("POST", "cross-site", "null", "fetch-site-cross-site"),
    "TRACE isn't exempt": ("TRACE", "cross-site", None, "fetch-site-cross-site"),
    "GET with a foreign origin": ("GET", None, EVIL, None),
}


@pytest.mark.parametrize(("method", "site", "origin", "reason"), CASES.values(), ids=CASES.keys())
def test_verdict(method: str, site: str | None, origin: str | None, reason: str | None) -> None:
    headers = {"host": HOST}
    if site is not None:
        headers["sec-fetch-site"] = site
    if origin is not None:
        headers["origin"] = origin
    request = RequestFactory().generic(method, "/transfer", headers=headers)

    verdict = all_defenses()["fetch-metadata"].refusal(request)

    assert (verdict.code if verdict else None) == reason
