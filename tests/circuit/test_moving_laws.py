# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws whose shape moves with the state: a device at each crosspoint, compiled or not, against the numeric engine."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from deployments import conducting, deployed, hypercell, primitive
from needed import needs

import memnet.simulation.sweep
from memnet.circuit import Circuit, Memristors, build_circuit
from memnet.deployment import ChipDevices
from memnet.devices import DeviceSpread, MemristorModel, memristor_model
from memnet.errors import SetupError
from memnet.flow import Chip
from memnet.network.datasets.base import Dataset
from memnet.numeric import NumericCircuit
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.simulation.verilog_a import law_module

IDEAL, VARIED = DeviceSpread(), DeviceSpread(variation=0.1, stuck=0.01)
RANGES = {"jart-vcm-v1b": (2e-5, 2e-4), "milo": (5e-5, 2.25e-4)}
MOST = 1e-4  # of full scale


def chip_of(
    name: str, network=None, structure: str = "", spread: DeviceSpread = IDEAL
) -> tuple[ChipDevices, np.ndarray]:
    """Return what stands on a chip of one edge or cell, and volts of its images."""
    made = deployed(network or primitive("sep_conv_3x3"), structure=structure, technology=conducting(*RANGES[name]))
    volts = made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v
    return ChipDevices(made.deployment, spread, memristor=memristor_model(name)), volts


def solved(circuit: Circuit, volts: np.ndarray) -> np.ndarray:
    needs("ngspice")
    return sweep_images(circuit, volts, find_engine("ngspice")).volts[circuit.output]


def error_of(devices: ChipDevices, volts: np.ndarray, outputs: np.ndarray) -> float:
    """Return the largest difference between the numeric engine and some outputs, as a share of full scale."""
    return float(np.abs(NumericCircuit(devices).run(volts).outputs_v - outputs).max() / np.abs(outputs).max())


def altered(model: MemristorModel, factor: float = 1.0, state: float = 1.0, volts: float = 1.0) -> MemristorModel:
    """Return a model of another current, in another state than that of its conductance, or at another voltage."""

    class Altered(type(model)):
        def current(self, v, x):
            other = self.state_of(state * self.conductance(x)) if state != 1.0 else x
            return factor * super().current(volts * v, other)

    return Altered(**{each.name: getattr(model, each.name) for each in fields(model)})


@pytest.mark.parametrize(
    ("name", "network", "structure", "spread"),
    [
        ("jart-vcm-v1b", lambda: primitive("dil_conv_3x3", channels=4), "", IDEAL),
        ("jart-vcm-v1b", lambda: primitive("sep_conv_3x3"), "", VARIED),
        ("jart-vcm-v1b", hypercell, "shared", IDEAL),
        ("milo", hypercell, "shared", VARIED),
    ],
)
def test_the_numeric_engine_gives_what_devices_at_the_crosspoints_do(name, network, structure, spread):
    """With the sign, the size, the state or the voltage of the law altered, it does not."""
    devices, volts = chip_of(name, network(), structure, spread)
    outputs = solved(build_circuit(devices.deployment, devices), volts)
    assert error_of(devices, volts, outputs) < MOST
    model = memristor_model(name)
    wrong = {
        "sign": altered(model, factor=-1.0),
        "factor": altered(model, factor=1.01),
        "state": altered(model, state=1.01),
        "polarity": altered(model, volts=-1.0, factor=-1.0),
        "linear": None,
    }
    errors = {what: error_of(replace(devices, memristor=law), volts, outputs) for what, law in wrong.items()}
    assert min(errors.values()) > 5 * MOST, errors


@pytest.mark.parametrize("name", RANGES)
def test_compiled_devices_and_subcircuits_give_the_same_outputs(name, monkeypatch):
    needs("vacask")
    devices, volts = chip_of(name)
    circuit = build_circuit(devices.deployment, devices)
    compiled = solved(circuit, volts)
    monkeypatch.setattr(memnet.simulation.sweep, "law_module", lambda _circuit, _engine: None)
    assert np.abs(solved(circuit, volts) - compiled).max() < 1e-8 * np.abs(compiled).max()


def test_devices_that_are_switched_out_stay_linear():
    devices, _ = chip_of("milo", hypercell(), "shared")
    circuit = build_circuit(devices.deployment, devices)
    banks = [bank for block in circuit.blocks for bank in block.banks if isinstance(bank, Memristors)]
    assert {bank.law.name for bank in banks if bank.on(circuit.selects)} == {"milo"}
    assert {bank.law.name for bank in banks if not bank.on(circuit.selects)} == {"linear"}


TECHNOLOGY = """
name = "strong"
base = "hfox-130nm"

[memristor]
g_min_siemens = { value = 2e-5, source = "assumption: a test" }
g_max_siemens = { value = 2e-4, source = "assumption: a test" }
bits = { value = 8, source = "assumption: a test" }
read_limit_v = { value = 0.2, source = "assumption: a test" }
area_m2 = { value = 2e-13, source = "assumption: a test" }
"""


def test_a_network_simulated_agrees_with_its_evaluation_and_says_how_near_its_products_are(
    small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    needs("ngspice")
    path = tmp_path / "strong.toml"
    path.write_text(TECHNOLOGY)
    chip = Chip.of(
        small_genotype,
        channels=1,
        dataset=small_digits,
        memristor="jart-vcm-v1b",
        technology=str(path),
    )
    result, evaluated = chip.simulate(images=2, engine="ngspice"), chip.evaluate(images=2)
    logits = evaluated.samples[0].logits
    assert np.abs(result.logits - logits).max() < MOST * np.abs(logits).max()
    assert np.abs(result.reference_logits - logits).max() > 0.01 * np.abs(logits).max()
    with pytest.raises(SetupError, match=r"analysis transient and memristor jart-vcm-v1b: give one .* use analysis dc"):
        chip.simulate(images=1, analysis="transient")
    with pytest.raises(SetupError, match=r"analysis cost with memristor jart-vcm-v1b: .* use analysis dc"):
        chip.simulate(images=1, analysis="cost")  # a transient, which is refused, would be no advice
    with pytest.raises(SetupError, match="analysis transient and memristor jart-vcm-v1b: give one"):
        chip.export(tmp_path / "export", images=1, analysis="transient")
    assert not (tmp_path / "export").exists()
    for figures in (result.figures(), evaluated.figures()):
        assert figures["memristor"] == "jart-vcm-v1b"
        products = figures["memristor_products"]
        assert {kind: each["terms"] for kind, each in products.items()} == {"signed": 5, "rectified": 2}
        assert all(1e-9 < each["error"] < 5e-7 for each in products.values())


def test_a_compiled_module_is_kept_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("vacask")
    devices, _ = chip_of("milo")
    circuit, engine = build_circuit(devices.deployment, devices), find_engine("ngspice")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = law_module(circuit, engine)
    assert made is not None and made.is_relative_to(tmp_path) and [made] == list(tmp_path.rglob("*.*"))
    before = made.stat()
    assert law_module(circuit, engine) == made and made.stat() == before
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a b"))
    assert law_module(circuit, engine) is None  # ngspice reads no path with a space
    assert law_module(replace(circuit, memristor=memristor_model("sinh")), engine) is None
    monkeypatch.setattr("memnet.simulation.verilog_a.find_compiler", lambda: None)
    assert law_module(circuit, engine) is None
