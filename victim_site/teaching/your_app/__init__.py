"""Attacks on somebody's own application, run by csrf-proof and followed on a page.

Only for the person at this machine, because it attacks what runs there.
"""
