"""The lessons' pages: what they know of a learner, and what they make of odd requests."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from catalogue import lessons, notes
from catalogue.addresses import Addresses
from victim_site.bank.models import Lab
from victim_site.conftest import Bank, Site, playground, signed_in
from victim_site.teaching.lessons import progress, screens
from victim_site.teaching.lessons.markdown import as_page
from victim_site.teaching.lessons.models import Progress

pytestmark = pytest.mark.django_db

IMAGE = "/lessons/the-image/"
KITTEN = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
HAPPENED = "<dt>What happened</dt>"
CHROME = "Mozilla/5.0 Chrome/156.0"


class Learner(Site):
    """A visitor to the teaching side who has a name."""

    def __init__(self, name: str = "otter42") -> None:
        super().__init__(settings.ADDRESSES.domains.playground)
        self.name = name
        self.cookies["learner"] = name

    def read(self, path: str) -> str:
        answer = self.get(path, headers={"user-agent": CHROME})
        assert answer.status_code == 200
        text: str = answer.content.decode()
        return text

    def send(self, path: str, page: str = IMAGE, **fields: str) -> Any:
        token = self.hidden(page)["csrfmiddlewaretoken"]
        return self.post(path, {"csrfmiddlewaretoken": token, **fields})

    def predict(self, choice: str) -> Any:
        return self.send(f"{IMAGE}predict/", choice=choice)

    def look_at_the_kitten(self, lab: str = "no-defense") -> Bank:
        alice = signed_in(f"{lab}--for-{self.name}")
        alice.get("/logout", headers=KITTEN)
        return alice

    @property
    def progress(self) -> Progress | None:
        return progress.of(self.name).get("the-image")

    @property
    def predicted(self) -> str:
        return self.progress.predicted if self.progress else ""

    @property
    def tried(self) -> str:
        return self.progress.tried if self.progress else ""


def test_a_newcomer_gets_a_name_that_stays() -> None:
    newcomer = playground()

    newcomer.get(IMAGE)
    name = newcomer.cookies["learner"].value
    newcomer.get(IMAGE)

    assert newcomer.cookies["learner"].value == name
    assert f"--for-{name}" in newcomer.get(IMAGE).content.decode()


@pytest.mark.parametrize("name", ["", "UPPER", "a" * 13, "../..", "a--b", "<b>"])
def test_a_name_that_can_own_no_lab_is_replaced(name: str) -> None:
    learner = Learner(name)

    learner.get(IMAGE)

    assert learner.cookies["learner"].value != name


def test_a_lesson_begins_with_what_is_missing() -> None:
    page = Learner().read(IMAGE)

    assert "Nothing has arrived yet." in page
    assert "These open once you’ve seen it happen." in page


def opened(page: str) -> str:
    """Return the station of a lesson's page that is open."""
    (one,) = re.findall(r'aria-labelledby="([a-z-]+)"><details open>', page)
    return str(one)


def test_one_station_is_open_the_learners_next_or_the_one_that_is_asked_for() -> None:
    learner = Learner()
    found = [opened(learner.read(IMAGE))]
    learner.predict("forged")
    found.append(opened(learner.read(IMAGE)))
    learner.look_at_the_kitten()
    found.append(opened(learner.read(IMAGE)))
    asked = [opened(learner.read(f"{IMAGE}?at={at}")) for at in ("fix-it", "predict", "nowhere")]
    learner.look_at_the_kitten("post-only")
    found.append(opened(learner.read(IMAGE)))

    assert found == ["predict", "do-it", "tried", "prove-it"]
    assert asked == ["fix-it", "predict", "tried"]


def test_what_is_still_ahead_can_not_be_opened_but_by_its_link() -> None:
    learner = Learner()
    for asked in ("fix-it", "prove-it", "tried"):
        assert opened(learner.read(f"{IMAGE}?at={asked}")) == "predict"
        assert 'id="fix-it"' not in learner.read(f"{IMAGE}?at={asked}")
    assert opened(learner.read(f"{IMAGE}?all")) == "tried"
    assert opened(learner.read(f"{IMAGE}?at=fix-it&all")) == "fix-it"


