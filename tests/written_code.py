# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands and snippets of a Markdown page, run as its reader would, with smaller settings; knows no page.

`sh` blocks have a command a line: those of memnet run in this process, `cd` changes the folder, all others go to the
shell. A `python` block whose first line is a comment with the name of a file, such as `# test_mine.py`, is that file;
the others run one after another and see each other's names.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from needed import needs

from memnet.commands.app import COMMANDS, main
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.weights import seeded_weights

Options = Mapping[str, Mapping[str, str]]  # option and value, by command
QUICK: Options = {
    "simulate": {"--channels": "1", "--images": "2"},
    "netlist": {"--channels": "1", "--images": "1"},
    "train": {"--channels": "1", "--epochs": "1"},
}
FAILING = {"test_broken.py", "test_stuck.py"}  # what pytest runs on a page to see it fail
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# (\w+\.py)\n")


@dataclass(frozen=True)
class Block:
    """A block of code on a page: `language` is sh or python."""

    language: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page, from the first."""
    return [Block(*found) for found in _BLOCK.findall(page.read_text(encoding="utf-8"))]


def lines_of(blocks: list[Block]) -> list[str]:
    """Return all command lines of these blocks."""
    return [line for block in blocks if block.language == "sh" for line in block.text.splitlines() if line]


def run_line(line: str, smaller: Options) -> None:
    """Run one command line, with smaller settings behind it; channels that the line itself names stay."""
    program, *arguments = shlex.split(line)
    if program == "cd":
        os.chdir(arguments[0])
    elif program == "memnet":
        assert arguments[0] in COMMANDS, line
        added = smaller.get(arguments[0], {}).items()
        own = {"--channels"} & set(arguments)
        assert main([*arguments, *(word for pair in added if pair[0] not in own for word in pair)]) == 0, line
    else:
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=300)
        wanted = 1 if program == "pytest" and FAILING & set(arguments) else 0
        assert done.returncode == wanted, f"{line}\n{done.stdout}{done.stderr}"
        print(done.stdout)


def run_snippet(text: str, names: dict[str, object]) -> None:
    """Run a snippet of Python in a namespace, or write the file that it is."""
    if named := _FILE.match(text):
        Path(named.group(1)).write_text(text, encoding="utf-8")
    else:
        exec(compile(text, "snippet", "exec"), names)  # noqa: S102 - our own text


def quick_python(text: str) -> str:
    """Return a snippet with one channel and one image in each call that names a genotype first."""
    fewer = re.sub(r"images=\d+", "images=1", text)
    named = r'(?<=\w)\("(PDARTS|DARTS_V[12]|random:\d+)"(?![^)]*channels=)'
    return re.sub(named, r'("\1", channels=1', fewer)


def write_checkpoint(path: Path) -> None:
    """Write what `memnet import` reads on the pages: DARTS_V2 for images of 3 x 8 x 8 pixels, C=4, L=3."""
    needs("safetensors")
    from safetensors.numpy import save_file

    network = build_network(read_genotype("DARTS_V2"), channels=4, image_shape=(3, 8, 8))
    save_file(dict(seeded_weights(network, 0, np.random.RandomState(0).rand(4, 3, 8, 8))), path)
