# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input through the command line: the exit status, and a sentence that says what, where and what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.commands.app import main
from memnet.errors import SimulationError
from memnet.flow.chip import simulate
from memnet.genotype.read import read_genotype
from memnet.netlist.deck import Deck
from memnet.network.build import build_network
from memnet.network.weights import save, seeded_weights
from memnet.simulation.engines.registry import find_engine

GOOD = [("skip_connect", 0), ("skip_connect", 1)] * 4


def genotype_text(normal, extra=""):
    """Return a genotype's text with the given normal cell."""
    return f"Genotype(normal={normal!r}, normal_concat=range(2, 6), reduce={GOOD!r}, reduce_concat=range(2, 6){extra})"


def refused(capsys, status, *arguments):
    """Run a command that must fail so, and return what it says."""
    needs("engine")  # which a command asks for first
    assert main([str(argument) for argument in arguments]) == status
    said = capsys.readouterr()
    assert "Traceback" not in said.err and said.err.startswith("memnet: ")
    return said.err


@pytest.mark.parametrize(
    ("genotype", "texts"),
    [
        ("DARTS_V3", ("unknown genotype 'DARTS_V3'", "did you mean", "DARTS_V")),
        ("NASNet", ("NASNet", "sep_conv_7x7")),
        (genotype_text([("sep_conv_3x4", 0), *GOOD[1:]]), ("node2/edge0-sep_conv_3x4", "did you mean sep_conv_3x3")),
        (genotype_text([("skip_connect", 2), *GOOD[1:]]), ("node2/edge2-skip_connect", "predecessor out of range")),
        (genotype_text([GOOD[:2], [], GOOD[:2], GOOD[:2]]), ("normal/node3", "no edge listed")),
        (genotype_text([GOOD[:2]] * 3), ("3 nodes, where a cell has 4",)),
        (genotype_text(GOOD).replace("range(2, 6)", "exit()", 1), ("line 1, column", "neither a literal")),
    ],
)
def test_genotypes_are_refused_by_name(genotype, texts, capsys):
    said = refused(capsys, 2, "simulate", genotype)
    assert all(text in said for text in texts)


@pytest.fixture
def weight_file(tmp_path):
    """Return a function that writes weights of DARTS_V1 at C=1, changed as told."""
    network = build_network(read_genotype("DARTS_V1"), channels=1)
    images = np.random.RandomState(0).rand(8, 1, 8, 8)

    def write(change):
        tensors = seeded_weights(network, 0, images)
        change(tensors)
        save(tmp_path / "w.npz", network, tensors, {})
        return tmp_path / "w.npz"

    return write


def test_weights_that_do_not_fit_are_refused_by_tensor(weight_file, capsys):
    path = weight_file(lambda tensors: None)
    said = refused(capsys, 2, "simulate", "DARTS_V1", "--channels", "2", "--weights", path)
    assert "stem.0.weight has shape (3, 1, 3, 3)" in said and "(6, 1, 3, 3)" in said
    said = refused(capsys, 2, "simulate", "PDARTS", "--channels", "1", "--weights", path)
    assert "made for DARTS_V1" in said


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_by_tensor(value, weight_file, capsys):
    path = weight_file(lambda tensors: tensors["classifier.weight"].__setitem__((0, 0), value))
    said = refused(capsys, 2, "simulate", "DARTS_V1", "--channels", "1", "--weights", path)
    assert "classifier.weight" in said and "NaN or infinite" in said


def test_weight_files_that_are_none_are_refused(tmp_path, capsys):
    missing = refused(capsys, 2, "simulate", "DARTS_V1", "--weights", tmp_path / "none.npz")
    assert "none.npz" in missing and "memnet train" in missing
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04 cut off")
    assert "cut.npz" in refused(capsys, 2, "simulate", "DARTS_V1", "--weights", tmp_path / "cut.npz")


