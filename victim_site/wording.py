"""The reasons in the bank's own words: `csrf_proof` words them for any application."""

from __future__ import annotations

from csrf_proof import reasons

REASONS = {code: reason.about("the bank") for code, reason in reasons.REASONS.items()}
