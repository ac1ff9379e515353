"""What the trainer sees and says, and that nobody else does."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from victim_site.conftest import Bank, Site, playground
from victim_site.teaching.lessons import progress
from victim_site.teaching.lessons.models import Progress
from victim_site.teaching.missions import solving
from victim_site.teaching.recall import questions, quiz, store
from victim_site.teaching.recall.models import Asked
from victim_site.teaching.room import table, votes
from victim_site.teaching.room.models import Person, SecondVote, State, state
from victim_site.teaching.room.tests.conftest import SECRET, person, post, trainer
from victim_site.teaching.room.views import join

pytestmark = pytest.mark.django_db

IMAGE = "the-image"
BY_IMAGE = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "no-cors",
    "sec-fetch-dest": "image",
}
PAGES = [
    "/room/",
    "/room/live/",
    "/room/hold/live/",
    "/room/vote/live/",
    "/room/wall/",
    "/room/wall/live/",
    "/room/people.csv",
    "/room/people.json",
    "/room/quiz.csv",
]
ACTS = ["/room/say/", "/room/hold/", "/room/vote/", "/room/reset/", "/room/people/1/"]
ACTS += ["/room/door/", "/room/idle/"]


def owner_of(name: str) -> str:
    return Person.objects.get(name=name).owner


def predict(site: Site, choice: str, slug: str = IMAGE) -> None:
    assert post(site, f"/lessons/{slug}/predict/", choice=choice).status_code == 302


def lab_of(name: str, slug: str = IMAGE, lab: str = "lab") -> Bank:
    lesson = progress.lessons()[slug]
    return Bank(progress.own_lab(getattr(lesson, lab), owner_of(name)).text)


def line_of(name: str, now: Any = None) -> table.Line:
    return next(line for line in table.lines(now) if line.name == name)


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_only_the_trainer_sees_the_room(path: str) -> None:
    assert trainer().get(path).status_code == 200
    for site in (playground(), person("Anna")):
        answer = site.get(path)
        assert answer.status_code == 403
        assert "This page is the trainer’s" in answer.content.decode()


@pytest.mark.parametrize("path", ACTS)
def test_only_the_trainer_acts(path: str) -> None:
    assert post(person("Anna"), path, said="x", phase="alone", lesson=IMAGE).status_code == 403
    assert state().said == state().phase == ""


@pytest.mark.parametrize("path", ACTS)
def test_no_other_page_makes_the_trainers_browser_act(path: str) -> None:
    person("Anna")
    forged = trainer().post(path, {"said": "x"}, headers={"origin": "http://evil.localhost:9000"})
    assert forged.status_code == 403
    assert state().said == ""


@pytest.mark.parametrize("key", ["", "wrong", SECRET[:-1], "é"])
def test_a_wrong_secret_opens_nothing(key: str) -> None:
    site = playground()
    assert site.get("/room/enter/", {"key": key}).status_code == 403
    assert site.get("/room/").status_code == 403


def test_the_secret_leaves_the_address_at_once_and_with_another_secret_it_is_over() -> None:
    site = trainer()
    assert site.get(f"/room/enter/?key={SECRET}")["Location"] == "/room/"
    with override_settings(ROOM_SECRET="another"):
        assert site.get("/room/").status_code == 403
    with override_settings(ROOM_SECRET=""):
        assert site.get("/room/enter/?key=").status_code == 403


def test_the_api_wants_the_secret() -> None:
    site = playground()
    predict(person("Anna"), "forged")
    for said in ("", "Bearer", "Bearer wrong", f"Basic {SECRET}"):
        assert site.get("/api/room", headers={"authorization": said}).status_code == 401
    (anna,) = site.get("/api/room", headers={"authorization": f"Bearer {SECRET}"}).json()["people"]
    assert (anna["name"], anna["browser"], anna["stuck"]) == ("Anna", "", None)
    assert set(anna["lessons"]) == {IMAGE}
    assert anna["lessons"][IMAGE] | {"since": ""} == {
        "predicted": "forged",
        "tried": "",
        "fixed": "",
        "since": "",
    }


# --- Who is where -----------------------------------------------------------------------------


def test_the_table_shows_each_step() -> None:
    site = person("Anna")
    cells = {cell.lesson: cell.state for cell in line_of("Anna").cells}
    assert set(cells.values()) == {table.NOT_STARTED}
    predict(site, "forged")
    assert how_far("Anna") == table.PREDICTED
    _see_the_image(lab_of("Anna"))
    assert how_far("Anna") == table.TRIED
    _see_the_image(lab_of("Anna", lab="fix"))
    assert how_far("Anna") == table.FIXED
    page = trainer().get("/room/").content.decode()
    assert 'class="fixed"' in page


def how_far(name: str) -> str:
    return {cell.lesson: cell.state for cell in line_of(name).cells}[IMAGE]


def _see_the_image(bank: Bank) -> None:
    bank.sign_in()
    bank.get("/?signed-in", headers={"sec-fetch-site": "same-origin"})
    headers = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "image",
    }
    bank.get("/logout", headers=headers)


def after_a_while() -> datetime:
    return timezone.now() + table.QUIET + timedelta(seconds=1)


def test_who_predicts_and_then_sends_nothing_needs_help_after_a_while() -> None:
    predict(person("Anna"), "forged")
    assert line_of("Anna").stuck is None
    assert line_of("Anna", after_a_while()).stuck == table.NOTHING_ARRIVED


def test_who_signed_in_elsewhere_is_told_apart() -> None:
    predict(person("Anna"), "forged")
    lab_of("Anna", "post-alone").sign_in()
    assert line_of("Anna", after_a_while()).stuck == table.ELSEWHERE


def test_who_was_not_signed_in_is_told_at_once() -> None:
    predict(person("Anna"), "forged")
    headers = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "image",
    }
    bank = lab_of("Anna")
    bank.get("/logout", headers=headers)
    assert line_of("Anna").stuck == table.NOT_SIGNED_IN
    page = trainer().get("/room/").content.decode()
    assert "Who needs help" in page


def test_the_table_counts_missions() -> None:
    person("Anna")
    person("Ben")
    assert line_of("Anna").missions == 0
    solving.solve(owner_of("Anna"), "amber")
    solving.solve(owner_of("Anna"), "pattern")
    assert (line_of("Anna").missions, line_of("Ben").missions) == (2, 0)


def test_five_queries_are_enough_for_many(django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        predict(person(f"person {number}"), "forged")
    with django_assert_max_num_queries(5):
        assert len(table.lines()) == 20


def test_the_pages_version_changes_with_every_step() -> None:
    seen = {table.version(state())}
    site = person("Anna")
    for step in (
        lambda: None,
        lambda: predict(site, "forged"),
        lambda: _see_the_image(lab_of("Anna")),
        lambda: solving.solve("somebody", "amber"),
        lambda: post(trainer(), "/room/say/", said="x"),
        lambda: post(trainer(), "/room/vote/", phase=votes.AGAIN),
        lambda: SecondVote.objects.create(owner="x", lesson=IMAGE, choice="forged"),
        lambda: Path(settings.ROOM_WAYS).write_text(json.dumps({"ways": [], "code": "x"})),
    ):
        step()
        assert table.version(state()) not in seen
        seen.add(table.version(state()))


# --- The vote ---------------------------------------------------------------------------------


def test_a_vote_alone_and_again_after_talking() -> None:
    people = {name: person(name) for name in ("Anna", "Ben", "Carol")}
    boss = trainer()
    lesson = progress.lessons()[IMAGE]
    right = votes.right_answer(lesson, "chromium")
    wrong = next(code for code in lesson.choices if code != right)
    post(boss, "/room/vote/", phase=votes.ALONE, lesson=IMAGE)
    assert "Vote now" in people["Anna"].get("/lessons/").content.decode()
    for name, choice in {"Anna": right, "Ben": wrong, "Carol": wrong}.items():
        assert post(people[name], "/vote/", choice=choice).status_code == 302
    wall = boss.get("/room/wall/").content.decode()
    assert "3 of 3 have voted" in wall
    assert "<meter" not in wall, "the bars are hidden while the room votes"
    post(boss, "/room/vote/", phase=votes.COUNTED)
    assert_the_wall_gives_nothing_away(boss)
    page = boss.get("/room/").content.decode()
    assert "33% are right" in page
    assert votes.ADVICE["some"] in page
    found = votes.tally(state())
    assert found
    assert (found.share, found.advice) == (33, votes.ADVICE["some"])
    assert post(people["Anna"], "/vote/", choice=wrong).status_code == 400
    post(boss, "/room/vote/", phase=votes.AGAIN)
    assert "0 of 3 have" in boss.get("/room/wall/").content.decode()
    for name in people:
        assert post(people[name], "/vote/", choice=right).status_code == 302
        assert_the_wall_gives_nothing_away(boss)
        assert "are right" not in boss.get("/room/vote/live/").content.decode()
    post(boss, "/room/vote/", phase=votes.RECOUNTED)
    assert post(people["Anna"], "/vote/", choice=wrong).status_code == 400
    assert_the_wall_gives_nothing_away(boss)
    assert votes.ADVICE["again"] in boss.get("/room/vote/live/").content.decode()
    post(boss, "/room/vote/", phase=votes.REVEALED)
    found = votes.tally(state())
    assert found
    assert (found.share, found.advice) == (100, "")
    bar = next(bar for bar in found.bars if bar.code == right)
    assert (bar.first, bar.second, bar.right) == (1, 3, True)
    wall = boss.get("/room/wall/").content.decode()
    assert "This happens" in wall
    # The first vote is the prediction, and stays.
    assert Progress.objects.get(owner=owner_of("Ben")).predicted == wrong


def assert_the_wall_gives_nothing_away(boss: Site) -> None:
    wall = boss.get("/room/wall/").content.decode()
    for told in ("right", "<meter", "This happens", "<button", "/room/wall/?names"):
        assert told not in wall.partition("<main")[2]


def test_the_ballot_follows_the_trainer_and_keeps_what_is_ticked() -> None:
    site, boss = person("Anna"), trainer()

    def ballot(**ticked: str) -> str:
        return str(site.get("/vote/live/", ticked).content.decode())

    assert "No vote is running" in ballot()
    post(boss, "/room/vote/", phase=votes.ALONE, lesson=IMAGE)
    assert "checked" not in ballot()
    ticked = {"round": f"{IMAGE}.{votes.ALONE}", "choice": "forged"}
    assert 'value="forged" required checked' in ballot(**ticked)
    assert not Progress.objects.exists()
    post(site, "/vote/", choice="forged")
    assert "Your vote counts" in ballot()
    post(boss, "/room/vote/", phase=votes.COUNTED)
    assert "Your vote counts" not in ballot()
    assert "This vote is closed" in ballot()
    post(boss, "/room/vote/", phase=votes.AGAIN)
    assert "Talk with your neighbor" in ballot(**ticked)
    assert "checked" not in ballot(**ticked), "that was ticked in the first round"
    post(boss, "/room/vote/", phase=votes.REVEALED)
    assert "This vote is closed" in ballot()
    Person.objects.all().delete()
    assert site.get("/vote/live/")["HX-Refresh"] == "true"


@pytest.mark.parametrize("share", [(0, "few"), (30, "some"), (70, "some"), (71, "many")])
def test_what_to_do_depends_on_how_many_are_right(share: tuple[int, str]) -> None:
    lesson = progress.lessons()[IMAGE]
    found = votes.Tally(lesson, votes.COUNTED, 10, 10, [], share[0])
    assert found.advice == votes.ADVICE[share[1]]


@pytest.mark.parametrize(
    "fields",
    [{"phase": "x"}, {"phase": votes.ALONE, "lesson": "x"}, {"phase": votes.ALONE}],
)
def test_a_vote_that_makes_no_sense_is_told(fields: dict[str, str]) -> None:
    assert post(trainer(), "/room/vote/", **fields).status_code == 400
    assert state().phase == ""


@pytest.mark.parametrize("choice", ["", "x", "x" * 5000])
def test_a_choice_that_there_is_not_does_not_count(choice: str) -> None:
    site = person("Anna")
    post(trainer(), "/room/vote/", phase=votes.ALONE, lesson=IMAGE)
    assert post(site, "/vote/", choice=choice).status_code == 400
    assert not Progress.objects.exists()


# --- What the trainer says --------------------------------------------------------------------


def test_what_is_said_shows_on_every_page() -> None:
    site, boss = person("Anna"), trainer()
    before = state().version
    post(boss, "/room/say/", said=" Back at\nten <past> ")
    post(boss, "/room/say/", look_here="1")
    post(boss, "/room/say/", minutes="5")
    assert state().version == before + 3
    for path in ("/lessons/", "/matrix/pattern/", "/room/strip/"):
        page = site.get(path).content.decode()
        assert "Back at ten &lt;past&gt;" in page
        assert "Everybody look to the front." in page
        assert re.search(r'<span data-left="(299|300)">(4:59|5:00)</span> left', page)
    post(boss, "/room/say/", minutes="0", look_here="0", said="")
    assert "Everybody look" not in site.get("/lessons/").content.decode()


def test_a_timer_that_has_run_out_says_so_for_a_while() -> None:
    site = person("Anna")
    state()
    for minutes, said in ((0, True), (1, True), (3, False)):
        State.objects.update(timer=timezone.now() - timedelta(minutes=minutes, seconds=1))
        page = site.get("/room/strip/").content.decode()
        assert ("Time’s up" in page) is said
        assert "data-left" not in page


@pytest.mark.parametrize("minutes", ["", "x", "-1", "241", "²", "1e3"])
def test_a_timer_that_makes_no_sense_is_told(minutes: str) -> None:
    answer = post(trainer(), "/room/say/", minutes=minutes)
    assert answer.status_code == 400
    assert "A timer runs for" in answer.content.decode()


def test_open_pages_hear_of_it() -> None:
    site = person("Anna")
    version = state().version
    assert site.get(f"/poll/?.room={version}").status_code == 204
    post(trainer(), "/room/say/", said="x")
    assert site.get(f"/poll/?.room={version}").json() == {"changed": [".room"]}
    assert site.get("/poll/?.people=1").status_code == 403
    assert trainer().get("/poll/?.people=1").json() == {"changed": [".people"]}
    assert site.get("/poll/?.else=1").status_code == 404
    with override_settings(ROOM=False):
        assert site.get("/poll/?.room=1").status_code == 404


def test_a_lesson_that_is_held_opens_by_itself() -> None:
    site, boss = person("Anna"), trainer()
    others = [slug for slug in progress.lessons() if slug != IMAGE]
    post(boss, "/room/hold/", open=others)
    page = site.get(f"/lessons/{IMAGE}/").content.decode()
    assert "hasn’t opened this lesson yet" in page
    assert "hasn’t opened" not in site.get("/lessons/post-alone/").content.decode()
    assert "hasn’t opened" not in boss.get(f"/lessons/{IMAGE}/").content.decode()
    assert site.get("/lessons/").content.decode().count("hasn’t opened this one yet") == 0
    assert site.get("/lessons/").content.decode().count("Not open yet") == 1
    assert "Not open yet" not in boss.get("/lessons/").content.decode()
    assert "HX-Refresh" not in site.get(f"/room/held/{IMAGE}/")
    post(boss, "/room/hold/", open=list(progress.lessons()), was_held=IMAGE)
    assert site.get(f"/room/held/{IMAGE}/")["HX-Refresh"] == "true"
    assert site.get("/room/held/x/")["HX-Refresh"] == "true"


def test_a_tick_is_sent_as_it_is_made_and_nothing_else_with_it() -> None:
    one, other = trainer(), trainer()
    rest = [slug for slug in progress.lessons() if slug != IMAGE]
    assert post(one, f"/room/hold/?only={IMAGE}", open=rest).status_code == 204
    # The other's page still shows that one as open.
    post(
        other, "/room/hold/?only=post-alone", open=[s for s in [IMAGE, *rest] if s != "post-alone"]
    )
    assert state().held == [IMAGE, "post-alone"]
    post(one, f"/room/hold/?only={IMAGE}", open=[IMAGE, *rest])
    assert state().held == ["post-alone"]
    post(one, "/room/hold/?only=nothing", open=[])
    assert state().held == ["post-alone"]


# --- Two trainers -----------------------------------------------------------------------------


def form_of(site: Site, path: str) -> dict[str, Any]:
    """Return what the first form of a part of the trainer's page sends as it is."""
    page = site.get(path).content.decode().partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]+>", page):
        name, value = (re.search(rf'{what}="([^"]*)"', tag) for what in ("name", "value"))
        if name and value and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(value[1])
    return found


