"""No other file of the product says where the playground is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogue.addresses import LOCALHOST

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("attacker_site", "catalogue", "csrf_proof", "e2e", "tools", "victim_site")
SUFFIXES = {".py", ".html", ".js", ".toml"}
# Each with the beginning of its path, and why it may.
EXCEPTIONS = {
    "catalogue/addresses.py": "the one place",
    "csrf_proof/": "the engine is independent, and serves pages for applications on localhost",
    "victim_site/defenses/": "each application there says under which name it runs",
    "catalogue/mutants.toml": "applications run under a name of the engine's",
    "victim_site/teaching/labs/templates/labs/own_exploit.html": "a page may have any other name",
    "tools/smoke.py": "the usage in its docstring has an example",
    "victim_site/teaching/reference/policies": "what browsers do for localhost, for any site",
}


def product() -> Iterator[tuple[str, str]]:
    """Yield each file of the product, as its path and its text without comments."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*")]
    for file in sorted([*ROOT.glob("*"), *files]):
        path = file.relative_to(ROOT)
        a_test = "tests" in path.parts or path.name.startswith("test_")
        if file.suffix in SUFFIXES and not a_test:
            text = file.read_text(encoding="utf-8")
            if file.suffix in {".py", ".toml"}:
                text = re.sub(r"#.*", "", text)
            yield path.as_posix(), text


def test_no_other_file_names_a_host_of_this_machine() -> None:
    naming = [path for path, text in product() if LOCALHOST in text]
    assert len(naming) >= len(EXCEPTIONS), "the files weren't found"
    assert [path for path in naming if not path.startswith(tuple(EXCEPTIONS))] == []


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_every_exception_is_still_needed(exception: str) -> None:
    naming = [path for path, text in product() if LOCALHOST in text]
    assert [path for path in naming if path.startswith(exception)]
