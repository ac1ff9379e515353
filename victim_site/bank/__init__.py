"""The bank under attack. It knows that there are defenses, and none of them by name."""
