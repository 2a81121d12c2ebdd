# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps of odd height or width: circuits of what DARTS runs on them, in closed form and in SPICE."""

from __future__ import annotations

import numpy as np
import pytest
from deployments import deployed
from needed import needs

from memnet.circuit import build_circuit
from memnet.errors import NetworkError
from memnet.genotype.read import read_genotype
from memnet.measurement import count_components, count_deployment, count_plan
from memnet.network.build import build_network
from memnet.numeric.engine import numeric_sweep
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images


def _chip(genotype, shape, structure=""):
    network = build_network(read_genotype(genotype), channels=1, image_shape=shape, classes=3)
    return deployed(network, images=2, structure=structure)


@pytest.mark.parametrize("genotype", ["DARTS_V1", "PDARTS"])
@pytest.mark.parametrize("shape", [(1, 10, 10), (1, 6, 10), (2, 4, 6)])
def test_circuits_on_odd_maps_give_the_reference(genotype, shape):
    """Cell 2 reduces maps of 5x5, 3x5 and 2x3 pixels to 3x3, 2x3 and 1x2."""
    chip = _chip(genotype, shape)
    images_v = chip.images.reshape(2, -1) * chip.circuit.input_scale_v
    assert chip.network.layer("cell2").shape[1:] == tuple(-(-side // 4) for side in shape[1:])
    found = numeric_sweep(chip.deployment, images_v).outputs_v / chip.circuit.output_scale_v
    np.testing.assert_allclose(found, chip.logits, atol=2e-3 * np.abs(chip.logits).max())
    assert count_components(build_circuit(chip.deployment)) == count_deployment(chip.deployment)
    assert count_plan(chip.deployment.plan).opamps == count_deployment(chip.deployment).opamps


def test_a_circuit_on_odd_maps_gives_the_reference_in_spice():
    needs("ngspice")
    chip = _chip("DARTS_V1", (1, 6, 10))
    images_v = chip.images.reshape(2, -1) * chip.circuit.input_scale_v
    found = sweep_images(chip.circuit, images_v, find_engine("ngspice")).volts[chip.circuit.output]
    np.testing.assert_allclose(found / chip.circuit.output_scale_v, chip.logits, atol=2e-3 * np.abs(chip.logits).max())


@pytest.mark.parametrize("structure", ["shared", "slotted", "duplicated"])
def test_a_hypernetwork_needs_maps_that_every_architecture_can_halve(structure):
    with pytest.raises(NetworkError, match=r"net/cell2/node2/edge0/skip: .*5x5"):
        _chip("DARTS_V1", (1, 10, 10), structure)
