"""Visits of the victim's browser: who waits for one, who makes it, and the result.

The attacker's site asks for them, the victim's browser (`victim_bot`) takes one after another, and
the verdict is made here, from what the lab has noted.
"""
