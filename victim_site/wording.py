"""The reasons in the bank's own words: `csrf_proof` words them for any application.

Its sentences are for terminals, too, so they have straight apostrophes; pages have curly ones.
"""

from __future__ import annotations

from dataclasses import replace

from csrf_proof import reasons

REASONS = {
    code: replace(found, sentence=found.sentence.replace("'", "’"))
    for code, reason in reasons.REASONS.items()
    for found in [reason.about("the bank")]
}
