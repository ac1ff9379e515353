"""Django's command line for the victim site: ``python -m victim_site.manage <command>``."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victim_site.config.settings")
    execute_from_command_line(sys.argv)