def test_what_two_trainers_hold_is_held_though_neither_page_was_reloaded() -> None:
    one, other = trainer(), trainer()
    forms = [form_of(each, "/room/hold/live/") for each in (one, other)]
    for site, form, slug in zip((one, other), forms, (IMAGE, "post-alone"), strict=True):
        form["open"].remove(slug)
        post(site, "/room/hold/", **form)
    assert set(state().held) == {IMAGE, "post-alone"}
    assert f'name="was_held" value="{IMAGE}"' in other.get("/room/hold/live/").content.decode()
    # One opens it again, with a page that shows both.
    form = form_of(one, "/room/hold/live/")
    form["open"].append(IMAGE)
    post(one, "/room/hold/", **form)
    assert state().held == ["post-alone"]


def test_of_two_trainers_who_go_on_with_a_vote_one_counts() -> None:
    one, other = trainer(), trainer()
    post(one, "/room/vote/", phase=votes.ALONE, lesson=IMAGE, was="")
    # The other one's page still offers to start one.
    post(other, "/room/vote/", phase=votes.ALONE, lesson="post-alone", was="")
    assert (state().vote, state().phase) == (IMAGE, votes.ALONE)
    post(one, "/room/vote/", phase=votes.COUNTED, was=votes.ALONE)
    post(one, "/room/vote/", phase=votes.REVEALED, was=votes.COUNTED)
    post(other, "/room/vote/", phase=votes.AGAIN, was=votes.COUNTED)
    assert state().phase == votes.REVEALED
    assert "End the vote" in other.get("/room/vote/live/").content.decode()


