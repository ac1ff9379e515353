"""Thirty attendees who aren't there, for a trainer alone the evening before: `make rehearse`.

They join the room that runs on this machine, predict, sign in, are attacked and vote, each at their
own pace, with the requests that a browser would send. Some get stuck, as in every class. Ctrl-C
ends it. What they did stays in the room, and the trainer's page can reset it.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from catalogue import addresses, lessons, matrix
from catalogue.actions import ACTIONS, MOST
from catalogue.lessons import Lesson
from csrf_proof.arsenal import Arsenal, Attack
from csrf_proof.positions import FETCH_SITE

PEOPLE = int(os.environ.get("PEOPLE") or 30)
# The mean time between two steps of one person, in seconds.
PACE = float(os.environ.get("PACE") or 8)
NAMES = """
Ada Alan Amina Ben Björn Chen Dana Elif Emma Fatima Femi Grace Hiro Ines Ivan Jana Jonas Kofi Lena
Linus Marta Mei Nils Olga Omar Priya Rosa Sven Tove Yuki
""".split()  # noqa: SIM905
# One in so many predicts and then does nothing, and one in so many forgets to sign in.
STOPS, FORGETS = 11, 9
OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_CHOICE = re.compile(r'type="radio" name="choice" value="([^"]+)"')
_OFFERED = re.compile(r"<b>([^<]+)</b> is free")
_OWNER = re.compile(r"--for-([a-z0-9-]+)")

Step = tuple[Lesson, Attack, str]


class Refused(Exception):
    """A site answered what nobody expected."""


class Attendee:
    """One person with a browser."""

    def __init__(self, where: addresses.Addresses, name: str) -> None:
        self._where = where
        self._name = name
        self._cookies: dict[str, dict[str, str]] = {}
        self._chance = random.Random(name)  # noqa: S311 - the same person does the same each time

    def join(self) -> None:
        """Say a name, or the one that's offered where somebody is called so already."""
        playground = self._where.domains.playground
        page = self._send_form(playground, "/join/", {"name": self._name})
        if offered := _OFFERED.search(page):
            self._send_form(playground, "/join/", {"name": offered[1]})

    def learn(self, lesson: Lesson, attack: Attack, position: str) -> None:
        """Go through a lesson, unless it's one where this person gets stuck."""
        playground, path = self._where.domains.playground, f"/lessons/{lesson.slug}/"
        page = self._get(playground, path)
        owner = _OWNER.search(page)
        if not owner:
            raise Refused(f"the page {path} names no lab.")
        choices = _CHOICE.findall(page)
        if choices:
            choice = {"choice": self._chance.choice(choices)}
            self._post(playground, f"{path}predict/", {**fields_in(page), **choice})
        self._think()
        if self._chance.randrange(STOPS) == 0:
            return
        for lab in lesson.labs:
            host = self._where.domains.lab(f"{lab}--for-{owner[1]}")
            if self._chance.randrange(FORGETS):
                self._send_form(host, "/login", {"username": "alice", "password": "wonderland"})
                self._get(host, "/?signed-in", OWN_PAGE)
            self._think()
            self._be_attacked(host, attack, position)
            self._think()

    def _be_attacked(self, host: str, attack: Attack, position: str) -> None:
        action = ACTIONS[attack.action]
        said = action.fields(MOST, self._where.domains.evil)
        moves = attack.method == "POST" or "link" in attack.slug or "form" in attack.slug
        headers = {
            "Sec-Fetch-Site": FETCH_SITE[position],
            "Sec-Fetch-Mode": "navigate" if moves else "no-cors",
            "Sec-Fetch-Dest": "document" if moves else "image",
        }
        if attack.method == "POST":
            self._post(host, action.path, said, {"Origin": self._where.evil, **headers})
        else:
            self._get(host, f"{action.path}?{urlencode(said)}" if said else action.path, headers)

    def vote(self) -> None:
        """Vote if the room does."""
        page = self._get(self._where.domains.playground, "/vote/")
        if choices := _CHOICE.findall(page):
            said = {**fields_in(page), "choice": self._chance.choice(choices)}
            self._post(self._where.domains.playground, "/vote/", said)

    def _think(self) -> None:
        time.sleep(self._chance.expovariate(1 / PACE))

    def _send_form(self, host: str, path: str, said: Mapping[str, str]) -> str:
        page = self._get(host, path)
        headers = {"Origin": self._where.at_victim(host), **OWN_PAGE}
        return self._post(host, path, {**fields_in(page), **said}, headers)

    def _get(self, host: str, path: str, headers: Mapping[str, str] | None = None) -> str:
        return self._ask("GET", host, path, None, headers or {})

    def _post(
        self,
        host: str,
        path: str,
        said: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        sent |= headers or {"Origin": self._where.at_victim(host)}
        return self._ask("POST", host, path, urlencode(said), sent)

    def _ask(
        self, method: str, host: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> str:
        jar = self._cookies.setdefault(host, {})
        cookies = {"Cookie": "; ".join(f"{n}={v}" for n, v in jar.items())} if jar else {}
        port = self._where.victim_port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            named = {"Host": f"{host}:{port}", "User-Agent": "Mozilla/5.0 Chrome/156.0"}
            connection.request(method, path, body, {**named, **cookies, **headers})
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or ():
                for name, morsel in SimpleCookie(line).items():
                    jar[name] = morsel.value
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if answer.status >= 500:
            raise Refused(f"{method} {path} answered {answer.status}.")
        return text


def fields_in(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's first form that posts."""
    form = page.partition("<main")[2].partition('method="post"')[2].partition("</form>")[0]
    return dict(_HIDDEN.findall(form))


def attend(where: addresses.Addresses, name: str, todo: Sequence[Step]) -> None:
    """Be one person, from the first page to the last lesson."""
    person = Attendee(where, name)
    try:
        person.join()
        for lesson, attack, position in todo:
            person.vote()
            person.learn(lesson, attack, position)
    except (OSError, http.client.HTTPException, Refused) as problem:
        print(f"{name} has gone home: {problem}", file=sys.stderr)


def steps() -> list[Step]:
    """Return each lesson with its attack, and where it's launched from in Chrome."""
    arsenal, loaded = Arsenal(), matrix.load()
    return [
        (lesson, arsenal.attacks[lesson.attack], lesson.position(loaded, "chromium"))
        for lesson in lessons.read_all()[0]
    ]


def names(count: int) -> list[str]:
    """Return so many names, each once."""
    return [
        f"{NAMES[n % len(NAMES)]}{f' {n // len(NAMES) + 1}' * (n >= len(NAMES))}"
        for n in range(count)
    ]


def main() -> int:
    where = addresses.read(os.environ)
    try:
        Attendee(where, "").vote()
    except OSError:
        print(
            f"Nothing answers at {where.playground}. Open the room first, in another window: "
            "make room",
            file=sys.stderr,
        )
        return 1
    print(f"{PEOPLE} attendees arrive at {where.playground}/room/. Ctrl-C sends them home.")
    todo = steps()
    threads = [
        threading.Thread(target=attend, args=(where, name, todo), daemon=True)
        for name in names(PEOPLE)
    ]
    try:
        for thread in threads:
            thread.start()
            time.sleep(PACE / 10)
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        return 0
    print("All of them are through.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
