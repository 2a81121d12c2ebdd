# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs exports of four dialects in VACASK, a simulator with code of its own; skipped where it is not installed.

VACASK reads foreign netlists (`include "..." lang=spectre`), but not their switches, and no include inside a
subcircuit. So the bulk of an export, its network, blocks and conductances, is given to it word for word in one file,
and the op-amps, selectors and sources are its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import Deployed, cell, deployed
from needed import needs, vacask

from memnet.circuit.build import build_circuit
from memnet.deployment.chip_devices import ChipDevices
from memnet.devices.spread import DeviceSpread
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import write_export
from memnet.numeric.engine import NumericCircuit
from memnet.simulation.engines.rawfile import read_raw

READ = ("ngspice", "hspice", "xyce", "spectre")

SWITCH = """`include "disciplines.vams"
module ideal_switch(p, n, cp, cn);
  inout p, n, cp, cn;
  electrical p, n, cp, cn;
  parameter real ron = 1.0;
  parameter real roff = 1.0e12;
  analog begin
    if (V(cp, cn) > 0.0)
      I(p, n) <+ V(p, n) / ron;
    else
      I(p, n) <+ V(p, n) / roff;
  end
endmodule
"""

NATIVE = """memnet export in VACASK
load "spice/resistor.osdi"
load "spice/diode.osdi"
load "switch.osdi"
model resistor sp_resistor
model vccs vccs
model vcvs vcvs
model source vsource
model vsource vsource
model dclamp sp_diode is=1e-14 n=0.05
model srect ideal_switch ron=0.1 roff=1e12
model sselect ideal_switch ron=100 roff=1e9
subckt opamp(inp inn out vclp vcln)
@mfactor@
g1 (0 x1 inp inn) vccs gain=0.001
r1 (x1 0) resistor r=1e8
d1p (x1 vclp) dclamp
d1n (vcln x1) dclamp
e1 (out 0 x1 0) vcvs gain=1
ends
subckt opamp_rectified(inp inn out vclp vcln)
@mfactor@
g1 (0 x1 inp inn) vccs gain=0.001
r1 (x1 0) resistor r=1e8
d1p (x1 vclp) dclamp
d1n (vcln x1) dclamp
s1 (0 x1 0 x1) srect
e1 (out 0 x1 0) vcvs gain=1
ends
subckt selector(first second decision out)
@mfactor@
gc1 (0 decision first second) vccs gain=1e-06
rc1 (decision 0) resistor r=1e+06
s1p (first out decision 0) sselect
s1n (second out 0 decision) sselect
ends
vclp (vclp 0) source dc=0.77
vcln (vcln 0) source dc=-0.77
vbias (bias 0) source dc=0.16
"""


def inlined(folder: Path, name: str) -> Iterator[str]:
    """Yield the lines of a file with its includes, but for the models, which are VACASK's own here."""
    for line in (folder / name).read_text().splitlines(keepends=True):
        included = re.match(r'\.?include "(.*)"', line)
        if included and not included[1].startswith("models"):
            yield from inlined(folder, included[1])
        elif not included and not line.startswith("simulator"):
            yield line


@pytest.fixture(scope="module")
def simulator() -> str:
    needs("vacask")
    return vacask()


@pytest.fixture(scope="module")
def chip() -> Deployed:
    return deployed(cell(), images=1)


@pytest.fixture(scope="module")
def sampled(chip: Deployed) -> Deployed:
    """A chip whose conductances and op-amp offsets are off their targets, with the outputs that it then has."""
    spread = DeviceSpread(variation=0.05, stuck=0.01, offset_v=1e-4, seed=1)
    devices = ChipDevices(chip.deployment, spread)
    images_v = chip.images.reshape(1, -1) * chip.circuit.input_scale_v
    logits = NumericCircuit(devices).run(images_v).outputs_v / chip.circuit.output_scale_v
    assert np.abs(logits - chip.logits).max() * abs(chip.circuit.output_scale_v) > 1e-3
    return replace(chip, circuit=build_circuit(chip.deployment, devices), logits=logits)


@pytest.mark.parametrize("dialect", READ)
@pytest.mark.parametrize("which", ["chip", "sampled"])
def test_the_bulk_of_an_export_runs_in_vacask(
    simulator: str, which: str, dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    export = request.getfixturevalue(which).export("cell", dialect=dialect)
    write_export(export, tmp_path / "export")
    suffix = DIALECTS[dialect].suffix
    head = "simulator lang=spectre\n" if dialect == "spectre" else "* bulk\n"
    (tmp_path / "bulk.net").write_text(head + "".join(inlined(tmp_path / "export", f"network.{suffix}")))
    (tmp_path / "switch.va").write_text(SWITCH)
    compiler = next(Path(simulator).resolve().parent.parent.glob("lib/**/openvaf-r"), None)
    subprocess.run([str(compiler), "switch.va"], cwd=tmp_path, check=True, capture_output=True)
    text = (tmp_path / "export" / f"network.{suffix}").read_text().replace("\\\n", " ").replace("\n+", " ")
    ports = re.search(r"subckt network ?\(?([^\n)]*)", text)[1].split()
    inputs = [port for port in ports if port.startswith("input")]
    outputs = [port for port in ports if port.startswith("classifier")]
    volts = export.images_v[0].tolist()
    lines = [
        NATIVE.replace("@mfactor@\n", "" if dialect == "spectre" else "parameters $mfactor=1\n"),
        f'include "bulk.net" lang={dialect}',
        *(f"v{net} ({net} 0) source dc={value!r}" for net, value in zip(inputs, volts, strict=True)),
        f"xnetwork ({' '.join(ports)}) network",
        "control",
        "  options reltol=1e-5",
        f"  save {' '.join(f'v({output})' for output in outputs)}",
        "  analysis op1 op",
        "endc",
        "",
    ]
    (tmp_path / "main.sim").write_text("\n".join(lines))
    done = subprocess.run([simulator, "main.sim"], cwd=tmp_path, capture_output=True, text=True)
    assert (tmp_path / "op1.raw").is_file(), done.stdout + done.stderr
    plot = read_raw(tmp_path / "op1.raw")[-1]
    volts = [plot.values[0][plot.vectors.index(output)] for output in outputs]
    np.testing.assert_allclose(volts, export.expected_v[0], atol=2e-5)
    checked = subprocess.run(
        [sys.executable, "export/check.py", "op1.raw"], cwd=tmp_path, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
