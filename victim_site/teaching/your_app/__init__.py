"""Attacks on somebody's own application, run by csrf-proof and followed on a page.

Only for whoever sits at this machine: it attacks what runs there.
"""
