"""Features that a bank should not have: one folder each, off unless a label says `with-…`."""