# --- Starting over, renaming, exporting -------------------------------------------------------


def test_the_trainer_renames_resets_and_removes() -> None:
    site, boss = person("Anna"), trainer()
    person("Ben")
    predict(site, "forged")
    lab_of("Anna").sign_in()
    key = Person.objects.get(name="Anna").pk
    assert boss.get(f"/room/people/{key}/").status_code == 200
    assert post(boss, f"/room/people/{key}/", rename="", name="ben").status_code == 400
    post(boss, f"/room/people/{key}/", rename="", name="Anne")
    assert names_in_the_room() == {"Anne", "Ben"}
    assert "Let Anne start over" in asked(boss, f"/room/people/{key}/", reset="", lesson=IMAGE)
    assert Progress.objects.exists()
    post(boss, f"/room/people/{key}/", reset="", lesson=IMAGE, sure="1")
    assert not Progress.objects.exists()
    assert lab_of("Anne").attempts == []
    assert "Remove Anne from the room?" in asked(boss, f"/room/people/{key}/", remove="")
    assert names_in_the_room() == {"Anne", "Ben"}
    post(boss, f"/room/people/{key}/", remove="", sure="1")
    assert names_in_the_room() == {"Ben"}
    assert boss.get(f"/room/people/{key}/").status_code == 404


def test_who_takes_names_without_end_is_locked_out_and_the_names_removed() -> None:
    site, boss = person("Anna"), trainer()
    predict(site, "forged")
    checked, quiet = person("Ben"), person("Ina")
    join.remember_browser(Person.objects.get(name="Ben").owner, "firefox")
    for number in range(20):
        person(f"Mallory {number}")
    post(boss, "/room/door/", lets_in="0")
    refused = post(playground(), "/join/", name="Mallory 21")
    assert refused.status_code == 400
    assert "Nobody new can come in just now" in refused.content.decode()
    # Who is in can go on, and bring their second device.
    assert checked.get("/lessons/").status_code == 200
    assert "Remove 21 names" in boss.get("/room/").content.decode()
    assert "Ina, Mallory 0, Mallory 1" in asked(boss, "/room/idle/")
    assert len(names_in_the_room()) == 23
    post(boss, "/room/idle/", sure="1")
    assert names_in_the_room() == {"Anna", "Ben"}
    assert quiet.get("/lessons/")["Location"].startswith("/join/")
    post(boss, "/room/door/", lets_in="1")
    assert post(quiet, "/join/", name="Ina").status_code == 302


