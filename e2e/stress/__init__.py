"""`make stress`: what a hostile room, a full disk or a killed process do to both sites.

Each kind of stress has a file of its own, and returns a line for each site. It aims at a playground
that is started as `make run` starts it (`stand.py`). Meanwhile honest visitors keep clicking
(`honest.py`), and transfers are compared with the rows in the database (`ledger.py`): the bank's
state is what counts. `python -m e2e.stress` lists the kinds and runs them.
"""
