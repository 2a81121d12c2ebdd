# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the pages on simulators runs where its tool is here, each page from its top to its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from needed import needs
from test_tutorials import desk, run_page, what_was_said  # noqa: F401 - a fixture
from written_code import blocks_of

from memnet.netlist.dialects import DIALECTS
from memnet.simulation.engines.xyce import find_xyce

PAGES = sorted((Path(__file__).parent.parent / "docs" / "simulators").glob("*.md"))
TOOLS = {"schematics": "xschem", "xyce": "xyce"}
RUN = ("ngspice", "schematics", "xyce")  # those on which an export is simulated


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs(page, desk, monkeypatch, capsys):  # noqa: F811
    if page.stem in TOOLS:
        needs(TOOLS[page.stem])
    if page.stem == "xyce":
        monkeypatch.setenv("PATH", os.pathsep.join([str(Path(find_xyce().path).parent), os.environ["PATH"]]))
    run_page(page, {})
    said = what_was_said(capsys)
    assert ("all outputs are as expected" in said) == (page.stem in RUN)
    if page.stem in DIALECTS:
        assert f"run it there with: {DIALECTS[page.stem].command}" in said


def test_each_dialect_has_a_page_with_the_same_parts():
    parts = ["## What was run, and by whom", "## Sizes and times", "## Your own devices", "## Stumbling stones"]
    assert {page.stem for page in PAGES} == {*DIALECTS, "schematics"}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert page.stem == "schematics" or [part for part in parts if part not in text] == []
        assert text.count("```") == 2 * len(blocks_of(page))  # no block that no test runs
        assert page.stem == "schematics" or DIALECTS[page.stem].command in text
