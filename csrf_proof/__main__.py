"""`python -m csrf_proof` is the command `csrf-proof`."""

from __future__ import annotations

import sys

from csrf_proof.command import main

sys.exit(main())
