"""People and their names: any script, each once, and nobody else's labs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from victim_site.conftest import playground
from victim_site.teaching.lessons import learner
from victim_site.teaching.room import names, votes
from victim_site.teaching.room.models import DeviceCode, Person
from victim_site.teaching.room.tests.conftest import person, post, trainer

pytestmark = pytest.mark.django_db


def owner_of(name: str) -> str:
    return Person.objects.get(name=name).owner


@pytest.mark.parametrize("path", ["/", "/lessons/", "/lessons/the-image/?at=do-it"])
def test_without_a_name_somebody_is_asked_for_it_first(path: str) -> None:
    site = playground()
    answer = site.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/join/?next=%2F")
    page = site.get(answer["Location"]).content.decode()
    assert "What should we call you?" in page
    there = post(site, "/join/", name="Anna", next=path)
    assert there["Location"] == path
    assert site.get(path).status_code == 200


def test_a_trainer_needs_no_name_and_counts_as_nobody() -> None:
    boss = trainer()
    assert boss.get("/lessons/the-image/present/").status_code == 200
    assert not Person.objects.exists()
    post(boss, "/room/vote/", phase=votes.ALONE, lesson="the-image")
    assert "Vote now" not in boss.get("/lessons/").content.decode()
    assert boss.get("/vote/")["Location"] == "/room/"
    post(boss, "/join/", name="Tina", next="/lessons/")
    assert "Vote now" in boss.get("/lessons/").content.decode()


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example", "javascript:x"])
def test_joining_leads_to_no_other_site(wanted: str) -> None:
    assert post(playground(), "/join/", name="Anna", next=wanted)["Location"] == "/"


@pytest.mark.parametrize(
    "name", ["Anna", "太郎", "Ὀδυσσεύς", "<b>x</b>", "=1+1", "'; DROP TABLE", "a" * 40, "🦊", "𝒜"]
)
def test_a_name_may_be_in_any_script(name: str) -> None:
    site = person(name)
    assert owner_of(name)
    page = trainer().get("/room/").content.decode()
    assert "<b>x</b>" not in page
    assert site.get("/lessons/").status_code == 200


@pytest.mark.parametrize("name", ["", " ", "\u200b\u202e", "a" * 41, "\x00", "\n\n"])
def test_what_cannot_be_a_name_is_told(name: str) -> None:
    answer = post(playground(), "/join/", name=name)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Person.objects.exists()


@pytest.mark.parametrize("same", ["anna", "ANNA", " Anna ", "Ａｎｎａ"])
def test_of_a_name_that_is_taken_another_is_offered(same: str) -> None:
    person("Anna")
    answer = post(playground(), "/join/", name=same)
    assert answer.status_code == 400
    assert f"<b>{names.cleaned(same)} 2</b> is free." in answer.content.decode()
    assert person(f"{same} 2")


def test_two_share_a_laptop_and_its_labs() -> None:
    person("Anna", "Ben")
    assert owner_of("Anna") == owner_of("Ben")
    assert names.called(owner_of("Ben")) == "Anna & Ben"
    # Of a pair with one name that's taken, neither has joined.
    assert post(playground(), "/join/", name="Carol", second="Ben").status_code == 400
    assert not Person.objects.filter(name="Carol").exists()
    assert post(playground(), "/join/", name="Dan", second="dan").status_code == 400


def test_nobody_becomes_somebody_else_by_writing_a_cookie() -> None:
    person("Anna")
    stranger = playground()
    for value in (owner_of("Anna"), f"{owner_of('Anna')}:forged", ":", "x" * 5000):
        stranger.cookies[learner.NAME_COOKIE] = value
        assert stranger.get("/lessons/").status_code == 302
    # Nor with a cookie from a playground that wasn't a room.
    with override_settings(ROOM=False):
        alone = playground()
        alone.get("/lessons/")
    assert alone.get("/lessons/").status_code == 302


def test_the_same_person_goes_on_at_another_device() -> None:
    first, second = person("Anna"), playground()
    page = post(first, "/join/device/").content.decode()
    code = DeviceCode.objects.get().code
    assert f"{code[:4]}-{code[4:]}" in page
    answer = post(second, "/join/", code=f" {code[:4].upper()}-{code[4:]} ", next="/lessons/")
    assert answer["Location"] == "/lessons/"
    assert "You’re <b>Anna</b>" in second.get("/lessons/").content.decode()
    again = post(playground(), "/join/", code=code)
    assert again.status_code == 400
    assert "It works once" in again.content.decode()


def test_the_lessons_lead_to_another_device_and_not_to_another_name() -> None:
    page = person("Anna").get("/lessons/").content.decode()
    assert 'action="/join/device/"' in page
    assert 'action="/lessons/name/"' not in page


def test_a_code_is_over_after_a_while() -> None:
    post(person("Anna"), "/join/device/")
    DeviceCode.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert post(playground(), "/join/", code=DeviceCode.objects.get().code).status_code == 400


def test_a_name_cannot_be_changed_by_the_address_of_solo_use() -> None:
    site = person("Anna")
    assert post(site, "/lessons/name/", name="otter42")["Location"] == "/join/"
    assert "You’re <b>Anna</b>" in site.get("/lessons/").content.decode()


def test_alone_nobody_needs_a_name_and_there_is_no_room() -> None:
    with override_settings(ROOM=False):
        site = playground()
        assert site.get("/lessons/").status_code == 200
        for path in ("/join/", "/room/", "/vote/", "/room/wall/", "/room/strip/"):
            assert site.get(path).status_code == 404
        assert "room-strip" not in site.get("/").content.decode()


def test_a_room_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST_PEOPLE", 1)
    person("Anna")
    answer = post(playground(), "/join/", name="Ben")
    assert answer.status_code == 400
    assert "no place for more" in answer.content.decode()


def test_the_self_check_tells_the_trainer_before_anybody_goes_on() -> None:
    site = person("Anna")
    fields = {**site.hidden("/join/"), "cookies": "1"}
    headers = {"origin": site.origin, "hx-request": "true"}
    assert site.post("/lessons/browser/", fields, headers=headers).status_code == 204
    assert Person.objects.get().browser == "chromium"


def test_a_new_name_changes_nothing_else_and_brings_nobody_back() -> None:
    person("Anna")
    person("Ben")
    anna, ben = Person.objects.get(name="Anna"), Person.objects.get(name="Ben")
    Person.objects.filter(pk=anna.pk).update(browser="firefox")
    Person.objects.filter(pk=ben.pk).delete()

    names.rename(anna, "Anne")
    names.rename(ben, "Benny")

    assert list(Person.objects.values_list("name", "browser")) == [("Anne", "firefox")]
