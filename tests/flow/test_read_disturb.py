# SPDX-License-Identifier: GPL-3.0-or-later
"""Read disturb of a chip: every conductance against its own row's voltages, device by device."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from memnet.circuit import Memristors, build_circuit, critical_path_s
from memnet.devices import memristor_model
from memnet.devices.memristors import parameters_toml
from memnet.errors import SetupError
from memnet.flow import Chip
from memnet.numeric import NumericCircuit
from memnet.sections import Model
from memnet.technology import load_technology

DRIFTING = "linear-ion-drift"


def technology_of(name: str, low: float, high: float):
    """Return the default technology with a model, and conductances that it reaches."""
    base = load_technology()
    memristor = replace(base.memristor, g_min_siemens=low, g_max_siemens=high)
    switch = replace(base.switch, ron_ohm=1.0)
    return replace(base, name=f"of {name}", memristor=memristor, switch=switch, memristor_model=Model(name=name))


@pytest.fixture(scope="module")
def chip():
    return Chip.of("PDARTS", channels=1, technology=technology_of(DRIFTING, 7e-5, 5e-3))


def test_each_device_moves_by_its_own_row(chip):
    seconds, model = 1e-3, memristor_model(DRIFTING)
    found = chip.disturb(inferences=1.0, inference_s=seconds, images=8)
    circuit = build_circuit(chip.deployment, chip.devices)
    images_v = chip.input_volts(chip.dataset.test_images[:8])
    numeric = NumericCircuit(chip.devices)
    driven = [name for name in numeric.last_use_of if name in circuit.groups and name != "input"]
    nets = np.zeros((circuit.nets + 1, 8))
    for group, values in numeric.run(images_v, keep=driven).volts.items():
        nets[circuit.groups[group].nets] = values.T
    nets[circuit.groups["bias"].nets], nets[circuit.groups["input"].nets] = circuit.bias_v, images_v.T
    blocks, checked, worst = {block.name: block for block in circuit.blocks}, 0, 0.0
    for stage in chip.deployment.plan.stages:
        banks = [bank for bank in blocks[stage.name].banks if isinstance(bank, Memristors)]
        after = [found.conductances[key] for key in found.conductances if key[0] == stage.name]
        for bank, siemens in zip(banks, after, strict=True):
            state = model.programmed(bank.siemens)
            for _ in range(20):  # reads move states by some thousandths: small steps of Euler's method suffice
                state = state + model.rate(nets[bank.row], state[:, None]).mean(axis=1) * seconds / 20
            change = model.conductance(state) - bank.siemens
            worst = max(worst, np.abs(siemens - bank.siemens - change).max(initial=0.0))
            checked += len(siemens)
    assert checked == chip.counts.memristors
    assert worst < 1e-3 * found.after[-1].change_siemens
    assert found.after[-1].change_siemens > 1e-6


def test_figures_follow_the_number_of_inferences(chip):
    found = chip.disturb(inferences=3e3, inference_s=1e-5, images=20)
    assert [each.inferences for each in found.after] == [0, 1, 10, 100, 1000, 3000]
    first, *later = found.after
    assert first.change_siemens == first.logit_shift == first.moved == 0.0
    changes = [each.change_siemens for each in later]
    np.testing.assert_allclose(np.diff(np.log10(changes[:4])), 1.0, atol=0.03)
    assert later[-1].logit_shift > 0.01 and later[-1].moved > 0.0
    document = json.loads(found.to_json())
    assert document["memristor"] == DRIFTING and document["after"][-1]["inferences"] == 3e3


def test_the_table_of_a_chip_after_its_inferences_is_that_chip(chip, tmp_path):
    found = chip.disturb(inferences=1.0, inference_s=1e-2, images=20, table=tmp_path / "after.csv")
    again = chip.change(conductances=tmp_path / "after.csv").evaluate(images=20)
    before = chip.evaluate(images=20).samples[0].logits
    shift = np.abs(again.samples[0].logits - before).max() / np.abs(before).max()
    assert shift == pytest.approx(found.after[-1].logit_shift, rel=1e-3)


def test_a_read_below_a_threshold_moves_nothing():
    chip = Chip.of("PDARTS", channels=1, memristor="yakopcic:aguirre")
    found = chip.disturb(inferences=100.0, images=10)
    assert found.after[-1].change_siemens == 0.0 and found.after[-1].logit_shift < 1e-5
    assert found.inference_s == 6 * critical_path_s(chip.circuit)


@pytest.mark.parametrize(
    ("memristor", "said"),
    [(None, "memristors are I = G V, which no read moves; give"), ("sinh", "memristors are sinh, which no read moves")],
)
def test_memristors_without_a_state_that_moves_are_refused(memristor, said):
    with pytest.raises(SetupError, match=said):
        Chip.of("PDARTS", channels=1, memristor=memristor).disturb(images=1)


def test_a_rail_of_supplies_which_changes_no_figure_here_is_refused(chip):
    with pytest.raises(SetupError, match=r"supply_rail_ohm = 1\.0 has no effect on read disturb"):
        chip.change(supply_rail_ohm=1.0).disturb(inferences=1.0, images=2)


def test_wires_are_refused(chip):
    with pytest.raises(SetupError, match="read disturb and wires: give one of them"):
        chip.change(wires=True).disturb(images=1)


@pytest.fixture(scope="module")
def fast(tmp_path_factory, small_genotype, small_digits):
    """Return a small chip of Yakopcic's devices with low thresholds, whose reads move states by a hundredth."""
    path = tmp_path_factory.mktemp("fast") / "fast.toml"
    model = replace(memristor_model("yakopcic"), up_per_s=1e5, down_per_s=1e5, v_up_v=0.02, v_down_v=0.02)
    path.write_text(parameters_toml(model, "assumption: a test", [5e-5]))
    return Chip.of(small_genotype, channels=1, dataset=small_digits, memristor=str(path))


def test_states_that_move_in_spice_are_those_of_the_law(fast):
    found = fast.disturb(inferences=1.0, images=2, spice_s=2e-7, block="cell0/node2").read
    assert found.devices == 64 and found.move > 1e-4 and found.points > 200
    assert found.error < 1e-6
    assert found.settled_error < 0.1  # the step between two images takes a thirtieth of this read


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"spice_s": 1e-7, "block": "stom"}, "block 'stom': did you mean stem"),
        ({"block": "stem"}, "block = 'stem' has no effect without a read in SPICE"),
    ],
)
def test_reads_in_spice_that_cannot_be_are_refused(fast, settings, said):
    with pytest.raises(SetupError, match=said):
        fast.disturb(inferences=1.0, images=2, **settings)


def test_a_law_whose_shape_moves_is_read_with_the_conductances_afterwards():
    chip = Chip.of("PDARTS", channels=1, technology="jart-130nm")  # some of its banks are empty
    found = chip.disturb(inferences=1.0, inference_s=1e4, images=4)
    assert 0.001 < found.after[-1].largest_share < 10.0 and found.after[-1].logit_shift > 1e-5