def test_reading_a_lesson_writes_nothing() -> None:
    Learner().read(IMAGE)

    assert not Progress.objects.exists()
    assert not Lab.objects.exists()


def test_the_labs_log_and_not_a_click_says_that_a_step_is_done() -> None:
    learner = Learner()
    signed_in("no-defense--for-otter42")
    assert "leads to the attacker’s page" in learner.read(IMAGE)

    learner.look_at_the_kitten()
    assert HAPPENED in learner.read(IMAGE)
    assert "Lesson 2 is done" not in learner.read(IMAGE)

    learner.look_at_the_kitten("post-only")
    assert "Lesson 2 is done" in learner.read(IMAGE)
    assert '<progress value="1" max="12"' in learner.read("/lessons/")


def test_a_sign_out_of_ones_own_is_no_attack() -> None:
    signed_in("no-defense--for-otter42").honest("/logout", {})

    assert Learner().progress is None


def test_a_request_without_a_session_is_not_the_lessons_outcome_and_the_page_says_what_to_do() -> (
    None
):
    learner = Learner()
    Bank("no-defense--for-otter42").get("/logout", headers=KITTEN)

    assert learner.progress is None
    assert "you weren’t signed in" in learner.read(IMAGE)


def test_where_the_browser_may_be_signed_in_the_page_has_it_find_out() -> None:
    signed_in("no-defense--for-otter42")
    same_site = {**KITTEN, "sec-fetch-site": "same-site"}
    Bank("no-defense--for-otter42").get("/logout", headers=same_site)

    said = Learner().read(IMAGE)
    assert "sign in if it asks you to" in said
    assert "you weren’t signed in" not in said


def test_an_attempt_of_another_lesson_at_the_same_lab_is_no_alarm() -> None:
    """Both send a form to the same bank, one with a token that is wrong, the other without one."""
    alice = signed_in("session-token--for-otter42")
    form = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    alice.post("/transfer", {"to": "mallory", "amount": "1", "token": "wrong"}, headers=form)

    assert progress.of("otter42")["the-token"].tried == "token-wrong"
    assert "isn’t what this step is" not in Learner().read("/lessons/fake-tokens/?all")


def test_another_learners_lab_says_nothing_of_this_one() -> None:
    Learner("heron7").look_at_the_kitten()

    assert Learner().progress is None


def test_a_prediction_stands_beside_the_outcome() -> None:
    learner = Learner()

    answer = learner.predict("get-refused")
    learner.look_at_the_kitten()

    assert answer["Location"] == f"{IMAGE}#do-it"
    page = learner.read(IMAGE).partition('<dl class="compared">')[2].partition("</dl>")[0]
    said = progress.lessons()["the-image"].choices["get-refused"]
    assert html.unescape(page).index(said) < page.index("forged")


def test_a_step_that_is_done_shows_the_picture_of_its_attempt() -> None:
    learner = Learner()

    learner.look_at_the_kitten()

    page = learner.read(IMAGE)
    assert page.count('<figure class="picture"') == 1
    assert "Changed: <bdi>alice is signed out</bdi>" in page
    assert "The lab was reset or cleared since" not in page


def test_a_prediction_can_be_changed_until_the_outcome_is_known() -> None:
    learner = Learner()
    learner.predict("get-refused")
    learner.predict("get-refused")
    learner.predict("forged")

    learner.look_at_the_kitten()
    answer = learner.predict("get-refused")

    assert answer["Location"] == f"{IMAGE}?late#predict"
    assert learner.predicted == "forged"
    assert "doesn’t count" in learner.read(f"{IMAGE}?late")


@pytest.mark.parametrize("choice", ["", "token-wrong", "<script>", "forged " * 1000])
def test_a_prediction_that_is_none_of_the_choices_changes_nothing(choice: str) -> None:
    learner = Learner()
    learner.predict("get-refused")

    answer = learner.predict(choice)

    assert answer.status_code == 400
    assert "Choose one of these first" in answer.content.decode()
    assert learner.predicted == "get-refused"


