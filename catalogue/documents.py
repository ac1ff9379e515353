"""The reader of what people write and pages show: front matter in YAML, and text under headings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml


def read(
    file: Path,
    types: Mapping[str, type],
    headings: Sequence[str],
    optional: Collection[str],
    wrong: Callable[[str], Exception],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a file's front matter, and the text under each of its headings.

    Every key in `types` must be there, with a value of that type, and every heading that isn't
    optional. `wrong` makes the error from a sentence that lacks its subject, which is the file.
    """
    try:
        _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
        about = yaml.safe_load(front)
    except UnicodeDecodeError:
        raise wrong("is not UTF-8: save it as that.") from None
    except ValueError:
        about = None
    except yaml.YAMLError as error:
        raise wrong(f"has front matter that isn't YAML: {str(error).splitlines()[0]}.") from None
    if not isinstance(about, dict):
        raise wrong("has no front matter: begin it with ---, the keys of the others, and ---.")
    for key, kind in types.items():
        if not about.get(key) or not isinstance(about[key], kind):
            raise wrong(f"does not say its {key} as the others do.")
    if unknown := set(about) - set(types):
        raise wrong(f"says {min(map(str, unknown))}, which nothing reads: remove it.")
    parts = re.split(r"^## (.+)\n", body, flags=re.MULTILINE)
    sections = {title: text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}
    wanted = [title for title in headings if title in sections or title not in optional]
    if list(sections) != wanted or not all(sections.values()):
        raise wrong(f"must have text under the headings {', '.join(headings)}, in this order.")
    return about, sections
