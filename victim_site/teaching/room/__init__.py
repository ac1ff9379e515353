"""A room: people with names, and what the trainer sees and says.

All of it is there only where `make room` has started the playground. Alone nobody needs a name.
"""
