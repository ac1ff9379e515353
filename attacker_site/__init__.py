"""The attacker's own site: bait pages that make a visitor's browser send requests to the demo bank.

It runs alone and imports nothing from the rest of the repository. Like a real attacker, it knows
its victim only as an address.
"""
