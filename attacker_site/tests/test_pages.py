"""The attacker's own pages: gallery, panel, self-check, and an attack asked from elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from attacker_site.app import create_app
from attacker_site.exploits import FOLDER, Arsenal, Attack
from attacker_site.tests.conftest import EVIL, Document, Get, Victim, community, getter
from attacker_site.tests.test_exploits import ATTACKS, CELLS, LAB, POSITIONS

PLAYGROUND = "http://playground.localhost:8000"
OWN_PAGES = ["/", "/form-post/behind/", "/self-check/", "/no-such-page/", "/?lab=."]


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

    suffix = f"?{query}" if query else ""
    for slug, attack in ATTACKS.items():
        if position in attack.positions:
            assert f"/{slug}/{suffix}" in links
            assert f"/{slug}/behind/{suffix}" in links


def test_the_gallery_leads_to_the_other_position_and_back(get: Get) -> None:
    there = f"http://community.{LAB}.bank.localhost:9000/"
    back = f"http://evil.localhost:9000/?lab={LAB}"

    assert there in Document(get(f"/?lab={LAB}").text).addresses()
    assert back in Document(get("/", community(LAB)).text).addresses()


def test_the_gallery_leads_to_the_lab_on_the_teaching_side(get: Get) -> None:
    assert f"{PLAYGROUND}/labs/{LAB}/" in Document(get(f"/?lab={LAB}").text).addresses()


@pytest.mark.parametrize(("attack", "action", "position"), CELLS)
def test_the_panel_shows_the_bytes_that_were_served(
    get: Get, attack: Attack, action: str, position: str
) -> None:
    host, query = POSITIONS[position]
    path = f"/{attack.slug}/?{query}&action={action}"
    served = get(path, host).text

    panel = get(urljoin(path, Document(served).link("behind/")), host)

    assert panel.status_code == 200
    assert Document(panel.text).text["served"] == served


def test_the_panel_shows_the_bytes_that_were_served_after_the_balance_changed(
    get_beside: Get, victim: Victim
) -> None:
    victim.says(40)
    served = get_beside("/form-post/").text
    victim.says(0)

    panel = get_beside(urljoin("/form-post/", Document(served).link("behind/"))).text

    assert Document(panel).text["served"] == served


def test_the_panel_marks_the_lines_that_attack(get: Get) -> None:
    page = get("/image-get/behind/").text

    marked = [line for line in page.splitlines() if 'class="hll"' in line]
    assert len(marked) == 2
    assert "&lt;!--" in marked[0]
    assert "no-defense.bank.localhost:8000/logout" in marked[1]


def test_the_panel_fires_nothing(get: Get) -> None:
    document = Document(get("/form-post/behind/").text)

    loaded = [tag for tag in ("script", "iframe", "form") if document.all(tag)]
    pictures = [picture["src"] for picture in document.all("img")]
    assert loaded == []
    assert pictures == ["/static/favicon.svg"]


def test_the_panel_shows_a_post_as_http(get: Get) -> None:
    shown = Document(get("/form-post/behind/?lab=csrf-token").text).text["request"]

    assert shown == (
        "POST /transfer HTTP/1.1\n"
        "Host: csrf-token.bank.localhost:8000\n"
        "Origin: http://evil.localhost:9000\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        "Sec-Fetch-Site: cross-site\n"
        "Cookie: sessionid=… if the browser sends it\n"
        "\n"
        "to=mallory&amount=100\n"
    )


def test_the_panel_shows_a_get_without_an_origin(get: Get) -> None:
    path = "/image-get/behind/?action=change-email"

    shown = Document(get(path, community("csrf-token")).text).text["request"]

    assert shown == (
        "GET /email?email=mallory%40evil.localhost HTTP/1.1\n"
        "Host: csrf-token.bank.localhost:8000\n"
        "Sec-Fetch-Site: same-site\n"
        "Cookie: sessionid=… if the browser sends it\n"
    )


def test_the_panel_names_the_host_that_served_the_page_as_origin(get: Get) -> None:
    page = get("/form-post/behind/", "bank.localhost.evil.localhost:9000").text

    assert "Origin: http://bank.localhost.evil.localhost:9000\n" in Document(page).text["request"]


def test_the_panel_leads_to_this_attempt(get: Get) -> None:
    page = get("/image-get/behind/?lab=csrf-token&action=transfer&at=1795386609299").text

    link = f"{PLAYGROUND}/labs/csrf-token/attempt/?since=1795386609299&path=/transfer"
    assert link in Document(page).addresses()


@pytest.mark.parametrize("at", ["", "&at=", "&at=now", "&at=-5", "&at=1e9", "&at=1" + "0" * 30])
def test_the_panel_without_a_usable_time_leads_to_the_log(get: Get, at: str) -> None:
    links = Document(get(f"/image-get/behind/?lab=csrf-token{at}").text).addresses()

    assert f"{PLAYGROUND}/labs/csrf-token/#log" in links
    assert not [link for link in links if "attempt" in link]


def test_the_panel_leads_onward(get: Get) -> None:
    page = get("/image-get/behind/?lab=csrf-token&action=transfer&at=1795386609299").text

    links = Document(page).addresses()
    assert "/image-get/?lab=csrf-token&action=transfer" in links
    assert "/?lab=csrf-token" in links
    assert f"{PLAYGROUND}/labs/csrf-token/" in links
    assert f"{PLAYGROUND}/attacks/image-get/" in links


def test_the_time_in_the_link_is_the_time_of_serving(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_795_386_609_299_999_999)

    link = Document(get("/form-post/").text).link("behind/")

    assert parse_qs(urlsplit(link).query)["at"] == ["1795386609299"]


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


def test_every_local_address_of_every_page_exists(get: Get) -> None:
    pages = [*OWN_PAGES, *(f"/{slug}/" for slug in Arsenal().attacks)]
    local = {
        urljoin(page, address)
        for page in pages
        for address in Document(get(page).text).addresses()
        if not address.startswith(("http:", "#"))
    }

    broken = {address for address in local if get(address).status_code != 200}
    assert broken == set()


def test_an_attack_of_one_position_is_not_launched_from_the_other(tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "form-get", tmp_path / "form-get")
    toml = tmp_path / "form-get" / "attack.toml"
    text = toml.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("positions"))
    toml.write_text(text.replace(line, 'positions = ["cross-site"]'), encoding="utf-8")
    get = getter(create_app({}, tmp_path))

    answer = get("/form-get/", community("csrf-token"))

    there = "http://evil.localhost:9000/form-get/?lab=csrf-token"
    assert answer.status_code == 404
    assert there in Document(answer.text).addresses()
    assert "/form-get/" not in Document(get("/", community("csrf-token")).text).addresses()
    assert get(f"/form-get/?{urlsplit(there).query}", EVIL).status_code == 200
