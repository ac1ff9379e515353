"""One laptop for thirty: the way in.

Names, Secure cookies, Sec-Fetch headers and sites exist over plain http only for `*.localhost`. So
in a room everyone's own loopback address leads to the trainer's: by ssh (`tunnel`), or where that's
blocked by a small script (`join.py`, served by `lan`). The browser still opens
http://playground.localhost:8000.
"""
