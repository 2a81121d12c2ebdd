# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the files of memnet that one `memnet evaluate` goes through, and its moves from file to file.

    PYTHONPATH=CHECKOUT python scripts/call_path.py [GENOTYPE]

A move is a call from a function in one file to a function in another; each pair of files counts once. Files that are
only imported do not count. The command line itself is left out, and so are threads: one thread classifies two images.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any


def call(genotype: str) -> Callable[[], Any]:
    """Return the evaluation of a genotype with what the imported memnet calls it."""
    import memnet

    if hasattr(memnet, "Chip"):
        return lambda: memnet.Chip.of(genotype).evaluate(images=2, workers=1)
    from memnet.assembly import Setup  # in versions from before `Chip`
    from memnet.evaluation import evaluate

    return lambda: evaluate(Setup(genotype=genotype), images=2, workers=1)


def main() -> None:
    """Trace and print."""
    traced = call(sys.argv[1] if len(sys.argv) > 1 else "PDARTS")
    import memnet

    root = str(Path(str(memnet.__file__)).parent)
    files: set[str] = set()
    moves: set[tuple[str, str]] = set()

    def entered(frame: FrameType, event: str, _value: object) -> None:
        if event != "call" or not frame.f_code.co_filename.startswith(root) or frame.f_code.co_name == "<module>":
            return
        here, above = frame.f_code.co_filename, frame.f_back
        files.add(here)
        if above is not None and above.f_code.co_filename.startswith(root) and above.f_code.co_filename != here:
            moves.add((above.f_code.co_filename, here))

    sys.setprofile(entered)
    traced()
    sys.setprofile(None)
    folders = {str(Path(file).parent.relative_to(root)).split("/")[0] for file in files}
    print(f"files: {len(files)}, moves: {len(moves)}, packages: {len(folders)}")


if __name__ == "__main__":
    main()
