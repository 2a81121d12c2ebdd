# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command and snippet of the first page and of the tutorials runs, each page from its top to its end."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from needed import needs
from written_code import QUICK, Options, blocks_of, lines_of, quick_python, run_line, run_snippet, write_checkpoint

from memnet.simulation.engines.installing import install_folder

ROOT = Path(__file__).parent.parent
START = ROOT / "docs" / "start.md"
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXPORT = 'export PATH="$PWD/.venv/bin:$PWD/.ngspice/usr/bin:$PATH"'
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PAGES = [START, *TUTORIALS]
FEWER = {
    **QUICK,
    "evaluate": {"--channels": "1", "--images": "2"},
    "disturb": {"--channels": "1", "--images": "2", "--inferences": "1"},
}
SAYS = {
    "start": ["used by default", ", 10)"],
    "architecture_searcher": ["out/imported.npz: DARTS_V2, C=4, L=3, 3 image channels", "random:7 8 "],
    "circuit_designer": ["all outputs are as expected", "run it there with: Xyce testbench.cir", ".subckt"],
    "device_person": ["v0_v = 0.35", "levels are compensated", "picture: out/loop.svg"],
    "engineer": [
        "3 passed",
        "10 of 10 deviate by more than 1 pV",
        "1 failed, 1 passed",
        "net/cell0/node2/rectified_c0y0x0",
        "have block cell0/node2 and columns plus_c0y0x0, minus_c0y0x0 in the placement table",
        "by more than 1 mV; the worst",
        "1 failed, 2 passed",
    ],
}

FIGURES = {
    "engineer": ["image 1 circuit +0.055993 V reference +0.079015 V off by -23 mV"]
}  # of the page's own networks


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder as a reader has it, with memnet, pytest and ngspice on the path, and a checkpoint."""
    needs("ngspice")
    needs("ngspice-batch")
    monkeypatch.chdir(tmp_path)
    tools = [str(Path(sys.executable).parent), str(install_folder() / "usr" / "bin"), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(tools))
    for folder in ("examples", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    write_checkpoint(tmp_path / "darts.safetensors")


def run_page(page: Path, smaller: Options) -> None:
    """Run a page from its top to its end, its snippets smaller where its commands are."""
    names: dict[str, object] = {}
    for block in blocks_of(page):
        if block.language == "python":
            run_snippet(quick_python(block.text) if smaller else block.text, names)
        for line in lines_of([block]):
            run_line(line, smaller)


def what_was_said(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


SLOW = ("engineer", "start")  # ten seconds or more of simulations, which tests of their own have as well
SMALLER = [pytest.param(page, id=page.stem, marks=[pytest.mark.long] * (page.stem in SLOW)) for page in PAGES]


@pytest.mark.parametrize("page", SMALLER)
def test_a_page_runs_with_a_smaller_network(page, desk, keep_decks, digits_of_half_the_size, capsys):
    run_page(page, FEWER)
    said = what_was_said(capsys)
    assert [words for words in SAYS[page.stem] if words not in said] == []


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_runs_as_it_stands(page, desk, capsys):
    run_page(page, {})
    said = what_was_said(capsys)
    assert [words for words in (*SAYS[page.stem], *FIGURES.get(page.stem, ())) if words not in said] == []


def test_every_page_has_commands_and_snippets():
    for page in PAGES:
        blocks = blocks_of(page)
        assert len(lines_of(blocks)) >= 3 and {block.language for block in blocks} == {"sh", "python"}
        assert page.read_text(encoding="utf-8").count("```") == 2 * len(blocks)  # no block that no test runs


def test_the_first_page_puts_the_folders_on_the_path_that_set_up_makes():
    assert README.count(EXPORT) == 1
    text, makefile = START.read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    assert EXPORT in text
    assert "VENV := .venv\nBIN := $(VENV)/bin\n" in makefile
    assert install_folder() == ROOT / ".ngspice"
    assert (ROOT / ".ngspice" / "usr" / "bin" / "ngspice").exists() == (ROOT / ".ngspice").exists()
    for tutorial in TUTORIALS:
        assert f"(tutorials/{tutorial.name})" in text and f"(docs/tutorials/{tutorial.name})" in README


def test_the_workflow_publishes_what_make_docs_writes():
    workflow = (ROOT / ".github" / "workflows" / "docs.yml").read_text(encoding="utf-8")
    assert "run: make docs\n" in workflow and "path: docs/_build/html\n" in workflow
    assert "-b html docs docs/_build/html\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
