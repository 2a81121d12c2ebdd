# SPDX-License-Identifier: GPL-3.0-or-later
"""One chip for all architectures: the same structure for each, and each agrees with its reference on it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hyper import hyper
from hypothesis import given, settings
from needed import needs
from strategies import genotypes

from memnet.commands.app import main
from memnet.deployment.hypernetwork.plan import STRUCTURES, hypernetwork_plan, with_selects
from memnet.deployment.hypernetwork.slotted import slot_candidates, slot_sources
from memnet.deployment.hypernetwork.structure import CONCAT, slots_needed
from memnet.deployment.stages import INPUT
from memnet.errors import GenotypeError, SetupError, WeightsError
from memnet.flow.chip import simulate
from memnet.genotype.cells import Cell, Genotype
from memnet.genotype.read import read_genotype
from memnet.netlist.flat import Transient, flat_deck
from memnet.network.build import build_network
from memnet.network.weights import save

KNOWN = ("DARTS_V1", "DARTS_V2", "PDARTS", "PC_DARTS_cifar", "GDAS_V1", "SNAS_mild")
SMALL = {"channels": 1, "image_shape": (1, 4, 4)}


def planned(genotype, structure):
    return hypernetwork_plan(build_network(genotype, **SMALL), structure)


def stripped(plan):
    """Return a plan without what an architecture decides: which layers stand where, and which selects are on."""

    def bare(stage):
        terms = tuple(replace(term, layers=(), taps=None) for term in stage.terms)
        return replace(stage, layer="", terms=terms)

    return replace(plan, stages=tuple(map(bare, plan.stages)), selects=dict.fromkeys(plan.selects, False))


def thinned(genotype):
    """Return a genotype without all but two edges into each node."""

    def thin(cell):
        nodes = []
        for edges in cell.nodes:
            used = [edge for edge in edges if edge.op != "none"][:2]
            nodes.append(tuple(edge if edge in used else replace(edge, op="none") for edge in edges))
        return Cell(nodes=tuple(nodes), concat=cell.concat)

    return Genotype(name="thinned", normal=thin(genotype.normal), reduce=thin(genotype.reduce))


FIRST = {name: stripped(planned(read_genotype("DARTS_V1"), name)) for name in STRUCTURES}


@settings(max_examples=15, deadline=None)
@given(genotype=genotypes())
def test_the_structure_does_not_depend_on_the_architecture(genotype):
    for structure in ("shared", "duplicated"):
        assert stripped(planned(genotype, structure)) == FIRST[structure]
    assert stripped(planned(thinned(genotype), "slotted")) == FIRST["slotted"]


@settings(max_examples=15, deadline=None)
@given(genotype=genotypes())
def test_every_active_layer_stands_in_one_unit_that_is_on(genotype):
    network = build_network(genotype, **SMALL)
    plan = hypernetwork_plan(network, "shared")
    carried = [
        layer
        for stage in plan.stages
        for term in stage.terms
        if term.kind == "weights" and plan.on(term.select)
        for layer in term.layers
    ]
    weighted = {layer.name for layer in network.layers if layer.weight}
    assert sorted(carried) == sorted(weighted)


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_flat_decks_differ_in_conductances_alone(structure, small_digits):
    texts = []
    for name in ("DARTS_V1", "PDARTS", "random-derived:11"):
        circuit = hyper(name, structure, small_digits).circuit
        axes_s = dict.fromkeys((INPUT, *circuit.selects), np.array([0.0, 1e-6]))
        analysis = Transient(axes_s=axes_s, stepping=True, step_s=1e-9, stop_s=1e-6)
        deck = flat_deck(
            circuit,
            circuit.blocks,
            name="net",
            inputs={INPUT: np.zeros((2, 16))},
            analysis=analysis,
            saved=(),
            switching={select: np.zeros(2) for select in circuit.selects},
        )
        texts.append(without_values(deck.text))
    assert texts[0] == texts[1] == texts[2]
    assert texts[0].count("\n") > 1000


def without_values(text):
    """Drop the last word of every resistor line, and the bias voltage of the models."""
    return re.sub(r"(?m)^((?:r|vbias)\S* \S+ \S+) .*$", r"\1", text)


@pytest.mark.parametrize(
    ("genotype", "structure"),
    [
        ("random:7", "shared"),
        ("PDARTS", "shared"),
        ("random:3", "duplicated"),
        ("DARTS_V2", "duplicated"),
        ("random-derived:11", "slotted"),
        ("DARTS_V1", "slotted"),
    ],
)
def test_any_architecture_agrees_with_its_reference_and_with_its_own_chip(genotype, structure, small_digits):
    call = {"channels": 1, "dataset": small_digits, "images": 2}
    here = simulate(genotype, on=structure, **call)
    assert here.accuracy.logit_error < 0.01
    assert here.accuracy.agreement == 1.0
    alone = simulate(genotype, **call)
    scale = np.abs(alone.logits).max()
    # Quantised levels differ between the chips, since scales and limits do; both are within it of the float network.
    quantised = sum(np.abs(chip.reference_logits - chip.float_logits).max() for chip in (alone, here))
    assert np.abs(here.logits - alone.logits).max() < quantised + 0.02 * scale


@pytest.mark.parametrize(("genotype", "structure"), [("random:5", "shared"), ("random-derived:2", "slotted")])
def test_with_ideal_blocks_errors_are_small(genotype, structure, small_digits):
    result = simulate(genotype, on=structure, channels=1, dataset=small_digits, images=2, ideal=True)
    assert result.accuracy.logit_error < 1e-4


@pytest.mark.long
@pytest.mark.parametrize("structure", ["shared", "duplicated"])
@pytest.mark.parametrize("genotype", [*KNOWN, *(f"random:{seed}" for seed in range(6))])
def test_many_architectures_agree(genotype, structure, small_digits):
    result = simulate(genotype, on=structure, channels=1, dataset=small_digits, images=2)
    assert result.accuracy.logit_error < 0.01 and result.accuracy.agreement == 1.0


def test_slotted_names_the_crowded_node():
    with pytest.raises(GenotypeError, match=r"random:7, normal/node\d: \d edges run into this node and `slotted`"):
        planned(read_genotype("random:7"), "slotted")
    assert slots_needed(["none", "skip_connect", "none", "sep_conv_3x3"]) == 2


def test_slots_are_taken_in_the_order_of_sources():
    for node in (2, 3, 4, 5):
        candidates = [slot_candidates(node, slot) for slot in range(2)]
        for used in (set(pair) for pair in product(range(node), repeat=2)):
            served = slot_sources(node, dict.fromkeys(range(node), "none") | dict.fromkeys(used, "skip_connect"))
            assert {source for source in served if source is not None} == used
            assert all(source in slots for source, slots in zip(served, candidates, strict=True) if source is not None)
    assert slot_sources(4, {}) == (None, None)


def test_a_slot_has_no_rows_from_states_it_never_serves():
    plan = planned(read_genotype("DARTS_V1"), "slotted")
    read = {
        slot: {term.source for half in ("dw1", "dw2") for term in plan.stage(f"cell0/node5/{slot}/{half}").terms}
        for slot in ("slot0", "slot1")
    }
    assert "cell0/node4" not in read["slot0"] and "cell0/node3" in read["slot0"]
    assert "cell0/preprocess0" not in read["slot1"] and "cell0/preprocess1" in read["slot1"]


def test_other_concatenations_are_refused_by_name():
    cell = read_genotype("DARTS_V1").normal
    odd = Genotype(name="odd", normal=cell, reduce=replace(cell, concat=(4, 5)))
    with pytest.raises(GenotypeError, match=r"odd, reduce cell: joins the nodes \(4, 5\); a hypernetwork joins all"):
        planned(odd, "shared")
    turned = Genotype(name="turned", normal=replace(cell, concat=(5, 4, 3, 2)), reduce=cell)
    assert sorted(turned.normal.concat) == list(CONCAT)


def test_selects_of_another_structure_are_refused_by_name():
    shared, slotted = (planned(read_genotype("PDARTS"), name) for name in ("shared", "slotted"))
    assert with_selects(shared, shared.selects) == shared
    with pytest.raises(SetupError, match=r"my.sel: select net 'cell0/node2/slot0/\S+' is not on this hypernetwork"):
        with_selects(shared, slotted.selects, "my.sel")
    partial = dict(list(shared.selects.items())[1:])
    with pytest.raises(SetupError, match=f"select net {next(iter(shared.selects))!r} is missing \\(1 in all\\)"):
        with_selects(shared, partial)


def test_weights_of_another_architecture_are_refused(tmp_path, small_digits):
    assembly = hyper("DARTS_V1", None, small_digits)
    save(tmp_path / "v1.npz", assembly.network, assembly.weights.tensors, {})
    with pytest.raises(WeightsError, match="made for DARTS_V1, whose edges differ from those of DARTS_V2"):
        hyper("DARTS_V2", "shared", small_digits, weights=tmp_path / "v1.npz")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--on", "individul"], "unknown chip 'individul': did you mean individual?"),
        (["--on", "slots"], "unknown chip 'slots': did you mean slotted?"),
    ],
)
def test_the_command_refuses_what_there_is_not(options, text, capsys):
    needs("engine")
    assert main(["simulate", "PDARTS", "--channels", "1", *options]) == 2
    assert text in capsys.readouterr().err


@pytest.mark.long
def test_the_command_simulates_a_hypernetwork(tmp_path):
    path = tmp_path / "f.json"
    call = ["simulate", "random:7", "--on", "shared", "--channels", "1", "--images", "4", "--json", str(path)]
    assert main(call) == 0
    figures = json.loads(path.read_text())
    assert figures["on"] == "shared"
    assert figures["agreement"] == 1.0 and figures["select_drivers"] > 200
