"""The victim: a real browser, signed in as alice, that opens what it is sent."""
