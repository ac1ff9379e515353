"""Tests of the attacker's site, through Flask's test client."""
