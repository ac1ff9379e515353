"""The bank under attack. It knows that defenses exist, but none of them by name."""
