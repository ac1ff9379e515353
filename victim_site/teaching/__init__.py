"""The teaching side: the story, a page for each lab, the live log, the matrix, the sources.

It holds the protections that it teaches. What it knows of attacks and defenses it reads from
their files as text; it holds no logic of theirs.
"""