@pytest.mark.parametrize("path", [f"{IMAGE}predict/", "/lessons/start-over/", "/lessons/name/"])
def test_what_changes_something_takes_a_post_with_a_token_only(path: str) -> None:
    learner = Learner()
    learner.look_at_the_kitten()

    assert learner.get(path).status_code == 405
    assert learner.post(path, {"choice": "forged", "name": "eve"}).status_code == 403
    assert learner.tried == "forged"


def test_without_a_cookie_the_refusal_says_to_allow_cookies() -> None:
    answer = playground().post(f"{IMAGE}predict/", {"choice": "forged"})

    assert answer.status_code == 403
    assert "allow cookies for playground.localhost" in answer.content.decode()


def test_a_lab_that_is_gone_takes_no_step_back() -> None:
    learner = Learner()
    learner.look_at_the_kitten()
    Lab.objects.all().delete()

    page = learner.read(IMAGE)

    assert HAPPENED in page
    assert "The lab was reset or cleared since" in page


def test_starting_over_forgets_one_lesson_and_resets_its_labs() -> None:
    learner = Learner()
    learner.look_at_the_kitten()
    Progress.objects.create(owner=learner.name, lesson="post-alone", tried="forged")

    learner.send("/lessons/start-over/", lesson="the-image")

    assert list(progress.of(learner.name)) == ["post-alone"]
    assert Bank("no-defense--for-otter42").attempts == []


def test_starting_all_over_forgets_everything_of_this_learner_and_nothing_of_others() -> None:
    learner, other = Learner(), Learner("heron7")
    learner.look_at_the_kitten()
    other.look_at_the_kitten()

    learner.send("/lessons/start-over/", page="/lessons/")

    assert progress.of(learner.name) == {}
    assert other.progress


def test_progress_of_a_lesson_that_is_gone_is_kept_and_said() -> None:
    learner = Learner()
    Progress.objects.create(owner=learner.name, lesson="the-fax", tried="forged")

    assert "“the-fax”, a lesson that no longer exists" in learner.read("/lessons/")
    answer = learner.get("/lessons/the-fax/")
    assert answer.status_code == 404
    assert "No progress was lost" in answer.content.decode()


def test_the_list_is_a_path_with_what_was_said_the_stop_to_go_on_at_and_what_is_left() -> None:
    learner = Learner()
    first, second, *_, last = progress.lessons().values()
    said = list(first.choices)[1]
    Progress.objects.create(
        owner=learner.name, lesson=first.slug, predicted=said, tried="forged", fixed="get-refused"
    )
    Progress.objects.create(owner=learner.name, lesson=last.slug, predicted="forged")

    page = learner.read("/lessons/")
    stops = re.findall(r"<li class=.*?</li>", page.partition('class="trail"')[2], re.DOTALL)

    assert re.findall(r'<li class="([a-z]+)"', "".join(stops)) == [
        "done",
        "here",
        *["later"] * (len(stops) - 3),
        "begun",
    ]
    assert f"You said: {as_page(first.choices[said], inline=True)}" in stops[0]
    assert "forged</span>" in stops[0]
    assert second.sections["The scene"][:20] in stops[1]
    assert 'aria-current="step"' in stops[1]
    assert f'src="/attacks/{last.attack}/bait.svg"' in stops[-1]
    left = sum(lesson.minutes for lesson in progress.lessons().values()) - first.minutes
    assert f"about {left} minutes left" in page


def test_another_name_has_progress_of_its_own() -> None:
    learner = Learner()
    learner.look_at_the_kitten()

    learner.send("/lessons/name/", page="/lessons/", name=" Heron7 ")

    assert learner.cookies["learner"].value == "heron7"
    assert "Nothing has arrived yet." in learner.read(IMAGE)


