"""A small application without protection, the same with it, and attacks on both."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from dataclasses import replace
from hmac import compare_digest
from html import escape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import parse_qs

from csrf_proof.application.known import Known
from csrf_proof.command.options import How
from csrf_proof.command.proving import prove_form
from csrf_proof.command.status import Status
from csrf_proof.serving import serve

_SIGN_IN = """<!doctype html><html lang="en"><title>Sign in</title>
<form method="post" action="/">
  <label>Name <input name="name" value="alice"></label> <button>Sign in</button>
</form>"""
_EMAIL = """<!doctype html><html lang="en"><title>Your e-mail</title>
<form method="post" action="/email">
  {token}<label>E-mail <input type="email" name="email" value="{email}"></label>
  <button>Save</button>
</form>"""


def application(*, protected: bool) -> type[BaseHTTPRequestHandler]:
    """Return an application in which a signed-in user can change an e-mail address."""
    emails = {"alice": "alice@example.org"}
    # By the name of the session: who it is, and the secret of its forms.
    sessions: dict[str, tuple[str, str]] = {}

    class Application(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            who, token = self._session()
            if self.path == "/email" and who:
                hidden = f'<input type="hidden" name="token" value="{token}">' if protected else ""
                self._say(_EMAIL.format(token=hidden, email=escape(emails[who])))
            else:
                self._say(_SIGN_IN)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            said = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
            fields = {name: values[0] for name, values in said.items()}
            if self.path == "/" and fields.get("name") in emails:
                session = secrets.token_hex(8)
                sessions[session] = fields["name"], secrets.token_hex(8)
                self._go_to_email(f"session={session}; Path=/; HttpOnly")
                return
            who, token = self._session()
            trusted = not protected or compare_digest(
                fields.get("token", "").encode(), token.encode()
            )
            if who and trusted and self.path == "/email" and "email" in fields:
                emails[who] = fields["email"]
                self._go_to_email()
            else:
                self.send_error(403)

        def _session(self) -> tuple[str, str]:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
            return sessions.get(cookies["session"].value if "session" in cookies else "", ("", ""))

        def _go_to_email(self, cookie: str = "") -> None:
            self.send_response(303)
            if cookie:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Location", "/email")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _say(self, page: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page.encode())))
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *args: object) -> None:
            pass

    return Application


def demo(how: How) -> int:
    """Attack both; return the exit status of the first that isn't as it should be, or 0.

    To somebody who watches, the reports for people are shown.
    """
    if sys.stdout.isatty() and not how.reports:
        how = replace(how, reports={"html": Path(mkdtemp(prefix="csrf-proof-")) / "demo.html"})
    expected = {
        "An application without protection": (False, Status.FORGED),
        "The same, with a secret token in its form": (True, Status.BLOCKED),
    }
    for title, (protected, status) in expected.items():
        print(f"\n{title}\n{'=' * len(title)}")
        files = how
        if protected:
            fixed = {k: file.with_stem(f"{file.stem}-fixed") for k, file in how.reports.items()}
            files = replace(how, reports=fixed)
        with serve(application(protected=protected)) as port:
            known = Known(f"http://127.0.0.1:{port}/email", sign_in="/", as_="alice")
            came = prove_form(known, files)
        if came != status:
            return came or Status.NOT_JUDGED
        if sys.stdout.isatty() and "html" in files.reports:
            webbrowser.open(files.reports["html"].resolve().as_uri())
    print("\nNow yours: csrf-proof http://127.0.0.1:5055/email --sign-in /login --as alice")
    return Status.BLOCKED
