"""Start the CSRF Playground: makes the environment on the first run, then starts both sites.

    python start.py

This file can be read by Python versions that are too old for everything else, to say so.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "Python 3.11 or newer is needed, and this is Python {}.{}; for example: "
        "python3.12 start.py, or make run PYTHON=python3.12\n".format(*sys.version_info)
    )
    sys.exit(2)

from tools.runner import environment

if __name__ == "__main__":
    sys.exit(environment.main())
