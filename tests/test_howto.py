# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command and snippet of the how-to pages runs as it stands, each page from its top to its end."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from test_tutorials import desk, run_page  # noqa: F401 - a fixture
from written_code import run_line

PAGES = sorted((Path(__file__).parent.parent / "docs" / "howto").glob("*.md"))
LONG = ("sweep", "waveforms", "wires")  # five seconds or more of simulations


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=page.stem, marks=[pytest.mark.long] * (page.stem in LONG)) for page in PAGES]
)
def test_a_page_runs(page, desk, keep_decks):  # noqa: F811
    mpl.use("agg")
    run_page(page, {})


def test_a_wrong_command_fails(desk):  # noqa: F811
    for wrong in ("memnet evaluate NOPE", "memnet nothing", "python missing.py"):
        with pytest.raises(AssertionError):
            run_line(wrong, {})
