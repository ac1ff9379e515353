"""What matters most asks for the password again, and only the customer knows it.

## How it works

To send money, or to change the e-mail address or the password, the customer types the current
password once more. A forged request comes from a page that does not know it. This holds even where
everything else fails: whoever sends the request, and from wherever, the answer is no.

## What it does not stop

- Actions that do not ask: signing out, and changing the picture.
- Sign-in forgery: the attacker knows the password of their own account.
- A visitor who can be made to type the password into the attacker's page.

It costs the customer's patience, so it is kept for what matters most.

## In your own project

In Django:

    def transfer(request):
        if not request.user.check_password(request.POST.get("current_password", "")):
            raise PermissionDenied
        return move_money(request)

In Flask:

    @app.post("/transfer")
    def transfer():
        if not check_password_hash(g.user.password, request.form.get("current_password", "")):
            abort(403)
        return move_money(request)

## Sources

- OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "User Interaction Based CSRF Defense"
- OWASP ASVS 5.0, 7.5.1
"""

from __future__ import annotations

from django.http import HttpRequest

from csrf_proof.reasons import PASSWORD_MISSING, PASSWORD_WRONG, Reason
from victim_site.defenses.base import Defense
from victim_site.fields import submitted

FIELD = "current_password"
ASKING = {"/transfer", "/api/transfer", "/email", "/password"}


class Reauthentication(Defense):
    asks_for = {FIELD: "Your current password"}

    def refusal(self, request: HttpRequest) -> Reason | None:
        if request.path not in ASKING:
            return None
        password = submitted(request).get(FIELD)
        if not password:
            return PASSWORD_MISSING
        known = request.user.is_authenticated and request.user.check_password(password)
        return None if known else PASSWORD_WRONG
