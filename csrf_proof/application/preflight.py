"""What an application answers when a browser asks whether another origin may send a request."""

from __future__ import annotations

from http import HTTPStatus

from csrf_proof.address import Address, Answer
from csrf_proof.arsenal import Shot

# No browser asks before it sends these (the Fetch Standard's CORS-safelisted methods).
_SAFELISTED = {"GET", "HEAD", "POST"}


def ask(target: Address, shot: Shot, sender: str) -> tuple[Answer, bool]:
    """Ask as a browser does for a page of the origin `sender`; return the answer, and whether it's
    a yes to a request with cookies.

    By the Fetch Standard, where `*` isn't an answer to a request with cookies, and methods are
    compared as they are written.

    Raises:
        WrongUse: The application doesn't answer.
    """
    method, headers = shot.attack.method, {name.lower() for name in shot.attack.headers}
    asked = {"Origin": sender, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(sorted(headers))
    answer = target.ask("OPTIONS", asked)

    def allowed(what: str) -> str:
        return answer.headers.get(f"access-control-allow-{what}", "")

    yes = (
        HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        and allowed("origin") == sender
        and allowed("credentials") == "true"
        and (method in _SAFELISTED or method in _listed(allowed("methods")))
        and headers <= _listed(allowed("headers").lower())
    )
    return answer, yes


def _listed(text: str) -> set[str]:
    return {part.strip() for part in text.split(",")}
