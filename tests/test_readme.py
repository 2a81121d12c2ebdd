# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command and snippet of the README runs, with smaller settings added behind it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.commands.app import COMMANDS, main
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.weights import seeded_weights

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
COMMAND_LINES = [line for block in SHELL for line in block.splitlines() if line]
SNIPPETS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
TRAINED = "out/mine.npz"  # what the README trains, which takes PyTorch
QUICK = {
    "simulate": ["--channels", "1", "--images", "2"],
    "netlist": ["--channels", "1", "--images", "1"],
    "train": ["--channels", "1", "--epochs", "1"],
}


def test_readme_has_what_a_newcomer_needs():
    assert "make demo" in README and "make test" in README
    assert "memnet-spice" in README and "another project" in README
    assert len(COMMAND_LINES) >= 5 and len(SNIPPETS) >= 2
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).stat().st_size < 300_000


def test_the_makefile_has_the_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^demo:", makefile, flags=re.MULTILINE) and re.search(r"^test:", makefile, flags=re.MULTILINE)


def write_checkpoint(path):
    """Write what the README's `memnet import` reads."""
    needs("safetensors")
    from safetensors.numpy import save_file

    network = build_network(read_genotype("DARTS_V2"), channels=4, image_shape=(3, 8, 8))
    save_file(dict(seeded_weights(network, 0, np.random.RandomState(0).rand(4, 3, 8, 8))), path)


def run(lines):
    for line in lines:
        program, command, *arguments = shlex.split(line)
        assert program == "memnet" and command in COMMANDS
        assert main([command, *arguments, *QUICK.get(command, [])]) == 0, line


def test_every_command_line_runs(keep_decks, tmp_path, monkeypatch, capsys):
    needs("ngspice")
    monkeypatch.chdir(tmp_path)
    write_checkpoint(tmp_path / "darts.safetensors")
    run(line for line in COMMAND_LINES if TRAINED not in line)
    said = capsys.readouterr().out
    assert "out/imported.npz: DARTS_V2, C=4, L=3, 3 image channels" in said
    assert "conductances of out/placement.csv; the references have the targets" in " ".join(said.split())
    assert (tmp_path / "out" / "darts_v1" / "index.html").exists()


def test_the_command_lines_run_that_train_and_use_what_was_trained(keep_decks, tmp_path, monkeypatch, capsys):
    needs("torch")
    monkeypatch.chdir(tmp_path)
    run(line for line in COMMAND_LINES if TRAINED in line)
    said = capsys.readouterr().out
    assert "test accuracy" in said and "8-bit" in said and f"weights from {TRAINED}" in said


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_runs(snippet, keep_decks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick = re.sub(r'"(PDARTS|DARTS_V1)"', r'"\1", channels=1', re.sub(r"images=\d+", "images=1", snippet))
    assert quick.count("channels=1") == 1
    exec(compile(quick, "README.md", "exec"), {})  # noqa: S102 - our own text
