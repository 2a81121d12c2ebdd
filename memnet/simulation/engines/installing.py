# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs ngspice into a private folder in which memnet looks for it: `memnet engines --install`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from memnet.errors import EngineNotFound

SCRIPT = Path(__file__).with_name("install_ngspice.sh")
STANDARD_ERROR = 2  # the file descriptor
REPOSITORY = Path(__file__).parents[3]


def install_folder() -> Path:
    """Return the folder that ngspice is installed in: beside the sources of memnet, else in the Python environment."""
    return REPOSITORY / ".ngspice" if (REPOSITORY / "pyproject.toml").is_file() else Path(sys.prefix) / "ngspice"


def install_ngspice(*, quiet: bool = False) -> None:
    """Install ngspice 42 or newer where none is; what is being done is printed on standard error.

    Parameters
    ----------
    quiet : only what went wrong is printed

    Raises
    ------
    EngineNotFound
        none could be installed; standard error says what to do
    """
    shell = shutil.which("bash")
    if shell is None:
        raise EngineNotFound(
            "ngspice cannot be installed here without bash: install its package, such as from its site"
        )
    # Standard output is for figures: `memnet engines --install --json -`.
    shown = subprocess.DEVNULL if quiet else STANDARD_ERROR
    if subprocess.run([shell, SCRIPT, install_folder()], check=False, stdout=shown).returncode:
        raise EngineNotFound("no ngspice was installed: see the line above")
