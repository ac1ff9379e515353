"""The applications in the folders of sound defenses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from csrf_proof.marked import Marked

FOLDER = Path(__file__).parents[1] / "victim_site" / "defenses"
FILES = {"Django": "in_django.py", "Flask": "in_flask.py"}
# The port in every application's own instructions.
PORT = "5055"
_SETTING = re.compile(r"[A-Z_, ]+\+?= ")
# The files of a Django project, as a comment in each, in the order in which somebody would write.
_HEADINGS = {
    "settings": "# settings.py",
    "middleware": "# middleware.py",
    "asgi": "# asgi.py",
    "views": "# views.py",
    "html+django": "{# the form’s template #}",
    "javascript": "// a script that sends requests",
}


@dataclass(frozen=True)
class Application(Marked):
    """One application: the file, the defense's slug, and the framework."""

    slug: str
    framework: str

    @property
    def instructions(self) -> list[str]:
        """The commands in its docstring: how to install what it needs, and how to start it."""
        return [line.strip() for line in self.source.splitlines()[:6] if line.startswith("    ")]

    @property
    def defense_by_file(self) -> str:
        """The lines that are the defense, below the names of the files of a Django project."""
        python = "\n".join(block.text for block in self.defense if block.language == "python")
        code = "views"
        if "get_response" in python:
            code = "middleware"
        elif "websocket" in python:
            code = "asgi"
        files: dict[str, list[str]] = {file: [] for file in _HEADINGS}
        for block in self.defense:
            file = code if block.language == "python" else block.language
            files["settings" if _SETTING.match(block.text) else file].append(block.text)
        return "\n\n".join(
            f"{_HEADINGS[file]}\n" + "\n\n".join(texts) for file, texts in files.items() if texts
        )

    @property
    def host(self) -> str:
        """The name under which its docstring says that it runs."""
        found = re.search(rf"http://([^:/]+):{PORT}/", self.source)
        assert found, f"{self.file} doesn't say where it runs"
        return found[1]


def applications(slug: str, folder: Path = FOLDER) -> list[Application]:
    """Return the applications in a defense's folder, Django's first."""
    home = folder / slug.replace("-", "_")
    found = [Application(home / name, slug, framework) for framework, name in FILES.items()]
    return [application for application in found if application.file.exists()]


def every_application() -> list[Application]:
    """Return all applications, by slug."""
    slugs = sorted(folder.name.replace("_", "-") for folder in FOLDER.iterdir() if folder.is_dir())
    return [one for slug in slugs for one in applications(slug)]
