# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command and snippet of the README and of the tour of commands runs, with smaller settings added behind it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from needed import needs
from written_code import QUICK, blocks_of, lines_of, quick_python, run_line, run_snippet, write_checkpoint

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block for page in (ROOT / "README.md", ROOT / "docs" / "tour.md") for block in blocks_of(page)]
COMMAND_LINES = lines_of(BLOCKS)
SNIPPETS = [block.text for block in BLOCKS if block.language == "python"]
TRAINED = "out/mine.npz"  # what the tour trains, which takes PyTorch


def test_readme_has_what_a_newcomer_needs():
    assert "make demo" in README and "make test" in README
    assert "memnet-spice" in README and "another project" in README
    assert len(COMMAND_LINES) >= 5 and len(SNIPPETS) >= 2
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (ROOT / target).stat().st_size < 300_000


def test_the_makefile_has_the_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:", makefile, flags=re.MULTILINE) and re.search(r"^test:", makefile, flags=re.MULTILINE)


def test_every_command_line_runs(keep_decks, digits_of_half_the_size, tmp_path, monkeypatch, capsys):
    needs("ngspice")
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "darts.safetensors")
    for line in COMMAND_LINES:
        if TRAINED not in line:
            run_line(line, QUICK)
    said = capsys.readouterr().out
    assert "out/imported.npz: DARTS_V2, C=4, L=3, 3 image channels" in said
    assert "conductances of out/placement.csv; the references have the targets" in " ".join(said.split())
    assert (tmp_path / "out" / "darts_v1" / "index.html").exists()


def test_the_command_lines_run_that_train_and_use_what_was_trained(
    keep_decks, digits_of_half_the_size, tmp_path, monkeypatch, capsys
):
    needs("torch")
    monkeypatch.chdir(tmp_path)
    for line in COMMAND_LINES:
        if TRAINED in line:
            run_line(line, QUICK)
    said = capsys.readouterr().out
    assert "test accuracy" in said and "8-bit" in said and f"weights from {TRAINED}" in said


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_runs(snippet, keep_decks, digits_of_half_the_size, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick = quick_python(snippet)
    assert quick.count("channels=1") == 1
    run_snippet(quick, {})
