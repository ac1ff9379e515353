"""The pytest plugin on the applications of its own examples, in all kinds of browsers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from catalogue import matrix
from csrf_proof.application.choice import arsenal, general
from csrf_proof.profile_names import PROFILES
from csrf_proof.serving import serve
from tools.run import ROOT, free_port

EXAMPLES = ROOT / "examples"
# Of Django's, what another framework could change: the sign-in, the database, the live server.
TRIED = {"flask": ("cross-site", "subdomain"), "django": ("cross-site",)}
# One position in one browser, for what's the same in the others.
IN_CHROMIUM = "cross-site and chromium and not 3pc"
YOUNG = "it has no SameSite, and Chromium sends such a cookie with a POST for two minutes"
PYTEST = (sys.executable, "-m", "pytest", "-p", "csrf_proof.plugin", "-p", "no:cacheprovider")
SAID = re.compile(r"^([A-Z ]+) \S+::test_email\[([a-z0-9-]+)\]", re.MULTILINE)


def ids_of(framework: str) -> set[str]:
    return {f"form-post-{at}-{profile}" for at in TRIED[framework] for profile in PROFILES}


def only_form_post(framework: str) -> str:
    return f"form-post and ({' or '.join(TRIED[framework])})"


def run(folder: Path, *arguments: str, **environment: str) -> tuple[dict[str, str], str]:
    """Return what pytest said of each test, and all of its output."""
    # Not the bank's settings, which pytest-django puts there.
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [*PYTEST, "-rA", "--rootdir", str(folder), *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return {test: word for word, test in SAID.findall(done.stdout)}, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("framework", TRIED)
@pytest.mark.sample(1)
def test_without_protection_everything_is_forged(framework: str) -> None:
    said, output = run(EXAMPLES / framework, "-k", only_form_post(framework))
    assert said == dict.fromkeys(ids_of(framework), "FAILED"), output
    for line in (
        "FORGED  form-post-cross-site-firefox   CWE-352",
        "Another site made the user's browser do this: email.",
        "POST /email   Origin: http://evil.localhost:",
        f" was sent ({YOUNG})",
        "alice@example.org → forged-",
    ):
        assert line in output, output


@pytest.mark.long
@pytest.mark.parametrize("framework", TRIED)
@pytest.mark.sample(1)
def test_with_protection_everything_is_blocked(framework: str) -> None:
    said, output = run(EXAMPLES / framework, "-k", only_form_post(framework), PROTECTED="1")
    assert said == dict.fromkeys(ids_of(framework), "PASSED"), output


@pytest.mark.long
def test_every_attack_comes_out_as_the_matrix_says() -> None:
    """The example has a cookie without SameSite, and acts on POST alone."""
    said, output = run(EXAMPLES / "flask", "-k", IN_CHROMIUM)
    expected = {}
    for cell in matrix.load().cells():
        here = (cell.defense, cell.profile, cell.position, cell.cookie_age)
        attack = arsenal().attacks[cell.attack]
        if here == ("browser-default", "chromium", "cross-site", "fresh") and attack in general():
            forged = cell.outcome == matrix.FORGED and attack.method == "POST"
            expected[f"{cell.attack}-cross-site-chromium"] = "FAILED" if forged else "PASSED"
    not_json = {"mixed-type-json", "text-plain-json", "untyped-json"}
    no_token = {"empty-token-post", "foreign-token-post"}
    for slug in (*not_json, *no_token, "clickjacking", "upload-post", "websocket-hijack"):
        del expected[f"{slug}-cross-site-chromium"]
    # No lab of the matrix takes another method's name without the weakness.
    expected["override-get-cross-site-chromium"] = "PASSED"
    assert said == expected, output
    assert "FAILED" in said.values()
    assert "[1] test_csrf.py:0: The request has no token that could be empty." in output
    assert "[4] test_csrf.py:0: The application's own page doesn't send JSON." in output


@pytest.mark.long
@pytest.mark.parametrize(
    ("protected", "stopped_by"),
    [
        ({}, {"form-post": "None", "hidden-frame-post": "browser", "image-get": "both"}),
        (
            {"PROTECTED": "1"},
            {"form-post": "application", "hidden-frame-post": "both", "image-get": "both"},
        ),
    ],
)
@pytest.mark.sample(1)
def test_who_stopped_it(
    tmp_path: Path, protected: dict[str, str], stopped_by: dict[str, str]
) -> None:
    change(tmp_path, "attack.assert_blocked(url)", "print('by', attack.verdict(url).stopped_by)")
    tried = f"({' or '.join(stopped_by)}) and {IN_CHROMIUM}"
    _, output = run(tmp_path, "-v", "-s", "-k", tried, **protected)
    found = re.findall(r"test_email\[([a-z-]+)-cross-site-chromium\] by (\w+)", output)
    assert dict(found) == stopped_by, output


# What is wrong with the example, and what is then said.
NOT_JUDGED = {
    "an honest user cannot act": (
        'page.get_by_role("button", name="Save").click()',
        "pass",
        ["An honest user's act changed nothing in chromium", "1 error"],
    ),
    "a function does not fit the page": (
        'get_by_label("E-mail")',
        'get_by_label("Telephone")',
        ["act(page, 'honest-", "failed at /email", "Telephone"],
    ),
}


@pytest.mark.parametrize("case", NOT_JUDGED)
@pytest.mark.sample(1)
def test_what_says_nothing_is_an_error_and_no_verdict(case: str, tmp_path: Path) -> None:
    old, new, lines = NOT_JUDGED[case]
    change(tmp_path, old, new)
    said, output = run(tmp_path, "-k", f"form-post and {IN_CHROMIUM}")
    assert said == {"form-post-cross-site-chromium": "NOT JUDGED"}, output
    for line in lines:
        assert line in output, output


def change(folder: Path, old: str, new: str) -> None:
    """Put a changed copy of the example into a folder."""
    sources = {file.name: file.read_text() for file in (EXAMPLES / "flask").glob("*.py")}
    assert any(old in source for source in sources.values())
    for name, source in sources.items():
        (folder / name).write_text(source.replace(old, new))


EXPLOIT = """<form action="http://localhost:{port}/email" method="post">
<input name="email" value="robbed@evil.example"></form>
<button onclick="document.forms[0].submit()">Win</button>"""


@pytest.mark.long
@pytest.mark.parametrize(("protected", "word"), [({}, "FAILED"), ({"PROTECTED": "1"}, "PASSED")])
@pytest.mark.parametrize("given", ["text", "file", "address"])
@pytest.mark.sample(2)
def test_an_exploit_that_somebody_has_written(
    tmp_path: Path, given: str, protected: dict[str, str], word: str
) -> None:
    port = free_port()
    page = EXPLOIT.format(port=port)
    (tmp_path / "exploit.html").write_text(page)

    class Stored(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/exploit" else 404)
            self.end_headers()
            self.wfile.write(page.encode())

    change(tmp_path, 'make_server("127.0.0.1", 0,', f'make_server("127.0.0.1", {port},')
    with serve(Stored) as stored:
        exploit = {
            "text": repr(page),
            "file": f"pathlib.Path({str(tmp_path / 'exploit.html')!r})",
            "address": f"'http://exploit-x.localhost:{stored}/exploit'",
        }[given]
        test = tmp_path / "test_csrf.py"
        text = test.read_text().replace("import os", "import os, pathlib", 1)
        test.write_text(
            text.replace("@attacks(change_email)", f"@attacks(change_email, {exploit})")
        )
        # The browsers differ in nothing that the way of giving it could change.
        arguments = [] if given == "text" else ["-k", "chromium and not 3pc"]
        said, output = run(tmp_path, *arguments, **protected)
    profiles = PROFILES if given == "text" else PROFILES[:1]
    ids = {f"stored-exploit-cross-site-{profile}" for profile in profiles}
    assert said == dict.fromkeys(ids, word), output
    assert ("alice@example.org → robbed@evil.example" in output) is (word == "FAILED"), output
