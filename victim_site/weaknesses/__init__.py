"""Features that a bank had better not have: one file each, off unless a label says `with-…`."""
