# SPDX-License-Identifier: GPL-3.0-or-later
"""`import memnet`, `memnet --help` and `memnet --version` load nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    *("numpy", "scipy", "sklearn", "torch", "PySpice", "matplotlib", "networkx", "neospice", "pandas", "jinja2"),
    "rich",  # which other help and all tables are printed with
)
IMPORT = "import memnet"
HELP, VERSION = (f"from memnet.commands import main; assert main(['{flag}']) == 0" for flag in ("--help", "--version"))


@pytest.mark.parametrize("code", [IMPORT, HELP, VERSION])
def test_nothing_heavy_is_loaded(code):
    ask = f"{code}\nimport sys\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_public_names_load_at_first_use():
    import memnet

    for name in memnet.__all__:
        assert getattr(memnet, name) is not None
    with pytest.raises(AttributeError, match="attribute simulat"):
        memnet.simulat  # noqa: B018
