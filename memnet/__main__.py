"""Lets `python -m memnet` be the command line; knows nothing else."""

import sys

from memnet.cli import main

if __name__ == "__main__":
    sys.exit(main())
