"""The attacks: found by listing a folder, and rendered from the same file that a page shows.

An attack is a folder with `exploit.html` (a complete small document with placeholders),
`attack.toml` (what it is) and `README.md` (why it works). If it needs the attacker's own account,
`server.py` has a function `prepare`, which visits the application before the page is served. If
something stolen arrives at the attacker's server, it has a function `caught`, which says what that
is; and `caught.html`, if present, is the page that then uses it.

This is the only reader and the only renderer of attack folders. A folder that isn't complete is an
error, because an attack that silently vanishes would look like a defense.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from string import Template as Text
from types import ModuleType
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import BaseLoader, FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from csrf_proof import folders
from csrf_proof.foreign_code import TookTooLong, within
from csrf_proof.positions import CROSS_SITE, POSITIONS, SAME_ORIGIN
from csrf_proof.visitor import Caught, Prepared, Visitor, VisitProblem

FOLDER = folders.find("attack_folders", "attacker_site/attacks")
FORMAT_VERSION = 1
ATTACK_FILE, EXPLOIT_PAGE, README = "attack.toml", "exploit.html", "README.md"
FILES = (ATTACK_FILE, EXPLOIT_PAGE, README)
CAUGHT_PAGE, SERVER = "caught.html", "server.py"
OPTIONAL_FILES = (CAUGHT_PAGE, SERVER)
FORM_TYPE, NO_TYPE = "application/x-www-form-urlencoded", "none"

METHODS = ("GET", "HEAD", "POST")
# Those whose fields are in the address.
WITHOUT_BODY = frozenset({"GET", "HEAD"})
SIGNED_IN, SIGNED_OUT, SIGNS_IN_LATER = "signed-in", "signed-out", "signs-in-later"
# The action that makes a session, for whoever sends a password.
SIGN_IN = "login"
VICTIMS = (SIGNED_IN, SIGNED_OUT, SIGNS_IN_LATER)
# What the visitor does on the attack's page: nothing, click the bait, open the address in it, click
# the bait and double-click in the pop-up that it opens, or hold Enter.
LOAD, CLICK, ADDRESS = "load", "click", "address"
DOUBLE_CLICK, HOLD_ENTER = "double-click", "hold-enter"
TRIGGERS = (LOAD, CLICK, ADDRESS, DOUBLE_CLICK, HOLD_ENTER)
# Those that end on a button of the application's own page, in a window of its own.
ON_ITS_PAGE = frozenset({DOUBLE_CLICK, HOLD_ENTER})
# Seconds that an attack's own code may take: to render a page, and to visit the application.
RENDER_SECONDS, SERVER_SECONDS = 2.0, 20.0
LARGEST_PAGE = 1_000_000
Prepare = Callable[[Visitor], Prepared]
Catch = Callable[[Caught], Prepared]

_LISTS = {"actions", "positions", "files"}
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_PICTURE = re.compile(r'<img src="/static/([a-z0-9-]+\.svg)" alt="([^"]*)"')


class AttackError(ValueError):
    """A folder that isn't a complete attack, or whose code fails; the message says how."""


