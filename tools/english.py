"""A linter of the English that people read: phrases that nobody would say, and what to say instead.

    python -m tools.english

prints a line for each phrase, with file and line, and ends with status 1 if there is one. It reads
texts, templates, documents, docstrings and comments, scripts and Makefiles included. A phrase is
wrong wherever it is, so files are searched as plain text, and a phrase is found even if it
continues in the next line.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.check.printing import printed
from tools.copy import environments

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = {".css", ".html", ".js", ".md", ".py", ".toml", ".txt", ".yml"}
NAMES = {"Dockerfile", "Makefile"}
# They quote the phrases.
EXCLUDED = ("tools/english.py", "tools/tests/test_english.py")
# What other people have written.
LICENSES = "LICENSE.txt"
# What is between two words of a phrase: a space, or the end of a line in a text, a comment or a
# string that goes on in the next line.
GAP = r"""(?:[\s"'#/*]|\bf")+"""


@dataclass(frozen=True)
class Phrase:
    """A regular expression in which a space is any gap between words, and what to say instead.

    A match that begins with the word `fine` is good English.
    """

    pattern: str
    instead: str
    fine: str = ""

    @property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(rf"\b(?:{self.pattern.replace(' ', GAP)})\b", re.IGNORECASE)


# Each pattern has the word that makes the phrase wrong, because the rest of it is often fine.
PHRASES = [
    # “There is no token” and “it is no longer sent” are good English. Only a subject before it and
    # a noun after it are wrong: “the body is no JSON object”.
    Phrase(
        r"(?:there )?(?:is|are|was|were) no (?!(?:longer|more|less|other|different|such)\b)[\w’-]+",
        "“isn't a …”, “is not a valid …”",
        fine="there",
    ),
    Phrase(r"(?:come|comes|coming|came) along", "“is sent”, “is included”"),
    # “Put it back” and “keeps coming back” are fine.
    Phrase(
        r"(?:keep|keeps|keeping|kept) "
        r"(?:(?:it|them|(?:the|a|its|your|their|third-party|every|such) cookies?|cookies) )?back",
        "“isn't sent”, “withholds”, “blocks”",
    ),
    Phrase(r"(?:stay|stays|stayed|staying) behind", "“isn't sent”"),
    Phrase(r"(?:mend|mends|mended|mending)", "“fix”"),
    # “Stands in for” and “stands out” are fine.
    Phrase(
        r"(?:stand|stands|stood) (?:in(?! for\b)|beside|above|below|behind|between|there|here)",
        "“is in”, “is next to”",
    ),
    Phrase(r"(?:lies|lay) (?:in|beside|over|above|below|behind|on)", "“is in”, “is over”"),
    Phrase(r"had better", "“should”"),
    # “What it does without one” is fine.
    Phrase(
        r"(?:what (?:it|each|that) )?does without (?:it|them|one|that)",
        "“works without it”",
        "what",
    ),
    Phrase(r"what (?:came|comes|has come|had come|will come) of", "“the result of”"),
    Phrase(r"the own", "“its own”, “your own”"),
    Phrase(r"shall", "“should”, “will”"),
    Phrase(r"by thought", "“derived by hand”"),
    Phrase(r"(?:ask|asks|asked|asking) for leave", "“ask permission”"),
    Phrase(r"(?:fall|falls|fell) to (?:the|a|an|this|that)", "“is bypassed by”"),
    Phrase(r"(?:take|takes|took) it for", "“assumes that it's”"),
    Phrase(r"(?:had|has|have) (?:its|their|a) say", "“ran”, “decides”"),
    Phrase(r"(?:anybody|anyone)[’']s will do", "“any valid one is accepted”"),
    Phrase(r"as the lessons are written", "“as the lessons describe”"),
    Phrase(r"short CSRF", "“CSRF for short”"),
    Phrase(r"well seen", "“good call”"),
    Phrase(r"prediction is kept", "“prediction saved”"),
    Phrase(r"who has none gets one", "“creating one if needed”"),
    Phrase(r"anew", "“again”"),
    Phrase(r"by way of", "“through”, “with”"),
    Phrase(r"(?:to|can|cannot|could|might) be had", "“isn't available”, “you can get”"),
    Phrase(r"(?:come|comes|came|coming) to the same(?=[.,:;)]| in\b)", "“has the same result”"),
    Phrase(r"nothing (?:comes|came|will come) of", "“it doesn't work”"),
    Phrase(r"in vain", "“without effect”, “for nothing”"),
    Phrase(r"one[’']s own", "“your own”"),
    Phrase(r"(?:puts|putting) up with", "“accepts”, “handles”"),
    Phrase(r"(?:know|knows|knew) (?:of )?no", "“doesn't know any”"),
]


@dataclass(frozen=True)
class Hit:
    """A phrase in a text: where it is, what it says, and what to say instead."""

    line: int
    said: str
    instead: str


def hits(text: str) -> Iterator[Hit]:
    """Yield the phrases in a text that give it away, in the order of the list."""
    for phrase in PHRASES:
        for found in phrase.compiled.finditer(text):
            if phrase.fine and found[0].lower().startswith(phrase.fine):
                continue
            line = text.count("\n", 0, found.start()) + 1
            yield Hit(line, re.sub(GAP, " ", found[0]), phrase.instead)


def problems(root: Path = ROOT) -> Iterator[str]:
    """Yield a line for each phrase in a tree."""
    for file in files(root):
        name = file.relative_to(root).as_posix()
        if name.startswith(EXCLUDED) or name.endswith(LICENSES):
            continue
        for hit in sorted(hits(file.read_text(encoding="utf-8")), key=lambda hit: hit.line):
            yield f"{name}:{hit.line}: “{hit.said}”: say {hit.instead}"


def files(root: Path) -> Iterator[Path]:
    """Yield the files to read, in order, without state, environments and hidden folders."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        left_out = {"__pycache__", "var", "node_modules"} | environments(here, folders)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in left_out)
        read = (name for name in names if name in NAMES or Path(name).suffix in SUFFIXES)
        yield from (here / name for name in sorted(read))


def main() -> int:
    """Print the phrases, or say that there are none."""
    if printed(problems(), "phrases to reword"):
        return 1
    print("english: no give-away phrases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
