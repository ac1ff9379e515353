"""The attacker's notebook: what it keeps, what it forgets, and how its pages show it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from attacker_site.loot import KEPT_A_LAB, Entry, Notebook
from attacker_site.tests.conftest import (
    EVIL,
    SERVERS,
    TAKE_TOKENS,
    Document,
    Get,
    closed_port,
    community,
    getter,
    launched,
    lookalike,
    site,
)
from attacker_site.tests.test_exploits import ATTACKS, CATCHERS
from attacker_site.tests.victim import Answer, Asked, LittleBank, Victim
from catalogue.kept import folder
from csrf_proof.visitor import Prepared

LAB = "csrf-token"
MARKUP = '"><script>alert(1)</script>'


def entry(at: int, attack: str = "foreign-token-post") -> Entry:
    """Return an entry whose token tells when it was made."""
    return Entry(attack, at, Prepared({"token": f"t{at}"}, {"csrftoken": "c"}))


def times(notebook: Notebook, lab: str = LAB) -> list[int]:
    """Return when the entries of a lab were made."""
    return [one.at for one in notebook.read(lab)]


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """An empty notebook, in a folder that does not exist yet."""
    return Notebook(tmp_path / "deep" / "var")


def test_an_entry_is_read_as_it_was_written(notebook: Notebook) -> None:
    written = Entry("a", 5, Prepared({"to": "…", "": "\x00'\""}, {"__Host-x": "1=2"}))

    assert notebook.write(LAB, written)
    assert notebook.read(LAB) == [written]


def test_the_newest_entry_comes_first(notebook: Notebook) -> None:
    for at in (7, 5, 9):
        notebook.write(LAB, entry(at))

    assert times(notebook) == [9, 5, 7]


def test_a_lab_keeps_its_newest_entries_and_those_of_other_labs(notebook: Notebook) -> None:
    notebook.write("other", entry(1))
    for at in range(KEPT_A_LAB + 3):
        notebook.write(LAB, entry(at))

    assert times(notebook) == list(range(KEPT_A_LAB + 2, 2, -1))
    assert times(notebook, "other") == [1]


def test_all_labs_together_keep_a_fixed_number_of_entries(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attacker_site.loot.KEPT", 3)
    for at in range(5):
        notebook.write(f"lab-{at}", entry(at))

    assert [times(notebook, f"lab-{at}") for at in range(5)] == [[], [], [2], [3], [4]]


def test_an_entry_is_found_by_lab_attack_and_time(notebook: Notebook) -> None:
    notebook.write(LAB, entry(5))

    assert notebook.find(LAB, "foreign-token-post", 5) == entry(5).prepared
    assert notebook.find(LAB, "foreign-token-post", 6) is None
    assert notebook.find(LAB, "tossed-cookie-post", 5) is None
    assert notebook.find("other", "foreign-token-post", 5) is None


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    def write(at: int) -> bool:
        return Notebook(tmp_path).write(LAB, entry(at))

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(16)))

    assert all(written)
    assert sorted(times(Notebook(tmp_path))) == list(range(16))


def no_folder(var: Path) -> None:
    var.write_text("A file where the folder should be.")


def a_folder_for_a_file(var: Path) -> None:
    (var / "loot.sqlite3").mkdir(parents=True)


def no_database(var: Path) -> None:
    var.mkdir()
    (var / "loot.sqlite3").write_bytes(b"This is a shopping list, and no database." * 100)


def another_table(var: Path) -> None:
    var.mkdir()
    connection = sqlite3.connect(var / "loot.sqlite3")
    connection.execute("CREATE TABLE loot (something_else TEXT)")
    connection.close()


BROKEN = {
    "a file where the folder should be": no_folder,
    "a folder where the file should be": a_folder_for_a_file,
    "a file that isn't a database": no_database,
    "a table of another kind": another_table,
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_a_notebook_that_cannot_be_used_costs_the_entry_and_nothing_else(
    tmp_path: Path, victim: Victim, spoil: Callable[[Path], None]
) -> None:
    var = tmp_path / "var"
    spoil(var)
    victim.reply = LittleBank()
    get = getter(site(victim.address, var))

    served = get("/foreign-token-post/")

    panel = get(urljoin("/foreign-token-post/", Document(served.text).link("behind/")))
    assert served.status_code == 200
    assert 'value="token-of-mallory"' in served.text
    assert (panel.status_code, "no longer has these values" in panel.text) == (200, True)
    assert "Nothing yet." in get("/loot/").text
    assert Notebook(var).write(LAB, entry(1)) is False


def test_the_notebook_lies_in_var_dir_and_otherwise_in_the_checkout(tmp_path: Path) -> None:
    checkout = Path(__file__).resolve().parents[2]

    assert folder({"VAR_DIR": str(tmp_path)}) == tmp_path.resolve()
    assert folder({}) == folder({"VAR_DIR": ""}) == checkout / "var"


def test_a_site_that_has_no_loot_writes_nothing(tmp_path: Path) -> None:
    get = getter(site(f"127.0.0.1:{closed_port()}", tmp_path / "var"))

    get("/")
    get("/form-post/")
    get("/foreign-token-post/")

    assert not (tmp_path / "var").exists()


@pytest.fixture
def get_at(victim: Victim, get_beside: Get) -> Get:
    """The site next to a small bank, with an empty notebook."""
    victim.reply = LittleBank()
    return get_beside


def test_the_page_of_an_empty_notebook_leads_to_attacks_that_fill_it(get_at: Get) -> None:
    answer = get_at(f"/loot/?lab={LAB}")

    links = Document(answer.text).addresses()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Nothing yet." in answer.text
    assert f"/foreign-token-post/?lab={LAB}" in links
    assert {slug for slug in SERVERS for link in links if f"/{slug}/" in link} == set(SERVERS)


def test_the_page_shows_the_loot_of_its_lab_newest_first(get_at: Get) -> None:
    get_at("/foreign-token-post/?lab=csrf-token")
    get_at("/tossed-cookie-post/", community("csrf-token"))

    page = get_at("/loot/?lab=csrf-token").text

    document = Document(page)
    attacks = [link.split("/behind/")[0] for link in document.addresses() if "/behind/" in link]
    there = "http://community.csrf-token.bank.localhost:9000"
    assert document.mistakes == []
    assert attacks == [f"{there}/tossed-cookie-post", "/foreign-token-post"]
    assert document.text["dl"].count("token-of-mallory") == 2
    assert document.text["dl"].count("cookie-of-mallory") == 1
    assert "Nothing yet." not in page


@pytest.mark.parametrize("host", [EVIL, community(LAB), lookalike(LAB)])
@pytest.mark.parametrize("filled", [True, False])
def test_every_link_of_the_page_leads_to_where_that_attack_is_launched(
    get_at: Get, host: str, filled: bool
) -> None:
    for slug in SERVERS if filled else []:
        get_at(*launched(slug, LAB))

    links = Document(get_at(f"/loot/?lab={LAB}", host).text).addresses()

    addresses = [urlsplit(urljoin(f"http://{host}/", link)) for link in links]
    attacks = [one for one in addresses if one.path.split("/")[1] in ATTACKS]
    statuses = [get_at(f"{one.path}?{one.query}", one.netloc).status_code for one in attacks]
    assert statuses == [200] * len(SERVERS if filled else {*SERVERS, *CATCHERS})
    assert all(("at=" in one.query) == filled for one in attacks)


def test_the_loot_of_one_lab_does_not_show_in_another(get_at: Get) -> None:
    served = get_at("/foreign-token-post/?lab=csrf-token--for-a").text
    panel = urljoin("/foreign-token-post/", Document(served).link("behind/"))

    there = get_at(panel).text
    elsewhere = get_at(panel.replace("for-a", "for-b")).text

    assert "token-of-mallory" in there
    assert "token-of-mallory" not in elsewhere
    assert "token-of-mallory" in get_at("/loot/?lab=csrf-token--for-a").text
    assert "Nothing yet." in get_at("/loot/?lab=csrf-token--for-b").text
    assert "Nothing yet." in get_at("/loot/", community("csrf-token--for-b")).text


ODD_TIMES = {
    "empty": "",
    "zero": "0",
    "below zero": "-1",
    "leading zero": "05",
    "a fraction": "5.0",
    "letters": "now",
    "other digits": "٥",
    "too late": "1000000000000001",
    "endless": "9" * 5_000,
    "a wildcard": "%25",
    "a query": "5 OR 1=1",
    "bytes": "%00%ff",
    "another time": "6",
}


@pytest.mark.parametrize("at", ODD_TIMES.values(), ids=ODD_TIMES)
def test_an_odd_time_finds_nothing_and_is_survived(get_at: Get, tmp_path: Path, at: str) -> None:
    Notebook(tmp_path / "var").write(LAB, entry(5))

    found = get_at(f"/foreign-token-post/behind/?lab={LAB}&at=5")
    answer = get_at(f"/foreign-token-post/behind/?lab={LAB}&at={at}")

    assert "t5" in Document(found.text).text["dl"]
    assert answer.status_code == 200
    assert "dl" not in Document(answer.text).text


def test_an_entry_of_an_attack_that_is_gone_is_shown_without_a_link(
    get_at: Get, tmp_path: Path
) -> None:
    Notebook(tmp_path / "var").write(LAB, entry(5, attack=f"gone-{MARKUP}"))

    document = Document(get_at(f"/loot/?lab={LAB}").text)

    assert "no longer exists" in document.text["h2"]
    assert f"gone-{MARKUP}" in document.text["code"]
    assert not [link for link in document.addresses() if "behind" in link]


def hostile(asked: Asked) -> Answer:
    """Be a bank whose every name and value holds markup."""
    if asked.method == "POST":
        return Answer(status=303)
    field = "<input type=hidden name='&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;' value='{}'>"
    value = "</script><script>alert(2)</script>&lt;!-- </code>"
    kept = ("Set-Cookie", f"{MARKUP}={value}")
    return Answer(field.format(value.replace("<", "&lt;")), headers=(kept,))


@pytest.mark.parametrize("slug", TAKE_TOKENS)
def test_markup_in_loot_is_shown_as_text_and_never_run(
    get_beside: Get, victim: Victim, slug: str
) -> None:
    victim.reply = LittleBank()
    honest = get_beside(f"/{slug}/", community(LAB)).text
    victim.reply = hostile

    served = get_beside(f"/{slug}/", community(LAB)).text
    panel = get_beside(urljoin(f"/{slug}/", Document(served).link("behind/")), community(LAB)).text
    loot = get_beside(f"/loot/?lab={LAB}").text

    assert "alert(2)" in served
    assert served.count("<script") == honest.count("<script")
    for page in (panel, loot):
        document = Document(page)
        assert document.mistakes == []
        assert "<script" not in page
        assert f"field {MARKUP}" in document.text["dl"]
        assert "</script><script>alert(2)</script>" in document.text["dl"]
    assert Document(panel).text["served"] == served
