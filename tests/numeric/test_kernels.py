# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole chips through the compiled kernels and through NumPy: the same voltages, and the same op-amps saturate."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from deployments import Deployed, deployed, whole
from needed import needs

from memnet.circuit.layout import outputs_of
from memnet.deployment.chip_devices import ChipDevices
from memnet.devices.spread import DeviceSpread
from memnet.numeric.engine import NumericCircuit
from memnet.numeric.signals import NumericResult
from memnet.operators import kernels
from memnet.operators.kernels import Kernels
from memnet.technology import load_technology

FULL_SCALE = 1e-6  # of the read limit, which scales are chosen for
CHIPS = [("DARTS_V1", ""), ("PDARTS", ""), ("DARTS_V1", "shared"), ("DARTS_V1", "slotted"), ("DARTS_V1", "duplicated")]
SPREADS = {  # each on some of the chips
    "nominal": DeviceSpread(),
    "drawn": DeviceSpread(variation=0.05, stuck=0.01, offset_v=1e-3, seed=3),
    "noisy": DeviceSpread(variation=0.02, read_noise=0.02),
}


@lru_cache
def chip(genotype: str, structure: str) -> Deployed:
    return deployed(whole(genotype), structure=structure, images=37)


def net_groups(made: Deployed) -> list[str]:
    return [name for stage in made.deployment.plan.stages for name in outputs_of(stage)]


def with_numpy(circuit: NumericCircuit, volts: np.ndarray, monkeypatch: pytest.MonkeyPatch, **options) -> NumericResult:
    with monkeypatch.context() as context:
        context.setattr(kernels, "kernels_here", lambda: Kernels(None, "test"))
        return circuit.run(volts, **options)


def check_same(found: NumericResult, expected: NumericResult) -> None:
    assert found.volts.keys() == expected.volts.keys() and len(expected.volts) > 10
    near_v = FULL_SCALE * load_technology().memristor.read_limit_v
    for name, volts in expected.volts.items():
        np.testing.assert_allclose(found.volts[name], volts, rtol=0, atol=near_v, err_msg=name)
    assert found.peaks_v == pytest.approx(expected.peaks_v, abs=near_v)
    assert found.saturated == expected.saturated


@pytest.mark.parametrize(
    ("genotype", "structure", "spread"),
    [*((*each, "nominal") for each in CHIPS), *((*each, "drawn") for each in CHIPS[:4:3]), (*CHIPS[2], "noisy")],
)
def test_kernels_and_numpy_give_the_same_volts(genotype, structure, spread, monkeypatch):
    """37 images in chunks of 16: vectors are left whole, in part and in the last chunk nearly empty."""
    needs("kernels")
    made = chip(genotype, structure)
    circuit = NumericCircuit(ChipDevices(made.deployment, SPREADS[spread]), dtype=np.float32)
    volts = (made.images.reshape(37, -1) * made.circuit.input_scale_v).astype(np.float32)
    options = {"keep": net_groups(made), "chunk": 16}
    check_same(circuit.run(volts, **options), with_numpy(circuit, volts, monkeypatch, **options))


@pytest.mark.parametrize(("genotype", "structure"), CHIPS[::2])
def test_saturated_op_amps_are_the_same(genotype, structure, monkeypatch):
    needs("kernels")
    made = chip(genotype, structure)
    technology = made.deployment.technology
    low = replace(technology, opamp=replace(technology.opamp, saturation_v=0.11))
    circuit = NumericCircuit(ChipDevices(replace(made.deployment, technology=low)), dtype=np.float32)
    volts = (1.5 * made.images.reshape(37, -1) * made.circuit.input_scale_v).astype(np.float32)
    options = {"keep": net_groups(made)}
    expected = with_numpy(circuit, volts, monkeypatch, **options)
    assert len(expected.saturated) > 3 and sum(expected.saturated.values()) > 50
    check_same(circuit.run(volts, **options), expected)


def test_the_chips_hold_what_is_to_be_compared():
    lent, pools = 0, 0
    for genotype, structure in CHIPS:
        plan = chip(genotype, structure).deployment.plan
        lent += sum(any(plan.on(term.select) for term in stage.follows) for stage in plan.stages)
        pools += sum(stage.kind == "max_pool" and plan.on(stage.gate) for stage in plan.stages)
    assert lent > 1 and pools > 1