def asked(boss: Site, path: str, **fields: str) -> str:
    """Return the page that asks whether the trainer is sure; its form sends the same again."""
    answer = post(boss, path, **fields)
    assert answer.status_code == 200
    page = str(answer.content.decode())
    for name, value in fields.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    return page


def names_in_the_room() -> set[str]:
    return set(Person.objects.values_list("name", flat=True))


def test_everybody_starts_over() -> None:
    for name in ("Anna", "Ben"):
        predict(person(name), "forged")
        predict(person(f"{name} 2"), "forged", "post-alone")
    boss = trainer()
    assert post(boss, "/room/reset/", lesson="x").status_code == 404
    assert "Let everybody start over" in asked(boss, "/room/reset/", lesson=IMAGE)
    assert Progress.objects.count() == 4
    post(boss, "/room/reset/", lesson=IMAGE, sure="1")
    assert set(Progress.objects.values_list("lesson", flat=True)) == {"post-alone"}
    post(boss, "/room/reset/", sure="1")
    assert not Progress.objects.exists()
    assert len(names_in_the_room()) == 4


def test_starting_over_forgets_what_the_review_has_asked() -> None:
    """As it does for learners who start over themselves."""
    predict(person("Anna"), "forged")
    owner = owner_of("Anna")
    for lesson in (IMAGE, "post-alone"):
        cell = questions.find("image-get", "subdomain", "no-defense", "chromium")
        assert cell
        store.ask([Asked.about(cell.cell, owner=owner, form=store.REVIEW, number=1, lesson=lesson)])
    boss = trainer()
    key = Person.objects.get(name="Anna").pk
    post(boss, f"/room/people/{key}/", reset="", lesson=IMAGE, sure="1")
    assert not Asked.objects.filter(lesson=IMAGE).exists()
    post(boss, f"/room/people/{key}/", reset="", sure="1")
    assert not Asked.objects.exists()


