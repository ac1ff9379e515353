"""Figures: how fast the playground is, next to what it's built on. Asserts nothing."""