@pytest.mark.parametrize("name", ["", "no spaces", "a" * 13, "<b>", "ä", "a--b"])
def test_a_bad_name_is_explained_and_the_old_one_stays(name: str) -> None:
    learner = Learner()

    answer = learner.send("/lessons/name/", page="/lessons/", name=name)

    assert answer.status_code == 400
    assert "isn’t a valid name" in answer.content.decode()
    assert learner.cookies["learner"].value == "otter42"


def test_the_live_part_unfolds_the_rest_once() -> None:
    learner = Learner()
    learner.look_at_the_kitten()

    first = learner.read(f"{IMAGE}live/?for=otter42&tried=")
    later = learner.read(f"{IMAGE}live/?for=otter42&tried=forged")

    assert HAPPENED in first
    assert 'id="path" hx-swap-oob' in first
    assert 'id="path"' not in later
    assert 'id="fixed-live" hx-swap-oob' in later


@pytest.mark.parametrize("name", ["", "no such", "a" * 500])
def test_the_live_part_for_a_name_that_is_none_is_not_found(name: str) -> None:
    assert Learner().get(f"{IMAGE}live/", {"for": name}).status_code == 404


def test_a_page_whose_cookie_did_not_come_back_says_so() -> None:
    page = playground().get(f"{IMAGE}live/?for=otter42").content.decode()

    assert "This browser blocks cookies" in page


@pytest.mark.parametrize(
    ("known", "before", "said"),
    [
        (True, "/", "is saved under this name. A new name"),
        (False, "/", "This browser blocks cookies"),
        (False, IMAGE, "This browser blocks cookies"),
        (False, "", "If your browser keeps this site’s cookies"),
        (False, "/matrix/", "If your browser keeps this site’s cookies"),
        (False, "/lessons/the-fax/", "If your browser keeps this site’s cookies"),
    ],
)
def test_the_list_promises_to_keep_progress_only_where_cookies_are_known_to_come_back(
    known: bool, before: str, said: str
) -> None:
    visitor = Learner() if known else playground()
    headers = {"referer": visitor.origin + before} if before else {}

    page = visitor.get("/lessons/", headers=headers).content.decode()

    sentences = (
        "is saved under this name. A new",
        "browser blocks cookies",
        "If your browser keeps",
    )
    assert said in page
    assert sum(sentence in page for sentence in sentences) == 1


def test_a_lesson_says_at_once_that_cookies_are_blocked_where_that_is_known() -> None:
    visitor = playground()
    page = visitor.get(IMAGE, headers={"referer": f"{visitor.origin}/lessons/"}).content.decode()

    assert "your progress can’t be saved here" in page
    assert "-cookieless" in page
    assert "your progress can’t be saved here" not in playground().get(IMAGE).content.decode()


@pytest.mark.parametrize(
    ("cookies", "agent", "where"),
    [
        ("1", CHROME, "evil.localhost"),
        ("0", CHROME, "community."),
        ("0", "Mozilla/5.0 Firefox/153.0", "community."),
    ],
)
def test_what_the_self_check_found_decides_where_the_picture_is_launched(
    cookies: str, agent: str, where: str
) -> None:
    learner = Learner()
    token = learner.hidden("/self-check/?cookies=0")["csrfmiddlewaretoken"]
    fields = {"csrfmiddlewaretoken": token, "cookies": cookies}
    learner.post("/lessons/browser/", fields, headers={"user-agent": agent})

    page = learner.get(IMAGE, headers={"user-agent": agent}).content.decode()

    button = page.partition("The attacker’s page</a>")[0].rpartition('href="')[2]
    assert where in button
    assert ("Your browser is different here" in page) == (where == "community.")


def test_the_self_checks_answer_must_be_one() -> None:
    learner = Learner()
    token = learner.hidden("/self-check/?cookies=0")["csrfmiddlewaretoken"]

    answer = learner.post("/lessons/browser/", {"csrfmiddlewaretoken": token, "cookies": "9"})

    assert answer.status_code == 404
    assert "browser" not in learner.cookies


