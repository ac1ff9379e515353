"""The attacker's own pages: gallery, self-check, and an attack asked from elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from attacker_site.app import create_app
from attacker_site.gallery import in_sections
from attacker_site.tests.conftest import (
    ARSENAL,
    EVIL,
    SERVERS,
    Document,
    Get,
    community,
    getter,
    lookalike,
)
from attacker_site.tests.test_exploits import ATTACKS, CATCHERS, LAB, POSITIONS
from catalogue.labels import with_weakness
from csrf_proof.arsenal import FOLDER, Arsenal

PLAYGROUND = "http://playground.localhost:8000"
OWN_PAGES = [
    "/",
    "/form-post/behind/",
    "/foreign-token-post/behind/",
    "/loot/",
    "/self-check/",
    "/workbench/",
    "/workbench/?attack=form-post&lab=csrf-token--for-otter42",
    "/no-such-page/",
    "/?lab=.",
    # The bank is down.
    "/foreign-token-post/",
]


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_page_is_well_formed_with_one_heading_and_landmarks(get: Get, path: str) -> None:
    document = Document(get(path).text)

    assert document.mistakes == []
    assert len(document.all("h1")) == len(document.all("main")) == len(document.all("header")) == 1
    assert "#main" in document.addresses()


@pytest.mark.parametrize("path", OWN_PAGES)
def test_a_page_holds_no_inline_code_and_forbids_it(get: Get, path: str) -> None:
    answer = get(path)

    document = Document(answer.text)
    assert not [name for _, attributes in document.tags for name in attributes if name[:2] == "on"]
    assert all("src" in script for script in document.all("script"))
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("position", POSITIONS)
def test_the_gallery_links_to_every_attack_and_its_panel(get: Get, position: str) -> None:
    host, query = POSITIONS[position]

    links = Document(get(f"/?{query}", host).text).addresses()

    for slug, attack in ATTACKS.items():
        if position in attack.launched_from:
            # What needs a weakness is aimed at the same lab with it.
            weak = with_weakness(LAB, attack.needs)
            there = "" if query or weak == LAB else f"http://{community(weak)}"
            suffix = f"?lab={weak}" if query else ""
            assert f"{there}/{slug}/{suffix}" in links
            assert f"{there}/{slug}/behind/{suffix}" in links


@pytest.mark.parametrize("position", POSITIONS)
def test_the_gallery_leads_to_the_other_positions_and_to_the_loot(get: Get, position: str) -> None:
    host, query = POSITIONS[position]
    galleries = {
        "cross-site": f"http://evil.localhost:9000/?lab={LAB}",
        "subdomain": f"http://community.{LAB}.bank.localhost:9000/",
        "lookalike": f"http://{LAB}.bank.localhost.evil.localhost:9000/",
    }

    links = Document(get(f"/?{query}", host).text).addresses()

    others = {name for name, address in galleries.items() if address in links}
    assert others == set(POSITIONS) - {position}
    assert (f"/loot/?{query}" if query else "/loot/") in links


@pytest.mark.parametrize("position", POSITIONS)
def test_the_gallery_shows_what_can_be_launched_from_there_once_and_nothing_else(
    get: Get, position: str
) -> None:
    host, query = POSITIONS[position]

    links = Document(get(f"/?{query}", host).text).addresses()

    panels = [urlsplit(link).path.split("/")[1] for link in links if "/behind/" in link]
    here = [slug for slug, attack in ATTACKS.items() if position in attack.launched_from]
    assert sorted(panels) == here


def test_the_gallery_puts_each_attack_into_one_section_that_fits(get: Get) -> None:
    sections = {
        section.key: [attack.slug for attack in held]
        for section, held in in_sections(ATTACKS.values(), {*SERVERS, *CATCHERS})
    }

    assert sorted(slug for slugs in sections.values() for slug in slugs) == sorted(ATTACKS)
    assert sections["get"][0] == "image-get"
    assert sections["head"] == ["head-request"]
    assert sections["post"][0] == "form-post"
    assert "text-plain-json" in sections["post-types"]
    assert "null-origin-post" in sections["post-unnamed"]
    prepared = {slug for slug in SERVERS if not ATTACKS[slug].needs}
    assert sections["post-prepared"] == sorted({*prepared, "token-leak-referer"})
    assert sections["weakness"] == sorted(s for s, attack in ATTACKS.items() if attack.needs)


def test_the_gallery_leads_to_each_of_its_sections(get: Get) -> None:
    document = Document(get("/", community(LAB)).text)

    sections = [heading["id"] for heading in document.all("h2") if heading["id"] != "aim"]
    jumps = [link for link in document.addresses() if link.startswith("#") and link != "#main"]
    assert jumps == [f"#{section}" for section in sections]


def test_the_gallery_leads_to_the_lab_on_the_teaching_side(get: Get) -> None:
    assert f"{PLAYGROUND}/labs/{LAB}/" in Document(get(f"/?lab={LAB}").text).addresses()


def test_the_self_check_loads_one_picture_from_the_lab(get: Get) -> None:
    answer = get("/self-check/?lab=csrf-token")

    (check,) = [one for _, one in Document(answer.text).tags if one.get("id") == "check"]
    policy = answer.headers["Content-Security-Policy"]
    assert check["data-echo"] == "http://csrf-token.bank.localhost:8000/self-check/echo.svg"
    assert check["data-back"] == f"{PLAYGROUND}/self-check/"
    assert "img-src 'self' http://csrf-token.bank.localhost:8000;" in policy


def test_the_self_check_runs_on_the_other_site_only(get: Get) -> None:
    answer = get("/self-check/", community("csrf-token"))

    there = "http://evil.localhost:9000/self-check/?lab=csrf-token"
    assert answer.status_code == 404
    assert there in Document(answer.text).addresses()


@pytest.mark.parametrize("path", ["/favicon.ico", "/static/favicon.svg"])
def test_the_icon_is_a_drawing(get: Get, path: str) -> None:
    answer = get(path)

    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"


@pytest.mark.parametrize("host", [EVIL, community("csrf-token"), lookalike("csrf-token")])
def test_every_local_address_of_every_page_exists(get_by_the_bank: Get, host: str) -> None:
    pages = [*OWN_PAGES, *(f"/{slug}/" for slug in ATTACKS)]
    local = {
        urljoin(page, address)
        for page in pages
        for address in Document(get_by_the_bank(page, host).text).addresses()
        if not address.startswith(("http:", "#"))
    }

    broken = {address for address in local if get_by_the_bank(address, host).status_code != 200}
    assert broken == set()


def test_an_attack_of_one_position_is_not_launched_from_the_other(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "form-get", tmp_path / "form-get")
    toml = tmp_path / "form-get" / "attack.toml"
    text = toml.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("positions"))
    toml.write_text(text.replace(line, 'positions = ["cross-site"]'), encoding="utf-8")
    get = getter(create_app({"VAR_DIR": str(tmp_path / "var")}, Arsenal(tmp_path)))

    answer = get("/form-get/", community("csrf-token"))

    there = "http://evil.localhost:9000/form-get/?lab=csrf-token"
    assert answer.status_code == 404
    assert there in Document(answer.text).addresses()
    assert "/form-get/" not in Document(get("/", community("csrf-token")).text).addresses()
    assert get(f"/form-get/?{urlsplit(there).query}", EVIL).status_code == 200


MISTYPED = {
    "an attack": ("/form-pots/?lab=csrf-token", EVIL, "/form-post/?lab=csrf-token"),
    "what is behind it": ("/form-pots/behind/", EVIL, "/form-post/?lab=no-defense"),
    "an attack of the subdomain's": ("/form-pots/", community(LAB), "/form-post/"),
    "an attack from elsewhere": (
        "/tosed-cookie-post/?lab=csrf-token",
        EVIL,
        f"http://{community('csrf-token')}/tossed-cookie-post/",
    ),
}


@pytest.mark.parametrize(("typed", "host", "meant"), MISTYPED.values(), ids=MISTYPED)
def test_a_mistyped_attack_gets_the_one_that_was_meant(
    get: Get, typed: str, host: str, meant: str
) -> None:
    answer = get(typed, host)

    name = urlsplit(meant).path.strip("/")
    assert answer.status_code == 404
    assert f'<a href="{meant}">Did you mean {name}?</a>' in answer.text
    assert "The gallery shows every attack" in answer.text


@pytest.mark.parametrize("typed", ["/banana/", "/form-pots/?lab=.", f"/{'form-post' * 300}/"])
def test_where_no_attack_is_alike_the_gallery_is_offered_alone(get: Get, typed: str) -> None:
    answer = get(typed)

    assert answer.status_code == 404
    assert "Did you mean" not in answer.text
    assert "The gallery shows every attack" in answer.text


def test_a_mistyped_attack_is_quoted_as_text(get: Get) -> None:
    page = get("/%3Cb%3Eform-pots/").text

    assert "There is no attack called “&lt;b&gt;form-pots”." in page
    assert "<b>" not in page
    assert "Did you mean form-post?" in page


def test_in_a_room_the_bank_is_on_the_trainers_laptop(tmp_path: Path) -> None:
    for room, where in (("0", "on this machine"), ("1", "on the trainer’s laptop")):
        app = create_app({"VAR_DIR": str(tmp_path / room), "ROOM": room}, ARSENAL)
        assert f"the demo bank {where} and nothing else" in getter(app)("/").text
