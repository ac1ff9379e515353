"""Development tools: the runner behind ``make run`` and the finder of browsers.

Nothing here is part of either site, and neither site imports it.
"""
