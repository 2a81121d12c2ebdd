# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the files of memnet that one call goes through, and its moves from file to file.

    PYTHONPATH=CHECKOUT python scripts/call_path.py [CODE]

CODE is by default an evaluation of PDARTS on two images; that of a version from before `Chip` is
"from memnet.evaluation import evaluate; from memnet.assembly import Setup;
evaluate(Setup(genotype='PDARTS'), images=2, workers=1)". A move is a call from a function in one file to a function in
another; each pair of files counts once. Files that are only imported do not count.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

CODE = "import memnet; memnet.Chip.of('PDARTS').evaluate(images=2, workers=1)"


def main() -> None:
    """Trace and print."""
    import memnet

    root = str(Path(str(memnet.__file__)).parent)
    code = compile(sys.argv[1] if len(sys.argv) > 1 else CODE, "traced", "exec")
    files: set[str] = set()
    moves: set[tuple[str, str]] = set()

    def entered(frame: FrameType, event: str, _value: object) -> None:
        if event != "call" or not frame.f_code.co_filename.startswith(root) or frame.f_code.co_name == "<module>":
            return
        here, above = frame.f_code.co_filename, frame.f_back
        files.add(here)
        if above is not None and above.f_code.co_filename.startswith(root) and above.f_code.co_filename != here:
            moves.add((above.f_code.co_filename, here))

    exec(code, {})  # noqa: S102 - once before, so that imports are done
    sys.setprofile(entered)
    exec(code, {})  # noqa: S102 - the user's own code
    sys.setprofile(None)
    packages = {Path(file).relative_to(root).parts[0] for file in files}
    print(f"files: {len(files)}, moves: {len(moves)}, top-level names: {len(packages)}")


if __name__ == "__main__":
    main()
