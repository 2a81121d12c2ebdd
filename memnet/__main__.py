"""`python -m memnet`: the command line."""

import sys

from memnet.commands import main

if __name__ == "__main__":
    sys.exit(main())
