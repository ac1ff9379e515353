"""How a playground is started, served and stopped: real processes, and no browser."""