@dataclass(frozen=True)
class Attack:
    """What a folder says. The slug is its name; keys with a default may be left out of the file.

    `action` is what the attack makes the application do, `actions` are all that it can. `path` is
    the address of the act where it isn't the action's own. `content_type` is `none` where the
    request has none. `fields_in_query`: a POST whose fields are in its address. `hides_origin`: its
    Origin is null. `sandboxed`: to the browser it comes from a site of its own, wherever the page
    is. `by_application`: a page of the application makes the request, so it is same-origin. `adds`
    are fields in addition to the action's. `graphql` is a document that is sent instead of all of
    them, in the field `query`, with their values where it has their names (`$amount`). `headers`
    are what a script adds to the request, for which the browser asks the application first. `needs`
    is the weakness of the application without which nothing happens. `files` are fields for files.
    `second_click` is the text that the visitor has to click after the bait, on a page of the
    application. `opens` is the path of the application's page on which the visitor then presses
    `button`, which is its text. `victim` says whether the visitor is signed in when the page opens.
    `speculative`: the browser asks ahead of time, as if the visitor went there, so it names nobody.
    `trigger` is what makes it happen. With `address` that's an address that the visitor opens
    without a page, as from an e-mail: the attacker's, who answers with a redirect to the act.
    """

    folder: Path = field(repr=False, compare=False)
    slug: str
    title: str
    bait: str
    summary: str
    action: str
    actions: tuple[str, ...]
    positions: tuple[str, ...]
    trigger: str
    method: str
    request: str
    format_version: int = FORMAT_VERSION
    content_type: str = FORM_TYPE
    path: str = ""
    fields_in_query: bool = False
    hides_origin: bool = False
    sandboxed: bool = False
    by_application: bool = False
    speculative: bool = False
    adds: Mapping[str, str] = field(default_factory=dict)
    graphql: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    needs: str = ""
    second_click: str = ""
    opens: str = ""
    button: str = ""
    victim: str = SIGNED_IN

    @property
    def names_nobody(self) -> bool:
        """Whether its Sec-Fetch-Site is `none`, wherever its page is."""
        return self.speculative or self.trigger == ADDRESS

    @property
    def launched_from(self) -> tuple[str, ...]:
        """The positions whose hosts serve its page."""
        return tuple(CROSS_SITE if at == SAME_ORIGIN else at for at in self.positions)

    @cached_property
    def readme(self) -> str:
        return self._read(README)

    @property
    def text(self) -> str:
        """The README from its first section on, without the title."""
        _, heading, rest = self.readme.partition("\n## ")
        return heading.lstrip() + rest

    @cached_property
    def source(self) -> str:
        """The exploit page with its placeholders."""
        return self._read(EXPLOIT_PAGE)

    @cached_property
    def server_source(self) -> str:
        """What the attacker's server does for this attack; empty if it does nothing."""
        return self._read(SERVER)

    @cached_property
    def caught_source(self) -> str:
        """The page that uses what was stolen, with its placeholders; empty if there is none."""
        return self._read(CAUGHT_PAGE)

    @property
    def picture(self) -> str:
        """The file name of the drawing that its page shows; empty if it shows none."""
        return self._drawing[0]

    @property
    def picture_shows(self) -> str:
        """What is to be seen in the drawing."""
        return self._drawing[1]

    @cached_property
    def _drawing(self) -> tuple[str, str]:
        found = _PICTURE.search(self.source)
        return (found[1], found[2]) if found else ("", "")

    def _read(self, name: str) -> str:
        file = self.folder / name
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def mistake(self) -> str | None:
        """Return what is wrong with the values, or None."""
        checks = {
            f"trigger must be among {', '.join(TRIGGERS)}, not {self.trigger!r}": self.trigger
            in TRIGGERS,
            "opens and button belong together, and some triggers need them": bool(self.opens)
            == bool(self.button)
            and (bool(self.opens) or self.trigger not in ON_ITS_PAGE),
            f"method must be among {', '.join(METHODS)}, not {self.method!r}": self.method
            in METHODS,
            f"victim must be among {', '.join(VICTIMS)}": self.victim in VICTIMS,
            f"action {self.action!r} is not among its actions": self.action in self.actions,
            f"positions must be among {', '.join(POSITIONS)}": bool(self.positions)
            and set(self.positions) <= set(POSITIONS),
        }
        return next((sentence for sentence, right in checks.items() if not right), None)


@dataclass(frozen=True)
class Click:
    """A click on a page of the application: its path with query and fragment, and how many pixels
    from its left and top the middle is of what was clicked. `width` and `height` are those of the
    frame in which the page is shown."""

    page: str
    x: int
    y: int

    # As wide and as high as the windows in which clicks are noted, if that's enough.
    width = 1280

    @property
    def height(self) -> int:
        return 720 if self.y < 720 else self.y + 100

    def with_fields(self, fields: Mapping[str, Any]) -> Click:
        """Return the same click on a page that takes what is in its fields from its address."""
        path, hash_mark, fragment = self.page.partition("#")
        query = ("&" if "?" in path else "?") + urlencode(fields) if fields else ""
        return replace(self, page=path + query + hash_mark + fragment)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One attack, aimed: everything that decides which bytes are served.

    `origin` is the application's, `action_path` and `forged` are the address and the fields of the
    act. `behind` is the link to a page about the attack, `caught` the address where stolen things
    arrive, `short` the one that leads to the act by a redirect. `click` is where the visitor has to
    click within the application, if it isn't the bank.
    `messages` are to be said through a WebSocket; without any, the page listens.
    """

    attack: Attack
    origin: str
    action_path: str
    forged: Mapping[str, str] = field(default_factory=dict)
    behind: str = ""
    prepared: Prepared = field(default_factory=Prepared)
    caught: str = ""
    short: str = ""
    click: Click | None = None
    messages: Sequence[str] = ()

    @property
    def fields(self) -> dict[str, str]:
        """The forged fields, name to value, with what the attacker's server adds to them."""
        forged = {**self.forged, **self.attack.adds}
        if self.attack.graphql:
            return {"query": Text(self.attack.graphql).safe_substitute(forged)}
        return forged | {k: v for k, v in self.prepared.fields.items() if k not in forged}

    @property
    def path(self) -> str:
        """The address of the act within the application."""
        return self.attack.path or self.action_path

    @property
    def endpoint(self) -> str:
        """The absolute address of the act, without a query."""
        return self.origin + self.path

    @property
    def target(self) -> str:
        """What follows the host in the request: the path, and the query where fields are there."""
        in_query = self.attack.method in WITHOUT_BODY or self.attack.fields_in_query
        query = urlencode(self.fields) if in_query else ""
        joint = "&" if "?" in self.path else "?"
        return self.path + (joint + query if query else "")

    @property
    def url(self) -> str:
        """The absolute address that the request asks for."""
        return self.origin + self.target


