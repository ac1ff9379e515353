"""CherryPy has no protection of its own: its sessions alone, with the default cookie.

Start it with: python app.py 8000
"""

import sys
from html import escape

import cherrypy

emails = {"alice": "alice@example.org"}
PAGE = """
<form method="post" action="/email">
  <label>E-mail <input name="email" value="{email}"></label>
  <button>Save</button>
</form>
"""


class App:
    @cherrypy.expose
    def sign_in(self):
        cherrypy.session["name"] = "alice"
        raise cherrypy.HTTPRedirect("/")

    @cherrypy.expose
    def index(self):
        if "name" not in cherrypy.session:
            return '<a href="/sign-in">Sign in as alice</a>'
        return PAGE.format(email=escape(emails[cherrypy.session["name"]]))

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def email(self, email):
        if "name" in cherrypy.session:
            emails[cherrypy.session["name"]] = email
        raise cherrypy.HTTPRedirect("/")

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def state(self):
        return emails


if __name__ == "__main__":
    cherrypy.config.update({"server.socket_port": int(sys.argv[1])})
    cherrypy.quickstart(App(), config={"/": {"tools.sessions.on": True}})
