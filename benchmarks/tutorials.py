# SPDX-License-Identifier: GPL-3.0-or-later
"""How many commands and snippets each page for newcomers has, and how long they take from its top to its end.

    python benchmarks/tutorials.py [PAGE.md ...] [--json tutorials.json]

Without names: `README.md`, `docs/start.md`, the tutorials and the how-to pages. Each page runs as it stands, in a
process and an empty folder of its own, with memnet and ngspice on the path, as its reader runs it; wall times on this
machine. Reading is not in them: at 200 words a minute it takes `words` / 200 minutes. A page whose command fails has no
seconds, and the script ends with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "start.md",
    *sorted(ROOT.glob("docs/tutorials/*.md")),
    *sorted(ROOT.glob("docs/howto/*.md")),
]
sys.path.insert(0, str(ROOT / "tests"))  # what reads and runs the blocks of a page


def run(page: Path) -> list[float]:
    """Run a page in the current folder; return the seconds that each command and snippet took, in order."""
    from written_code import blocks_of, lines_of, run_line, run_snippet

    names: dict[str, object] = {}
    took = []
    for block in blocks_of(page):
        steps = [(run_line, line, {}) for line in lines_of([block])] or [(run_snippet, block.text, names)]
        for step, text, more in steps:
            began = time.perf_counter()
            step(text, more)
            took.append(time.perf_counter() - began)
    return took


def desk(folder: Path) -> None:
    """Lay out what pages take as given: the folders of examples and notebooks, and a checkpoint."""
    from written_code import write_checkpoint

    for given in ("examples", "notebooks"):
        shutil.copytree(ROOT / given, folder / given)
    write_checkpoint(folder / "darts.safetensors")


def path_with_tools() -> str:
    """Return the search path with the two folders that set-up makes in front."""
    return os.pathsep.join(
        [str(Path(sys.executable).parent), str(ROOT / ".ngspice" / "usr" / "bin"), os.environ["PATH"]]
    )


def measured(page: Path) -> dict[str, object]:
    """Return the figures of a page: seconds are None where one of its commands failed."""
    from written_code import blocks_of, lines_of

    blocks = blocks_of(page)
    figures: dict[str, object] = {
        "page": str(page.relative_to(ROOT)),
        "words": len(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL).split()),
        "commands": len(lines_of(blocks)),
        "snippets": sum(block.language == "python" for block in blocks),
    }
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PATH": path_with_tools(), "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
        call = [sys.executable, str(Path(__file__).resolve()), "--only", str(page)]
        done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    took = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
    if took is None:
        print(done.stdout[-1000:], done.stderr[-2000:], file=sys.stderr)
    return {**figures, "seconds": took and sum(took), "longest": took and max(took)}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, default=PAGES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)  # the process of one page
    arguments = parser.parse_args()
    if arguments.only:
        desk(Path.cwd())
        print(f"\n{json.dumps(run(arguments.only))}")
        return 0
    rows = []
    print("| page | words | commands | snippets | seconds to its end | longest step, s |\n|---|---|---|---|---|---|")
    for page in arguments.pages:
        row = measured(page.resolve())
        rows.append(row)
        seconds, longest = (f"{row[key]:.1f}" if row[key] else "failed" for key in ("seconds", "longest"))
        print(
            f"| {row['page']} | {row['words']} | {row['commands']} | {row['snippets']} | {seconds} | {longest} |",
            flush=True,
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any(row["seconds"] is None for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