@pytest.fixture
def broken_lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one lesson, to be broken; what was read of the real one comes back later."""
    file = tmp_path / "02-the-image.md"
    file.write_bytes((lessons.FOLDER / file.name).read_bytes())
    monkeypatch.setattr(progress, "read_all", lambda: lessons.read_all(tmp_path))
    caches = (progress._read, progress.lessons, progress.mistakes)
    for cached in caches:
        cached.cache_clear()
    yield file
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("---\n", "", "has no front matter"),
        ("attack: image-get", "attack: image-gte", "does not claim image-gte"),
        ("lab: no-defense", "lab: no-defnese", "does not claim image-get cross-site no-defnese"),
    ],
)
def test_a_broken_lesson_is_left_out_and_the_list_says_what_to_mend(
    broken_lessons: Path, old: str, new: str, said: str
) -> None:
    text = broken_lessons.read_text(encoding="utf-8")
    broken_lessons.write_text(text.replace(old, new, 1), encoding="utf-8")

    assert said in Learner().read("/lessons/")
    assert Learner().get(IMAGE).status_code == 404


def test_a_script_in_a_lesson_is_text(broken_lessons: Path) -> None:
    text = broken_lessons.read_text(encoding="utf-8")
    script = "<script>alert(1)</script>"
    text = text.replace("title: ", f"title: {script} ").replace("## Why\n", f"## Why\n\n{script}\n")
    broken_lessons.write_text(text.replace("- `forged`: ", f"- `forged`: {script} "))

    for path in (f"{IMAGE}?all", f"{IMAGE}present/", "/lessons/"):
        page = Learner().read(path)
        assert script not in page
        assert "&lt;script&gt;alert(1)" in page


def test_every_lesson_links_to_pages_that_exist() -> None:
    learner = Learner()
    links = {
        part.partition('"')[0].partition("#")[0]
        for slug in progress.lessons()
        for part in learner.read(f"/lessons/{slug}/?all").split('href="/')[1:]
        if not part.startswith("static/")
    }
    assert {
        link: status for link in links if (status := learner.get(f"/{link}").status_code) != 200
    } == {}


def test_addresses_in_the_texts_have_the_ports_of_this_playground(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "ADDRESSES", Addresses(8123, 9123))

    text = as_page((settings.CHECKOUT / "docs" / "handout.md").read_text(encoding="utf-8"))

    assert "http://playground.localhost:8123/self-check/" in text
    assert "http://evil.localhost:9123/" in text
    assert ":8000" not in text
    assert ":9000" not in text


def test_the_presenter_view_has_the_guides_notes_on_their_screens() -> None:
    page = Learner().read(f"{IMAGE}present/")
    screens = dict(re.findall(r'<section class="screen" id="([a-z-]+)"(.+?)</section>', page, re.S))

    assert len(screens) == len(notes.SCREENS)
    asked = next(note.text for note in notes.read_all()[2].notes if note.kind == "Ask")
    assert str(as_page(asked, inline=True)) in screens["tried"]
    for screen, title in zip(screens.values(), notes.SCREENS, strict=True):
        assert str(as_page(notes.for_every_lesson()[title], inline=True)) in screen


def test_the_choices_of_the_presenter_view_have_letters() -> None:
    page = Learner().read(f"{IMAGE}present/")

    assert re.findall("<li><b>([A-Z])</b>", page) == ["A", "B", "C", "D"]


def test_where_many_defenses_are_added_the_code_is_of_the_one_that_stops_the_attack() -> None:
    page = Learner().read("/lessons/nothing-helps/present/")

    assert re.findall('In Django, <a href="/defenses/([a-z-]+)/', page) == ["reauthentication"]


def test_a_lesson_without_notes_can_be_presented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "_notes", dict)

    assert "about 4 minutes" in Learner().read(f"{IMAGE}present/")


def test_the_live_part_of_the_presenter_view_has_the_results() -> None:
    learner = Learner()
    learner.look_at_the_kitten()

    page = learner.read(f"{IMAGE}live/?for=otter42&present")

    tried, fixed = page.split('<div class="result"')[1:]
    assert "forged" in tried
    assert '<figure class="picture"' in tried
    assert "Next:" in fixed
