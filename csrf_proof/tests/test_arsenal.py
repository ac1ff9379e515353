"""Reading attack folders, from here or elsewhere: what is refused, and with which sentence."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from csrf_proof import arsenal as arsenal_module
from csrf_proof.arsenal import FOLDER, Arsenal, AttackError, Shot
from csrf_proof.visitor import Account, Caught, Visitor, VisitProblem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of attacks that holds a copy of one."""
    shutil.copytree(FOLDER / "link-get", tmp_path / "link-get")
    return tmp_path


def test_a_folder_is_an_attack(folder: Path) -> None:
    assert list(Arsenal(folder).attacks) == ["link-get"]


@pytest.mark.parametrize("name", ["attack.toml", "exploit.html", "README.md"])
def test_a_folder_that_lacks_a_file_is_an_error(folder: Path, name: str) -> None:
    (folder / "link-get" / name).unlink()

    with pytest.raises(AttackError, match=f"attacks/link-get: {name} is missing"):
        Arsenal(folder)


def test_a_folder_that_begins_with_an_underscore_is_an_error(folder: Path) -> None:
    (folder / "link-get").rename(folder / "_link-get")

    with pytest.raises(AttackError, match="attacks/_link-get: a folder's name"):
        Arsenal(folder)


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        ('trigger = "click"', "", "trigger is missing"),
        ('trigger = "click"', 'trigger = "hover"', "trigger must be among load, click"),
        ('trigger = "click"', 'trigger = "hold-enter"', "opens and button belong"),
        ('trigger = "click"', 'trigger = "click"\nopens = "/pay"', "opens and button belong"),
        ('trigger = "click"', "trigger = 7", "trigger has a value of the wrong type"),
        ('trigger = "click"', 'trigger = "click"\nwants = "x"', "wants isn't a key"),
        ('trigger = "click"', "trigger", "attack.toml"),
        ('trigger = "click"', 'trigger = "click"\nvictim = "asleep"', "victim must be among"),
        (
            'trigger = "click"',
            'trigger = "click"\nsandboxed = "yes"',
            "sandboxed has a value of the wrong type",
        ),
        ('trigger = "click"', 'trigger = "click"\npath = true', "path has a value of the wrong"),
        ('method = "GET"', 'method = "PUT"', "method must be among GET, HEAD, POST, not"),
        ('action = "transfer"', 'action = "logout"', "'logout' is not among its actions"),
        ('"subdomain"]', '"moon"]', "positions must be among"),
    ],
)
def test_a_mistake_in_the_description_is_an_error(
    folder: Path, line: str, instead: str, complaint: str
) -> None:
    toml = folder / "link-get" / "attack.toml"
    text = toml.read_text(encoding="utf-8")
    assert line in text
    toml.write_text(text.replace(line, instead), encoding="utf-8")

    with pytest.raises(AttackError, match=complaint):
        Arsenal(folder)


def test_a_broken_template_is_an_error(folder: Path) -> None:
    (folder / "link-get" / "exploit.html").write_text("{% if %}", encoding="utf-8")

    with pytest.raises(AttackError, match=r"attacks/link-get/exploit\.html"):
        Arsenal(folder)


def test_a_server_that_does_nothing_is_an_error(folder: Path) -> None:
    (folder / "link-get" / "server.py").write_text("PREPARE = None\n", encoding="utf-8")

    with pytest.raises(AttackError, match=r"server\.py has neither a function prepare nor"):
        Arsenal(folder)


def test_a_folder_of_compiled_code_is_no_attack(folder: Path) -> None:
    (folder / "__pycache__").mkdir()

    assert list(Arsenal(folder).attacks) == ["link-get"]


def test_a_newer_format_says_what_to_do(folder: Path) -> None:
    toml = folder / "link-get" / "attack.toml"
    text = toml.read_text(encoding="utf-8")
    newer = text.replace("format_version = 1", 'format_version = 2\nfuture = "yes"')
    toml.write_text(newer, encoding="utf-8")

    with pytest.raises(AttackError, match=r"format_version is 2, .* Install a newer one"):
        Arsenal(folder)