def read_all(folder: Path = FOLDER) -> dict[str, Attack]:
    """Return every attack of a folder by slug, without running any of their code.

    Raises:
        AttackError: A folder isn't a complete attack.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise AttackError(f"{folder} can't be listed: {error.strerror}.") from error
    return {path.name: read(path) for path in found if path.name != "__pycache__"}


def read(folder: Path) -> Attack:
    """Return the attack in a folder.

    Raises:
        AttackError: The folder isn't a complete attack.
    """
    where = f"attacks/{folder.name}"
    if not _SLUG.fullmatch(folder.name):
        raise AttackError(f"{where}: a folder's name is lower-case words joined by hyphens.")
    for name in FILES:
        if not (folder / name).is_file():
            raise AttackError(f"{where}: {name} is missing.")
    try:
        for name in (*FILES, *OPTIONAL_FILES):
            if (folder / name).exists():
                (folder / name).read_text(encoding="utf-8")
        data = tomllib.loads((folder / ATTACK_FILE).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AttackError(f"{where}/{ATTACK_FILE}: {error}.") from error
    return _attack(folder, f"{where}/{ATTACK_FILE}", data)


def _attack(folder: Path, where: str, data: dict[str, Any]) -> Attack:
    version = data.get("format_version", FORMAT_VERSION)
    if type(version) is not int or version < 1:
        raise AttackError(f"{where}: format_version must be a whole number from 1.")
    if version > FORMAT_VERSION:
        raise AttackError(
            f"{where}: format_version is {version}, and this csrf-proof reads up to "
            f"{FORMAT_VERSION}. Install a newer one."
        )
    known = {each.name: each for each in fields(Attack) if each.name not in {"slug", "folder"}}
    needed = {
        name
        for name, each in known.items()
        if each.default is MISSING and each.default_factory is MISSING
    }
    if missing := sorted(needed - set(data)):
        raise AttackError(f"{where}: {', '.join(missing)} is missing.")
    if unknown := sorted(set(data) - set(known)):
        raise AttackError(f"{where}: {', '.join(unknown)} isn't a key of an attack.")
    for name, value in data.items():
        items = value if name in _LISTS else [value]
        kind = {"bool": bool, "int": int}.get(str(known[name].type), str)
        if name in {"adds", "headers"} and isinstance(value, dict):
            items = list(value.values())
        if not isinstance(items, list) or not all(isinstance(item, kind) for item in items):
            raise AttackError(f"{where}: {name} has a value of the wrong type.")
    lists = {name: tuple(data[name]) for name in _LISTS & set(data)}
    attack = Attack(**{"folder": folder, "slug": folder.name, **data, **lists})
    if mistake := attack.mistake():
        raise AttackError(f"{where}: {mistake}.")
    return attack


class Arsenal:
    """All attacks of a folder, ready to be served.

    `servers` and `catchers` are the slugs of the attacks with a `prepare` and a `caught`.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read every folder and load its code.

        Raises:
            AttackError: A folder isn't a complete attack, or its template or code can't be loaded.
        """
        self._pages = _environment(FileSystemLoader(folder))
        self.attacks: Mapping[str, Attack] = read_all(folder)
        for slug in self.attacks:
            for name in (EXPLOIT_PAGE, CAUGHT_PAGE):
                if (folder / slug / name).exists():
                    self._check_template(f"{slug}/{name}")
        modules = {
            slug: _load(attack.folder / SERVER)
            for slug, attack in self.attacks.items()
            if attack.server_source
        }
        self.servers: dict[str, Prepare] = _functions(modules, "prepare")
        self.catchers: dict[str, Catch] = _functions(modules, "caught")
        self.uses = {slug for slug in self.catchers if self.attacks[slug].caught_source}

    def _check_template(self, name: str) -> None:
        try:
            self._pages.get_template(name)
        except TemplateError as error:
            raise AttackError(f"attacks/{name}: {error}.") from error

    def prepare(self, attack: Attack, visitor: Visitor) -> Prepared:
        """Let the attack's server do its part before the page is served.

        Raises:
            VisitProblem: The application didn't play along.
            AttackError: The attack's own code failed, or didn't end.
        """
        if attack.slug not in self.servers:
            return Prepared()
        return _run(attack, lambda: self.servers[attack.slug](visitor))

    def catch(self, attack: Attack, said: Caught) -> Prepared:
        """Return what the attack's server makes of something that arrived.

        Raises:
            AttackError: The attack's own code failed, or didn't end.
        """
        return _run(attack, lambda: self.catchers[attack.slug](said))

    def render(self, shot: Shot, file: str = EXPLOIT_PAGE) -> str:
        """Return the page exactly as it is served.

        Raises:
            AttackError: The template fails, doesn't end, or makes too long a page.
        """
        name = f"{shot.attack.slug}/{file}"
        return _rendered(shot, lambda: self._pages.get_template(name), f"attacks/{name}")


def render_source(shot: Shot, source: str) -> str:
    """Return a page that isn't in a file, such as an attack's with a line changed, as it is served.

    Raises:
        AttackError: The template fails, doesn't end, or makes too long a page.
    """
    where = f"a page made of attacks/{shot.attack.slug}"
    return _rendered(shot, lambda: _environment().from_string(source), where)


def _environment(loader: BaseLoader | None = None) -> SandboxedEnvironment:
    found = SandboxedEnvironment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # A script shows the fields in the order in which the application's form has them.
    found.policies["json.dumps_kwargs"] = {}
    return found


def _rendered(shot: Shot, template: Callable[[], Template], where: str) -> str:
    values = {
        "url": shot.url,
        "endpoint": shot.endpoint,
        "target": shot.target,
        "caught": shot.caught,
        "short": shot.short,
        "fields": shot.fields,
        "files": shot.attack.files,
        "method": shot.attack.method,
        "click": shot.click,
        "messages": shot.messages,
        "headers": dict(shot.attack.headers),
        "cookies": dict(shot.prepared.cookies),
        "paths": shot.prepared.paths,
        "origin": shot.origin,
        "domain": urlsplit(shot.origin).hostname,
        "behind": shot.behind,
    }
    try:
        page = template()
        return within(RENDER_SECONDS, lambda: _joined(page.generate(**values)))
    except TookTooLong:
        raise AttackError(f"{where} took longer than {RENDER_SECONDS:g} s to render.") from None
    except Exception as error:
        raise AttackError(f"{where}: {error}.") from error


def _joined(pieces: Any) -> str:
    page: list[str] = []
    length = 0
    for piece in pieces:
        page.append(piece)
        length += len(piece)
        if length > LARGEST_PAGE:
            raise ValueError(f"the page is longer than {LARGEST_PAGE:,} characters")
    return "".join(page)


def _run(attack: Attack, call: Callable[[], Prepared]) -> Prepared:
    where = f"attacks/{attack.slug}/{SERVER}"
    try:
        prepared = within(SERVER_SECONDS, call)
    except VisitProblem:
        raise
    except TookTooLong:
        raise AttackError(f"{where} took longer than {SERVER_SECONDS:g} s.") from None
    except (Exception, SystemExit) as error:
        raise AttackError(f"{where} failed: {type(error).__name__}: {error}") from error
    if not isinstance(prepared, Prepared):
        raise AttackError(f"{where} must return Prepared, not {type(prepared).__name__}.")
    return prepared


def _load(file: Path) -> ModuleType:
    """Return the attack's own module. The folder's name is a slug, so it isn't a package."""
    where = f"attacks/{file.parent.name}/{SERVER}"
    spec = importlib.util.spec_from_file_location(f"server of {file.parent.name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader
    try:
        within(SERVER_SECONDS, lambda: loader.exec_module(module))
    except TookTooLong:
        raise AttackError(f"{where} took longer than {SERVER_SECONDS:g} s to load.") from None
    except (Exception, SystemExit) as error:
        raise AttackError(f"{where} can't be loaded: {type(error).__name__}: {error}") from error
    if not hasattr(module, "prepare") and not hasattr(module, "caught"):
        raise AttackError(f"{where} has neither a function prepare nor a function caught.")
    return module


def _functions(modules: Mapping[str, ModuleType], name: str) -> dict[str, Any]:
    return {slug: getattr(m, name) for slug, m in modules.items() if hasattr(m, name)}
