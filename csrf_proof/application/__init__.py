"""Somebody's own application: how it's used, what it sends, and who stops a forgery."""
