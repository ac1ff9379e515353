"""What a pasted request becomes; `e2e` opens one in a browser."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from csrf_proof.address import WrongUse
from csrf_proof.arsenal import FORM_TYPE
from csrf_proof.command import main
from csrf_proof.command.status import Status
from csrf_proof.pasted import Pasted, parse
from csrf_proof.poc import FORM, LINK, SCRIPT, _way, make

URL = "http://127.0.0.1:5055/email"
JSON = {"content-type": "application/json"}

# The same requests, as curl and as a proxy have them.
PASTED = {
    f"curl {URL}": Pasted("GET", URL),
    f"$ curl -s '{URL}' -b 'session=1' -d a=1 --data-urlencode 'b=x y&z'": Pasted(
        "POST", URL, {"cookie": "session=1", "content-type": FORM_TYPE}, "a=1&b=x+y%26z"
    ),
    f"curl --compressed -X PUT \\\n  -H 'X-Token: 1:2' \\\n  {URL} -d a=1": Pasted(
        "PUT", URL, {"x-token": "1:2", "content-type": FORM_TYPE}, "a=1"
    ),
    f"curl {URL} --data-raw $'a=it\\'s\\u0021é'": Pasted(
        "POST", URL, {"content-type": FORM_TYPE}, "a=it's!é"
    ),
    f"curl {URL} --json '{{}}'": Pasted("POST", URL, JSON, "{}"),
    f"curl -F a=1 -F b=2 {URL}": Pasted(
        "POST", URL, {"content-type": "multipart/form-data"}, form={"a": "1", "b": "2"}
    ),
    f"curl -G -d a=1 {URL}?x=2": Pasted("GET", f"{URL}?x=2&a=1"),
    "curl -I 127.0.0.1:5055/email": Pasted("HEAD", URL),
    "POST /email HTTP/1.1\r\nHost: 127.0.0.1:5055\r\nCookie: a=1\r\n\r\nx=1\r\n": Pasted(
        "POST", URL, {"host": "127.0.0.1:5055", "cookie": "a=1"}, "x=1"
    ),
    f"GET {URL} HTTP/1.1\nHost: 127.0.0.1:5055": Pasted("GET", URL, {"host": "127.0.0.1:5055"}),
}


@pytest.mark.parametrize("text", PASTED)
def test_a_request_is_read(text: str) -> None:
    expected = PASTED[text]
    found = parse(text)
    assert (found.method, found.url, found.body) == (expected.method, expected.url, expected.body)
    assert (found.headers, found.form) == (expected.headers, expected.form)


UNREADABLE = {
    "": "There is nothing",
    "hello": "Line 1, 'hello', is neither a curl command nor the first line of a request",
    "POST /email HTTP/1.1\nHost: x\nbroken": "Line 3, 'broken', isn't a header",
    "POST /email HTTP/1.1\nCookie: a=1": "There is no Host header",
    "curl": "has no address",
    "curl 'x": "can't be read: No closing quotation",
    f"curl {URL} --proxy x": "can't be read: unrecognized arguments: --proxy x",
    f"curl {URL} -d @file": "reads file. Write what's in it in its place.",
    f"curl {URL} -F a=@file": "sends a file",
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(WrongUse) as told:
        parse(text)
    assert UNREADABLE[text] in str(told.value)


def test_only_this_machine_may_be_aimed_at() -> None:
    with pytest.raises(WrongUse, match="isn't this machine"):
        make(parse("curl http://bank.example/ -d a=1"))


@pytest.mark.parametrize(
    ("arguments", "way", "sentence"),
    [
        ("", LINK, "Any link, image or redirect sends a GET."),
        ("-I", SCRIPT, "A script sends a HEAD, and the browser doesn't ask"),
        ("-d a=1 -H 'Sec-Fetch-Site: none' -A me -H 'Accept: */*'", FORM, "A form that submits"),
        ("-F a=1", FORM, "A form that submits"),
        ("--json '{}'", FORM, "No form sends application/json."),
        ("-d a -H 'Content-Type: application/xml'", SCRIPT, "asks before it sends application/xml"),
        ("-d a=1 -H 'X-Requested-With: x'", SCRIPT, "asks before it sends the header x-requested-"),
        ("-X DELETE", SCRIPT, "asks before it sends DELETE to another site (a preflight)"),
    ],
)
def test_how_another_site_sends_it(arguments: str, way: str, sentence: str) -> None:
    found, said = _way(parse(f"curl {URL} {arguments}"))
    assert found == way
    assert sentence in said


# What is in the page, and what is said about it.
MADE: dict[str, tuple[list[str], list[str]]] = {
    "-b 'session=1; theme=2' -d 'email=a%22b&csrf_token=9'": (
        [
            f'<form action="{URL}" method="post" enctype="{FORM_TYPE}">',
            'name="email" value="a&#34;b"',
            'name="csrf_token" value="9"',
        ],
        ["It has the cookie session and theme.", "csrf_token looks like a token."],
    ),
    """--json '{"email": "x"}'""": (
        ['enctype="text/plain"', '&#34;x&#34;, &#34;ignored&#34;: &#34;" value="&#34;}"'],
        ["No form sends application/json.", "It has no cookie."],
    ),
    """--json '{"sum": "1=1"}'""": (['{&#34;sum&#34;: &#34;1" value="1&#34;}"'], []),
    "-X PUT -H 'Authorization: Bearer x' -d 'a=</script>'": (
        ['method: "PUT"', '"authorization": "Bearer x"', r"a=\u003c/script\u003e"],
        ["otherwise another page doesn't know it."],
    ),
    "": ([f'location.href = "{URL}"'], []),
}


@pytest.mark.parametrize("arguments", MADE)
def test_what_the_page_sends_and_when_it_works(arguments: str) -> None:
    there, sentences = MADE[arguments]
    made = make(parse(f"curl {URL} {arguments}"))
    for part in there:
        assert part in made.page
    for sentence in sentences:
        assert sentence in " ".join(made.sentences)


def test_parts_of_a_body_are_read() -> None:
    text = (
        "POST /email HTTP/1.1\nHost: 127.0.0.1\nContent-Type: multipart/form-data; boundary=x\n\n"
        '--x\nContent-Disposition: form-data; name="to"\n\nbob\n--x--\n'
    )
    assert 'name="to" value="bob"' in make(parse(text)).page


def test_the_command_writes_the_page_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"curl {URL} -d a=1"))
        status = main(["poc"])
    said = capsys.readouterr()
    assert (status, said.err) == (Status.WRONG_USE, "poc.html already exists.\n")
    assert said.out.startswith("A form that submits itself sends this")
    assert said.out.endswith("The page: poc.html\n")
    assert main(["poc", "none.txt"]) == Status.WRONG_USE