def test_data_that_is_missing_or_truncated_is_refused(tmp_path, capsys):
    assert "--data" in refused(capsys, 2, "simulate", "DARTS_V1", "--dataset", "cifar10")
    assert "mnist" in refused(capsys, 2, "simulate", "DARTS_V1", "--dataset", "mnist")
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for name in ("batches.meta", "test_batch", *(f"data_batch_{i}" for i in range(1, 6))):
        (folder / name).write_bytes(b"\x80\x04 cut off")
    said = refused(capsys, 2, "simulate", "DARTS_V1", "--dataset", "cifar10", "--data", folder)
    assert str(folder) in said and "truncated" in said and "10 bytes found" in said


@pytest.mark.parametrize("command", ["simulate", "evaluate", "netlist", "compare"])
def test_a_folder_for_digits_is_refused(command, tmp_path, capsys):
    for folder in (tmp_path, tmp_path / "nowhere"):
        said = refused(capsys, 2, command, "DARTS_V1", "--channels", "1", "--data", folder)
        assert (
            str(folder) in said and "has no effect on the data set digits, which needs no files: leave it out" in said
        )


def test_a_technology_with_a_slip_is_refused_with_file_and_key(tmp_path, capsys):
    from importlib import resources

    text = resources.files("memnet").joinpath("technologies", "hfox-130nm.toml").read_text()
    wrong = tmp_path / "mine.toml"
    wrong.write_text(re.sub(r"(read_limit_v = \{ value = )0\.2", r"\g<1>200", text))
    said = refused(capsys, 2, "simulate", "DARTS_V1", "--technology", wrong)
    assert "mine.toml" in said and "read_limit_v = 200" in said and "SI units" in said


def test_no_engine_says_how_to_get_one(tmp_path, capsys, monkeypatch):
    from memnet.simulation.engines import discover

    needs("engine")  # before none is found, since the answer is kept
    monkeypatch.setenv("MEMNET_NGSPICE", str(tmp_path))
    discover.find_ngspice.cache_clear()
    try:
        said = refused(capsys, 1, "simulate", "DARTS_V1", "--engine", "ngspice-batch")
        assert "MEMNET_NGSPICE" in refused(capsys, 1, "simulate", "DARTS_V1")  # no other simulator in its place
    finally:
        monkeypatch.undo()
        discover.find_ngspice.cache_clear()
    assert "ngspice" in said and said.count("memnet engines --install") == 1


def test_an_unknown_engine_is_a_wrong_call(capsys):
    for command in ("simulate", "compare"):
        said = refused(capsys, 2, command, "DARTS_V1", "--channels", "1", "--images", "1", "--engine", "nosuch")
        assert "unknown engine 'nosuch': choose one of " in said


class Faulty:
    """An engine that works until it comes to one block."""

    name = "faulty"
    dialects = ("ngspice",)

    def __init__(self, kill):
        self.kill, self.real = kill, find_engine("ngspice")

    def run(self, deck, progress=None):
        if "* cell1/preprocess1\n" not in deck.text:
            return self.real.run(deck)
        if self.kill:
            os._exit(9)
        broken = Deck(name=deck.name, text="* title\nx1 a b nothing\n.op\n.end\n", vectors=("v(a)",), points=1)
        return self.real.run(broken)


def test_a_failed_simulation_names_the_block_and_keeps_the_deck(small_digits, small_genotype):
    with pytest.raises(SimulationError) as failed:
        simulate(small_genotype, channels=1, dataset=small_digits, images=1, engine=Faulty(kill=False))
    text = str(failed.value)
    assert failed.value.exit_status == 1 and "cell1/preprocess1" in text and "the end of the log" in text
    kept = re.search(r"kept in (\S+);", text)
    assert kept and "x1 a b nothing" in (Path(kept[1]) / "deck.cir").read_text()


def test_a_killed_worker_is_named_by_block(small_digits, small_genotype):
    with pytest.raises(SimulationError, match=r"cell1/preprocess1.*worker process was killed"):
        simulate(small_genotype, channels=1, dataset=small_digits, images=1, engine=Faulty(kill=True), workers=1)