@pytest.mark.parametrize("version", ["0", "true", '"1"', "1.5"])
def test_a_format_that_is_not_a_number_is_an_error(folder: Path, version: str) -> None:
    toml = folder / "link-get" / "attack.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("format_version = 1", f"format_version = {version}"), "utf-8")

    with pytest.raises(AttackError, match="format_version must be a whole number"):
        Arsenal(folder)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AttackError, match="can't be listed"):
        Arsenal(tmp_path / "nowhere")


def shot(arsenal: Arsenal) -> Shot:
    return Shot(
        attack=arsenal.attacks["link-get"], origin="http://app.localhost", action_path="/email"
    )


def test_a_document_takes_the_place_of_the_fields() -> None:
    attack = Arsenal(FOLDER).attacks["graphql-get"]
    fields = {"to": "mallory", "amount": "7"}
    known = Shot(attack=attack, origin="http://app.localhost", action_path="/", forged=fields)
    unknown = Shot(attack=attack, origin="", action_path="/", forged={"text": "$"})

    document = 'mutation { transfer(to: "mallory", amount: 7) { balance } }'
    assert known.fields == {"query": document}
    assert known.url.startswith("http://app.localhost/api/graphql?query=mutation+%7B")
    assert unknown.fields == {"query": attack.graphql}


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "took longer than 0.2 s",
        ),
        ("{% for a in range(99999) %}{{ 'x' * 99 }}{% endfor %}", "longer than 1,000,000"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", "Range too big"),
        ("{% include 'link-get/exploit.html' %}", "recursion|took longer"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ 1 // 0 }}", "division"),
        ("{{ url.__class__.__mro__ }}", "unsafe"),
    ],
)
# Where the stop meets a finalizer, Python says that it ignores it; the next one doesn't.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_template_that_does_not_end_well_is_an_error(
    folder: Path, template: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arsenal_module, "RENDER_SECONDS", 0.2)
    (folder / "link-get" / "exploit.html").write_text(template, encoding="utf-8")
    arsenal = Arsenal(folder)

    with pytest.raises(AttackError, match=complaint):
        arsenal.render(shot(arsenal))


def visitor() -> Visitor:
    def connect(seconds: float) -> None:
        raise NotImplementedError

    return Visitor("http://app.localhost", connect, Account("mallory", "mischief"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("    return 1 / 0", r"server\.py failed: ZeroDivisionError"),
        ("    while True:\n        pass", r"server\.py took longer than 0.2 s"),
        ("    return {}", "must return Prepared, not dict"),
        ("    raise SystemExit", "failed: SystemExit"),
    ],
)
def test_code_that_fails_or_does_not_end_is_an_error(
    folder: Path, body: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arsenal_module, "SERVER_SECONDS", 0.2)
    server = f"def prepare(visitor):\n{body}\n\n\ndef caught(said):\n{body}\n"
    (folder / "link-get" / "server.py").write_text(server, encoding="utf-8")
    arsenal = Arsenal(folder)
    attack = arsenal.attacks["link-get"]

    begin = time.monotonic()
    with pytest.raises(AttackError, match=complaint):
        arsenal.prepare(attack, visitor())
    with pytest.raises(AttackError, match=complaint):
        arsenal.catch(attack, Caught({}))
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("line", ["1 / 0", "import nowhere", "while True: pass", "def ("])
def test_code_that_cannot_be_loaded_is_an_error(
    folder: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arsenal_module, "SERVER_SECONDS", 0.2)
    (folder / "link-get" / "server.py").write_text(f"{line}\n", encoding="utf-8")

    with pytest.raises(AttackError, match=r"attacks/link-get/server\.py (can't|took longer)"):
        Arsenal(folder)


def test_a_problem_at_the_application_stays_one(folder: Path) -> None:
    problem = "raise VisitProblem('It is closed.')"
    server = f"from csrf_proof.visitor import VisitProblem\n\ndef prepare(_):\n    {problem}\n"
    (folder / "link-get" / "server.py").write_text(server, encoding="utf-8")
    arsenal = Arsenal(folder)

    with pytest.raises(VisitProblem, match="It is closed"):
        arsenal.prepare(arsenal.attacks["link-get"], visitor())


def test_reading_runs_no_code(folder: Path) -> None:
    (folder / "link-get" / "server.py").write_text("1 / 0\n", encoding="utf-8")

    assert list(arsenal_module.read_all(folder)) == ["link-get"]
