"""Who asks: the workbench's own pages and scripts, or a page of another site; and what, as JSON.

A secret host is enough, as long as it stays secret. This holds even if it doesn't: browsers say in
two headers which site a request comes from, and pages can't change them. Programs other than
browsers send neither.
"""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import Headers

_OWN = {"same-origin", "none"}


def by_another_site(headers: Headers, origin: str) -> bool:
    """Tell whether a page of another origin than `origin` has caused the request."""
    site, said = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    return (site is not None and site not in _OWN) or (said is not None and said != origin)


def json_object(most: int) -> dict[str, Any] | None:
    """Return the JSON object that the request sends, in at most so many bytes; None if it's none.

    Raises:
        HTTPException: It's longer.
    """
    request.max_content_length = most
    try:
        said = request.get_json(silent=True)
    except RecursionError:  # Brackets alone can exhaust the parser.
        return None
    return said if isinstance(said, dict) else None
