#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the container image of the Dockerfile, and runs in it what `make demo` runs.

    scripts/try_container.py                                  with podman, docker or buildah, the first that is here
    scripts/try_container.py --tool docker -- --build-arg PACKAGES=g++      what follows -- is for the build

Prints the seconds of the build and of each command, and the first line with a figure of the demo. The exit status is 1
if the build or a command fails, or the user in the image is root.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("podman", "docker", "buildah")
COMMANDS = ("memnet --version", "memnet engines", "memnet simulate PDARTS --images 2", "memnet demo")
FIGURE = "digits right"  # in the line that the demo prints after each network


def build(tool: str, image: str, more: list[str]) -> list[str]:
    """Return the command that builds the image."""
    return [tool, "build", *more, "--file", str(ROOT / "Dockerfile"), "--tag", image, str(ROOT)]


def run(tool: str, place: str, words: list[str], more: list[str]) -> list[str]:
    """Return the command that runs `words` in the image, or with buildah in a container of it.

    A call of memnet goes through the image's entry point where the tool has one.
    """
    if tool == "buildah":  # runs no entry points
        return [tool, "run", *more, place, "--", *words]
    program, *rest = words
    return [tool, "run", "--rm", *more, *([] if program == "memnet" else ["--entrypoint", program]), place, *rest]


@contextmanager
def started(tool: str, image: str) -> Iterator[str]:
    """Give what commands run in: the image, or with buildah a container, which is removed at the end."""
    if tool != "buildah":
        yield image
        return
    container = subprocess.run([tool, "from", image], check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield container
    finally:
        subprocess.run([tool, "rm", container], check=True, capture_output=True)


def tried(command: list[str], what: str) -> str:
    """Run a command, print how long it took and how it ended, and return what it said on standard output."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"{time.perf_counter() - start:7.1f} s  {'works' if done.returncode == 0 else 'FAILS'}  {what}", flush=True)
    if done.returncode:
        raise SystemExit(f"{what}: exit status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def main() -> int:
    """Build the image, run the commands, and return the exit status."""
    arguments = _arguments()
    tool = arguments.tool or next((each for each in TOOLS if shutil.which(each)), None)
    if tool is None:
        raise SystemExit(f"none of {', '.join(TOOLS)} is here: install one")
    tried(build(tool, arguments.image, arguments.build), f"{tool} build")
    with started(tool, arguments.image) as place:
        user = tried(run(tool, place, ["id", "-u"], arguments.run), "id -u").strip()
        if user == "0":
            raise SystemExit("the user in the image is root")
        said = [tried(run(tool, place, command.split(), arguments.run), command) for command in COMMANDS]
    print(f"user {user}; " + next(line for line in said[-1].splitlines() if FIGURE in line))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", choices=TOOLS, help="by default the first that is here")
    parser.add_argument("--image", default="memnet", help="name of the image (default: %(default)s)")
    parser.add_argument("--run", action="append", default=[], metavar="OPTION", help="for each run, as --run=--init")
    parser.add_argument("build", nargs="*", help="options of the build, after --")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
