"""The most sensitive actions ask for the password again, which only the customer knows."""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import PASSWORD_MISSING, PASSWORD_WRONG, Reason
from victim_site.defenses.base import Defense, is_sensitive
from victim_site.fields import submitted

FIELD = "current_password"


class Reauthentication(Defense):
    stops = ("form-post", "clickjacking", "injected-script-post")
    does_not_stop = ("image-get", "upload-post", "skipped-step-post")
    asks_for = {FIELD: "Your current password"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if not is_sensitive(request):
            return None
        password = submitted(request).get(FIELD)
        if not password:
            return PASSWORD_MISSING
        known = request.user.is_authenticated and request.user.check_password(password)
        return None if known else PASSWORD_WRONG
