"""The wrong ones: defenses as people have shipped them, each with the attack that defeats it."""
