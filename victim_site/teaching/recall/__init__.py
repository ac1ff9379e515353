"""Questions about what the lessons have taught: a review before each new one, and a quiz."""
