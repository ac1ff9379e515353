"""What a user does in each of these applications: signs in, and changes an e-mail address.

Start an application at 8000, then: csrf-proof run recipe.py --url http://127.0.0.1:8000
"""

import json
import os
from urllib.request import urlopen

from csrf_proof import Action

URL = os.environ.get("APPLICATION", "http://127.0.0.1:8000")


def sign_in(page):
    page.goto("/sign-in")


def save(page, email):
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Save").click()


def saved():
    with urlopen(f"{URL}/state") as answer:
        return json.load(answer)["alice"]


change_email = Action(sign_in=sign_in, act=save, state=saved)
