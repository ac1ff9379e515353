"""The reader of what people write and pages show: front matter in YAML, and text under headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

T = TypeVar("T")


class DocumentError(ValueError):
    """A file that isn't what its folder is for; the message says which, and what to do."""


def read_all(
    folder: Path, read_one: Callable[[Path], T], pattern: str = "*"
) -> tuple[list[T], list[str]]:
    """Return what is in each file of a folder, by name, and a sentence for each mistake."""
    found, mistakes = [], []
    for file in sorted(folder.glob(pattern)):
        try:
            found.append(read_one(file))
        except DocumentError as mistake:
            mistakes.append(str(mistake))
    return found, mistakes


def wrong(file: Path, what: str) -> DocumentError:
    """Return the error of a file, from a sentence that lacks its subject."""
    return DocumentError(f"{file.name} {what}")


def read(
    file: Path,
    types: Mapping[str, type],
    headings: Sequence[str],
    optional: Collection[str] = (),
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a file's front matter, and the text under each of its headings.

    Every key in `types` must be there, with a value of that type, and every heading that isn't
    optional.

    Raises:
        DocumentError: Something is missing, or there that nothing reads.
    """
    try:
        _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
        about = yaml.safe_load(front)
    except UnicodeDecodeError:
        raise wrong(file, "is not UTF-8: save it as that.") from None
    except ValueError:
        about = None
    except yaml.YAMLError as error:
        raise wrong(
            file, f"has front matter that isn't YAML: {str(error).splitlines()[0]}."
        ) from None
    if not isinstance(about, dict):
        raise wrong(
            file, "has no front matter: begin it with ---, the keys of the others, and ---."
        )
    for key, kind in types.items():
        if not about.get(key) or not isinstance(about[key], kind):
            raise wrong(file, f"does not say its {key} as the others do.")
    if unknown := set(about) - set(types):
        raise wrong(file, f"says {min(map(str, unknown))}, which nothing reads: remove it.")
    parts = re.split(r"^## (.+)\n", body, flags=re.MULTILINE)
    sections = {title: text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}
    wanted = [title for title in headings if title in sections or title not in optional]
    if list(sections) != wanted or not all(sections.values()):
        raise wrong(
            file, f"must have text under the headings {', '.join(headings)}, in this order."
        )
    return about, sections
