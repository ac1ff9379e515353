"""The weaknesses that a lab can be given with ``with-<weakness>``, one file each."""
