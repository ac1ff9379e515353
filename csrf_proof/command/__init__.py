"""The command `csrf-proof`: attack an application of your own, in real browsers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from csrf_proof.address import WrongUse
from csrf_proof.arsenal import AttackError
from csrf_proof.command import interrupting, options
from csrf_proof.command.starting import init, write_poc
from csrf_proof.command.status import Status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    does = _COMMANDS.get(given[0]) if given else None
    try:
        return does(given[1:]) if does else _attack(given)
    except (WrongUse, AttackError) as error:
        print(error, file=sys.stderr)
        return Status.WRONG_USE
    except KeyboardInterrupt:
        print(interrupting.SAID, file=sys.stderr)
        return Status.INTERRUPTED


def _attack(arguments: Sequence[str]) -> int:
    asked = options.for_address().parse_args(arguments)
    # Playwright takes a moment to import, which a mistake in the arguments shouldn't cost.
    from csrf_proof.command.proving import prove_form

    return prove_form(options.of_flags(asked), options.how(asked))


def _run(arguments: Sequence[str]) -> int:
    return _run_file(options.for_file("run", only=False).parse_args(arguments))


def _replay(arguments: Sequence[str]) -> int:
    return _run_file(options.for_file("replay", only=True).parse_args(arguments))


def _run_file(asked: options.Asked) -> int:
    from csrf_proof.command.proving import prove_form, prove_recipe

    if asked.file.suffix == ".py":
        return prove_recipe(asked.file, asked.url, options.how(asked))
    known = options.of_file(asked.file, asked.url)
    return prove_form(known, options.how(asked), options.source(asked.file))


def _record(arguments: Sequence[str]) -> int:
    asked = options.for_record().parse_args(arguments)
    from csrf_proof.command.record import record

    return record(asked.url, asked.file)


def _init(arguments: Sequence[str]) -> int:
    return init(test=options.for_init().parse_args(arguments).pytest)


def _demo(arguments: Sequence[str]) -> int:
    asked = options.for_demo().parse_args(arguments)
    from csrf_proof.command.demo import demo

    return demo(options.how(asked))


def _poc(arguments: Sequence[str]) -> int:
    return write_poc(options.for_poc().parse_args(arguments))


_COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "record": _record,
    "run": _run,
    "replay": _replay,
    "init": _init,
    "demo": _demo,
    "poc": _poc,
}