def test_who_did_what_can_be_taken_home() -> None:
    predict(person("=HYPERLINK(1)"), "forged")
    boss = trainer()
    answer = boss.get("/room/people.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert rows[0] | {"since": ""} == {
        "name": "'=HYPERLINK(1)",
        "browser": "",
        "lesson": IMAGE,
        "predicted": "forged",
        "tried": "",
        "fixed": "",
        "since": "",
    }
    assert boss.get("/room/people.json").json()["people"][0]["name"] == "=HYPERLINK(1)"
    assert boss.get("/room/people.xml").status_code == 404


def answer_all(site: Site, form: str, right: int) -> None:
    """Answer a set of the quiz, the first questions right and the others wrong."""
    for pair in quiz.pairs():
        question = pair.question(form, "firefox")
        assert question
        wrong = next(code for code in question.choices if code != question.right)
        said = {"number": pair.number, "sureness": "guess"}
        said["answer"] = question.right if pair.number <= right else wrong
        assert post(site, f"/quiz/{form}/", **said).status_code == 302


def test_what_people_learned_can_be_taken_home() -> None:
    anna, boss = person("=Anna", "Ben"), trainer()
    person("Carol")
    assert "nobody has answered" in boss.get("/room/").content.decode()
    answer_all(anna, store.BEFORE, right=3)
    answer_all(anna, store.AFTER, right=9)
    # Somebody who learns alone, or has left the room, isn't in it.
    cell = questions.find("image-get", "subdomain", "no-defense", "chromium")
    assert cell
    store.ask([Asked.about(cell.cell, owner="otter42", form=store.BEFORE, number=1)])
    rows = list(csv.DictReader(io.StringIO(boss.get("/room/quiz.csv").content.decode())))
    assert {row["name"] for row in rows} == {"'=Anna & Ben"}
    right = [(row["form"], int(row["number"])) for row in rows if row["right"] == "True"]
    assert right == [(store.BEFORE, n) for n in (1, 2, 3)] + [
        (store.AFTER, n) for n in range(1, 10)
    ]
    found = boss.get("/room/people.json").json()["people"]
    said = {each["name"]: each["quiz"] for each in found}
    assert said["Carol"] == {store.BEFORE: [], store.AFTER: []}
    assert [sum(one["right"] for one in said["=Anna & Ben"][form]) for form in quiz.FORMS] == [3, 9]
    assert "before 3.0 (1 person), after 9.0 (1 person)" in boss.get("/room/").content.decode()


def test_the_wall_counts_who_has_seen_an_attack_and_not_only_who_has_fixed_it() -> None:
    for name in ("Anna", "Ben"):
        predict(person(name), "forged")
        _see_the_image(lab_of(name))
    _see_the_image(lab_of("Ben", lab="fix"))
    assert "<td>2</td>" in trainer().get("/room/wall/").content.decode()


def test_the_wall_has_the_way_in_and_no_names() -> None:
    person("Anna")
    boss = trainer()
    page = boss.get("/room/wall/").content.decode()
    assert "http://192.168.1.5:8080/" in page
    assert "tulip-kitchen" in page
    assert "SHA256:abc" in page
    assert "Anna" not in page
    assert "Anna" in boss.get("/room/wall/?names").content.decode()
    with override_settings(ROOM_WAYS="/nowhere"):
        assert "isn’t in a network yet" in boss.get("/room/wall/").content.decode()
