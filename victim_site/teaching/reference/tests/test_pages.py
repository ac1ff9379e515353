"""The reference pages: all there, and they hold nothing that they must not."""

from __future__ import annotations

import html
import re

import pytest

from catalogue.applications import Application, every_application
from victim_site.conftest import playground
from victim_site.label import stacks
from victim_site.teaching import descriptions, expectations
from victim_site.teaching.tests.audit import audit, audit_missing

pytestmark = pytest.mark.django_db

PAGES = [
    "/advisories/",
    "/cookie-jar/",
    "/attacks/",
    "/defenses/",
    "/weaknesses/",
    *(f"/weaknesses/{slug}/" for slug in descriptions.weaknesses()),
    "/matrix/",
    *(f"/matrix/?profile={profile}" for profile in expectations.the_matrix().profiles),
    "/matrix/pattern/",
    "/matrix/pattern/?profile=firefox&attack=form-post&kind=f&square=3.4",
    "/known-labs/",
    "/policies/",
    *(f"/attacks/{slug}/" for slug in descriptions.attacks()),
    *(f"/defenses/{slug}/" for slug in [*descriptions.defenses(), *stacks()]),
]
MISSING = {
    "an attack": "/attacks/form-pots/",
    "the drawing of an attack": "/attacks/form-pots/bait.svg",
    "a defense": "/defenses/csrf-tokem/",
    "a module that isn't a defense": "/defenses/reasons/",
    "an application": "/defenses/post-only/in_rails.py",
    "an application of a flawed defense": "/defenses/origin-prefix/in_django.py",
    "a file beside an application": "/defenses/post-only/defense.py",
    "a profile": "/matrix/?profile=netscape",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_and_holds_only_what_it_may(path: str) -> None:
    audit(path)


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_what_is_not_there_is_a_404_page_with_a_sentence(path: str) -> None:
    audit_missing(path)


@pytest.mark.parametrize("slug", ["no-such-weakness", "open_redirect"])
def test_an_unknown_weakness_gets_a_sentence(slug: str) -> None:
    answer = playground().get(f"/weaknesses/{slug}/")

    assert answer.status_code == 404
    assert f"There is no weakness called “{slug}”." in answer.content.decode()


@pytest.mark.parametrize("one", every_application(), ids=lambda one: f"{one.slug}-{one.framework}")
def test_a_defense_shows_its_application_and_hands_it_out_as_it_was_attacked(
    one: Application,
) -> None:
    address = f"/defenses/{one.slug}/{one.file.name}"
    page = playground().get(f"/defenses/{one.slug}/").content.decode()
    file = playground().get(address)

    assert f'<a href="{address}" download>' in page
    assert f'<a href="{one.file.name}">' not in page
    for block in one.defense:
        assert block.text in text_of(page)
    assert b"".join(file).decode() == one.source
    assert file["Content-Disposition"] == f'attachment; filename="{one.file.name}"'


@pytest.mark.parametrize("slug", descriptions.attacks())
def test_the_drawing_of_an_attack_is_the_one_on_its_page(slug: str) -> None:
    attack = descriptions.attacks()[slug]
    answer = playground().get(f"/attacks/{slug}/bait.svg")

    assert f'src="/static/{attack.picture}" alt="{attack.picture_shows}"' in attack.source
    assert answer.content.startswith(b"<svg ")
    assert answer["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("path", "pages"),
    {
        "/defenses/origin-check/": {"/policies/"},
        "/defenses/samesite-lax/": {"/cookies/", "/known-labs/"},
        "/defenses/referer-contains/": {"/known-labs/"},
        "/defenses/post-only/": {"/known-labs/"},
        "/defenses/no-defense/": set(),
        "/weaknesses/open-redirect/": {"/known-labs/"},
        "/lessons/the-token/?all": {"/policies/", "/known-labs/"},
        "/lessons/the-browser-tells/?all": {"/policies/"},
        "/lessons/samesite/?all": {"/cookies/", "/known-labs/"},
    }.items(),
)
def test_a_page_leads_to_those_that_go_further(path: str, pages: set[str]) -> None:
    links = re.findall('href="(/[a-z-]+/)"', audit(path).partition("See also")[2])

    assert set(links) & {"/policies/", "/known-labs/", "/cookies/"} == pages


def text_of(page: str) -> str:
    """Return what a page says, without the tags that colour its code."""
    return html.unescape(re.sub("</?span[^>]*>", "", page))
