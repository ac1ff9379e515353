"""The runner behind ``make run``: what it starts, how it waits, and how it stops it all.

``services`` lists what is started; ``playground`` starts, watches and stops it.
"""
