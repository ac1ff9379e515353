"""The victim: a small bank on Django, and the teaching side that explains what happens to it."""
