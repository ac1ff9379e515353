"""How the victim site is put together: settings, addresses, and which host is which."""
