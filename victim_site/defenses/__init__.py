"""The defenses, one folder each, found by listing this folder."""
