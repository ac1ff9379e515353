"""Tornado's own: every POST needs the token that is in a cookie.

Start it with: python app.py 8000
"""

import asyncio
import sys

from tornado.escape import xhtml_escape
from tornado.web import Application, RequestHandler

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  {token}
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


class Handler(RequestHandler):
    def get_current_user(self):
        name = self.get_signed_cookie("name")
        return name.decode() if name else None


class SignIn(Handler):
    def get(self):
        # Sent from every page: what stops a forgery is the library.
        self.set_signed_cookie("name", "alice", samesite="None", secure=True)
        self.redirect("/")


class Show(Handler):
    def get(self):
        if not self.current_user:
            self.finish('<a href="/sign-in">Sign in as alice</a>')
            return
        email = xhtml_escape(emails[self.current_user])
        self.finish(PAGE.format(token=self.xsrf_form_html(), email=email))


class Save(Handler):
    def post(self):
        if self.current_user:
            emails[self.current_user] = self.get_body_argument("email")
        self.redirect("/")


class State(RequestHandler):
    def get(self):
        self.finish(emails)


async def main():
    app = Application(
        [("/", Show), ("/sign-in", SignIn), ("/email", Save), ("/state", State)],
        cookie_secret="only for this example",
        xsrf_cookies=True,
    )
    app.listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
