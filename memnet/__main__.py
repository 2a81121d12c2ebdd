# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of `python -m memnet`: runs the command line."""

import sys

from memnet.commands import main

if __name__ == "__main__":
    sys.exit(main())
