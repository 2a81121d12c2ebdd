# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of the command `memnet` and of `python -m memnet`: runs the command line."""

import signal
import sys


def main() -> int:
    """Run one command and return its exit status; an interrupt while modules are loaded is one sentence too."""
    try:
        from memnet.commands import main as run
    except KeyboardInterrupt:
        print("memnet: interrupted before it began", file=sys.stderr)
        return 128 + signal.SIGINT
    status = run()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # another interrupt ends the process at once, without a traceback
    return status


if __name__ == "__main__":
    sys.exit(main())
