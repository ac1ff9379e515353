"""The reader of `docs/advisories.toml`: public CSRF advisories, and where each is here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalogue.matrix import Matrix

FILE = Path(__file__).parents[1] / "docs" / "advisories.toml"
DRAWN = 50
# The share that has a lab here, which the catalogue promises.
MAPPED = 0.95
Text = Annotated[str, Field(min_length=1)]


class Advisory(BaseModel):
    """One advisory, and the cell of the matrix that shows it, or in the `note` why there's none.

    `assumed` says what its description leaves open.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    year: int
    product: Text
    kind: Text
    lab: Text | None = None
    attack: Text | None = None
    position: Text | None = None
    note: Text | None = None
    assumed: Text | None = None


class Missing(BaseModel):
    """An attack that no lab shows: how it's done, what stops it, and where it's reported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Text
    how: Text
    stopped: Text
    source: Text


class Drawn(BaseModel):
    """What was drawn, out of how many, and the kinds, each with its sentence; and what nobody drew,
    but somebody found missing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    population: int
    kinds: dict[str, Text]
    advisories: tuple[Advisory, ...] = Field(alias="advisory")
    missing: tuple[Missing, ...] = ()


class AdvisoriesError(ValueError):
    """`advisories.toml` has a mistake; the message says where and what."""


@cache
def drawn() -> Drawn:
    """Return what was drawn, read once."""
    return read()


def read(file: Path = FILE) -> Drawn:
    """Return what's in the file.

    Raises:
        AdvisoriesError: The file is missing, isn't TOML, or isn't what an entry must be.
    """
    try:
        return Drawn.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise AdvisoriesError(f"{file.name}: {error.strerror}.") from error
    except ValidationError as error:
        mistake = error.errors()[0]
        where = ".".join(map(str, mistake["loc"]))
        raise AdvisoriesError(f"{file.name}: {where}: {mistake['msg']}.") from error
    except ValueError as error:
        raise AdvisoriesError(f"{file.name}: {error}.") from error


def problems(file: Path, loaded: Matrix) -> Iterator[str]:
    """Yield a sentence for everything that's wrong with the list."""
    try:
        found = read(file)
    except AdvisoriesError as error:
        yield str(error)
        return
    kinds, advisories = found.kinds, found.advisories
    ids = [advisory.id for advisory in advisories]
    if len(ids) != DRAWN:
        yield f"{file.name}: {len(ids)} advisories, and {DRAWN} were drawn."
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{file.name}: {twice} is there twice."
    for unused in sorted(set(kinds) - {advisory.kind for advisory in advisories}):
        yield f"{file.name}: no advisory is of the kind {unused}."
    mapped = sum(advisory.lab is not None for advisory in advisories)
    if mapped < MAPPED * len(ids):
        yield f"{file.name}: {mapped} of {len(ids)} have a lab, fewer than {MAPPED:.0%}."
    for advisory in advisories:
        for mistake in _mistakes(advisory, kinds, loaded):
            yield f"{file.name}: {advisory.id} {mistake}"


def _mistakes(advisory: Advisory, kinds: dict[str, str], loaded: Matrix) -> Iterator[str]:
    if not re.fullmatch(rf"CVE-{advisory.year}-\d{{4,}}", advisory.id):
        yield f"is not a CVE of {advisory.year}."
    if advisory.kind not in kinds:
        yield f"is of the kind {advisory.kind}, which [kinds] doesn't have."
    attack, position, lab = advisory.attack, advisory.position, advisory.lab
    if not (attack or position or lab):
        if advisory.note is None:
            yield "has no lab, and no note that says why."
    elif not (attack and position and lab):
        yield "needs a lab, an attack and a position, or none of them."
    elif not loaded.is_forged(loaded.profiles[0], attack, position, lab):
        yield f"names {attack}.{position} against {lab}, which isn't forged in the matrix."
