#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs memnet with the lowest versions that pyproject.toml allows, in a new folder, and runs the short tests.

    scripts/lowest_versions.py                        all dependencies, and those of the extras in EXTRAS
    scripts/lowest_versions.py --extras test -- -x    other extras; what follows -- is for pytest

Where this fails, a bound in pyproject.toml is too low: raise it to the lowest version that passes. What these packages
need themselves is installed in its newest version, as pip does for a user.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("test", "embedded", "parquet", "safetensors", "cluster")  # all but train, whose PyTorch is large
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)>=(?P<least>[\w.]+)(?P<marker>\s*;.*)?$")


def lowest(requirement: str) -> str:
    """Return a requirement with its lower bound as the only version."""
    found = REQUIREMENT.match(requirement)
    if found is None:
        raise SystemExit(f"pyproject.toml: {requirement!r} is not of the form name>=version")
    return f"{found['name']}=={found['least']}{found['marker'] or ''}"


def pinned(extras: list[str]) -> list[str]:
    """Return the lowest versions of all dependencies and of those of some extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    more = [each for name in extras for each in project["optional-dependencies"][name]]
    return [lowest(each) for each in dict.fromkeys([*project["dependencies"], *more])]


def main() -> int:
    """Install, list what was installed, run the tests, and return their exit status."""
    arguments = _arguments()
    extras = arguments.extras.split(",")
    with tempfile.TemporaryDirectory(prefix="memnet-lowest-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", *pinned(extras), "-e", f"{ROOT}[{arguments.extras}]"], check=True)
        subprocess.run([*pip, "list"], check=True)
        tests = ["-m", "pytest", "-n", "2", "--dist", "worksteal", "-q", "-rfEs"]
        return subprocess.run([python, *tests, "-m", "not long", *arguments.pytest, "tests"], cwd=ROOT).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extras", default=",".join(EXTRAS), help="with commas (default: %(default)s)")
    parser.add_argument("pytest", nargs="*", help="arguments of pytest, after --")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
