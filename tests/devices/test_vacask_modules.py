# SPDX-License-Identifier: GPL-3.0-or-later
"""The Verilog-A modules of the models run in VACASK too, a simulator that shares no code with ngspice."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from needed import needs, vacask

from memnet.devices.memristors.choosing import memristor_model
from memnet.devices.memristors.registry import MODELS
from memnet.devices.memristors.trajectory import integrate
from memnet.measurement.single_device import STATE_LIMIT
from memnet.netlist.memristors import memristor_module
from memnet.simulation.engines.rawfile import read_raw
from memnet.simulation.verilog_a import compile_module

MOVING = [name for name, model in MODELS.items() if model.moves]
DECK = """memristor in VACASK
load "{file}"
model vsource vsource
model device {module}
vin (in 0) vsource type="pwl" wave=[{wave}]
nm0 (in 0) device {parameter}={start!r}
control
  options reltol=1e-6
  save default
  analysis tran1 tran step={step!r} maxstep={step!r} stop={stop!r}
endc
"""


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n == "yakopcic" else pytest.mark.long) for n in MOVING])
def test_a_module_runs_in_vacask(name, tmp_path):
    needs("vacask")
    model, published = memristor_model(name), next(iter(MODELS[name].sets.values()))
    module = compile_module(*memristor_module(model), tmp_path)
    pulses = published.pulses
    wave = ", ".join(f"{t:.15g}, {v:.15g}" for t, v in zip(*pulses.points, strict=True))
    text = DECK.format(
        file=module.name,
        module=module.stem,
        wave=wave,
        parameter=model.state.parameter,
        start=published.start,
        step=pulses.step_s,
        stop=pulses.stop_s,
    )
    (tmp_path / "main.sim").write_text(text)
    done = subprocess.run([vacask(), "main.sim"], cwd=tmp_path, capture_output=True, text=True)
    assert (tmp_path / "tran1.raw").is_file(), done.stdout + done.stderr
    plot = read_raw(tmp_path / "tran1.raw")[-1]
    found = dict(zip(plot.vectors, plot.values.T, strict=True))
    expected = integrate(model, pulses, published.start, found["time"])
    low, high = model.limits()
    assert np.abs(found["nm0:x"] - expected).max() < STATE_LIMIT * (high - low)
    assert np.abs(found["nm0:x"] - expected).max() < 0.02 * np.ptp(expected)
    current = model.current(pulses.volts(found["time"]), expected)
    assert np.abs(-found["vin:flow(br)"] - current).max() < 0.02 * np.abs(current).max()
