# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports with a law I = G f(V): a device at each crosspoint, run by the README, against the numeric engine."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from deployments import Deployed, conducting, deployed, hypercell, primitive
from model_files import Element, read_models
from needed import needs
from newton import Solver
from solved_exports import solved_outputs

from memnet.circuit import at_crosspoints
from memnet.deployment import ChipDevices
from memnet.devices import MODELS, memristor_model
from memnet.devices.memristors.sinh import Sinh
from memnet.errors import MemnetError
from memnet.flow import Chip
from memnet.netlist.contents import Timing
from memnet.netlist.dialects import DIALECTS
from memnet.netlist.export import write_export
from memnet.netlist.hierarchy import HierarchyWriter, select_net
from memnet.netlist.reading import read_export
from memnet.network.datasets.base import Dataset
from memnet.numeric import NumericCircuit
from memnet.simulation.engines.discover import environment, find_ngspice
from memnet.simulation.engines.registry import find_engine

BOUND = 1e-4  # of full scale
OTHERS = ["cubic", "yakopcic:aguirre"]


def error_of(folder: Path) -> float:
    """Return how far ngspice is from expected.csv, as a share of full scale, with the command that the README gives."""
    found = find_ngspice("executable")
    command = re.search(r"^    ngspice (.*)$", (folder / "README.md").read_text(), re.MULTILINE)[1].split()
    subprocess.run(
        [found.path, *command], cwd=folder, check=True, env=os.environ | environment(found), capture_output=True
    )
    expected_v = expected(folder)
    table = np.loadtxt(folder / "outputs.txt", skiprows=1, ndmin=2)[:, 1:]
    return float(np.abs(table - expected_v).max() / np.abs(expected_v).max())


def expected(folder: Path) -> np.ndarray:
    with (folder / "expected.csv").open(newline="") as stream:
        head, *rows = csv.reader(stream)
    return np.array([row[head.index("class") + 1 :] for row in rows], dtype=float)


@contextmanager
def changed(path: Path, pattern: str, new: str) -> Iterator[None]:
    """Change the first match of a pattern in a file for a while."""
    text = path.read_text()
    other, count = re.subn(pattern, new, text, count=1)
    assert count and other != text
    path.write_text(other)
    yield
    path.write_text(text)


def test_an_export_with_a_law_gives_its_own_expected_outputs_and_no_other_does(
    small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    needs("ngspice-batch")
    manifest = Chip.of(small_genotype, channels=1, dataset=small_digits, memristor="sinh").export(tmp_path, images=2)
    assert error_of(tmp_path) < BOUND and manifest["memristor"] == "sinh"
    with changed(tmp_path / "conductances" / "classifier.sp", r" g=\S+", " g=0.0002"):  # the state of one device
        assert error_of(tmp_path) > 10 * BOUND
    with changed(tmp_path / "models.sp", r"\*0\.4\*sinh\(v\(p,n\)/0\.4\)", "*0.43*sinh(v(p,n)/0.43)"):
        assert error_of(tmp_path) > 10 * BOUND
    assert "law sinh (I = G V0 sinh(V/V0))" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "state", "other"),
    [("milo", "g", "0.0002"), pytest.param("jart-vcm-v1b", "n0", "0.5", marks=pytest.mark.long)],
)
def test_an_export_may_have_a_law_whose_shape_moves(
    name: str, state: str, other: str, small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    needs("ngspice-batch")
    chip = Chip.of(
        small_genotype, channels=1, dataset=small_digits, memristor=name, technology=conducting(5e-5, 2.25e-4)
    )
    chip.export(tmp_path, images=2)
    assert error_of(tmp_path) < BOUND
    with changed(tmp_path / "conductances" / "classifier.sp", rf" {state}=\S+", f" {state}={other}"):
        assert error_of(tmp_path) > 10 * BOUND


def test_instances_say_where_they_are_and_are_those_of_the_placement_table(
    small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, memristor="sinh")
    chip.export(tmp_path, images=1)
    with (tmp_path / "placement.csv").open(newline="") as stream:
        listed = {(row["block"], row["instance"]): float(row["conductance_siemens"]) for row in csv.DictReader(stream)}
    lines = re.findall(
        r"^(xp\S+|xm\S+) \S+ \S+ memristor_sinh g=(\S+)$", text_of(tmp_path / "conductances"), re.MULTILINE
    )
    assert len(lines) == len(listed) == chip.counts.memristors
    stem = dict(re.findall(r"^(x\S+) .* g=(\S+)$", (tmp_path / "conductances" / "stem.sp").read_text(), re.MULTILINE))
    np.testing.assert_allclose([listed["stem", name] for name in stem], [float(g) for g in stem.values()], rtol=1e-8)
    again = Chip.of(
        small_genotype, channels=1, dataset=small_digits, memristor="sinh", conductances=tmp_path / "placement.csv"
    )
    assert again.export(tmp_path / "again", images=1)["memristors"] == len(listed)


def text_of(folder: Path) -> str:
    return "".join(path.read_text() for path in sorted(folder.rglob("*.sp")))


@pytest.mark.long
@pytest.mark.parametrize("dialect", ["ngspice", "xyce"])
@pytest.mark.parametrize("name", ["sinh:sky130", "cubic", "yakopcic:aguirre"])
def test_other_laws_in_the_dialects_that_engines_here_read(
    name: str, dialect: str, small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    needs(dialect if dialect != "ngspice" else "ngspice-batch")
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, memristor=name)
    chip.export(tmp_path, images=2, dialect=dialect)
    outputs_v = find_engine(dialect).run(read_export(tmp_path)).values
    expected_v = expected(tmp_path)
    assert np.abs(outputs_v - expected_v).max() < BOUND * np.abs(expected_v).max()


@cache
def small() -> Deployed:
    return deployed(primitive("sep_conv_3x3", side=2), images=1)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["sinh", *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)])
def test_exports_of_every_dialect_have_the_outputs_of_the_numeric_engine(
    name: str, dialect: str, tmp_path: Path
) -> None:
    """No simulator of LTspice, HSPICE and Spectre is here: their files are read and solved by the tests' own code."""
    made = small()
    images_v = made.images.reshape(1, -1) * made.circuit.input_scale_v
    circuit = at_crosspoints(made.circuit, name)
    write_export(replace(made.export("small", dialect=dialect), circuit=circuit), tmp_path / "export")
    rails = {"vclp": 0.77, "vcln": -0.77, "bias": circuit.bias_v}
    found = solved_outputs(tmp_path / "export", dialect, images_v, rails)
    law, linear = (
        np.asarray(NumericCircuit(ChipDevices(made.deployment, memristor=memristor)).run(images_v).outputs_v)
        for memristor in (memristor_model(name), None)
    )
    assert np.abs(found - law).max() < 1e-5 * np.abs(law).max()
    assert np.abs(found - linear).max() > 5e-3 * np.abs(law).max()


@cache
def shared() -> Deployed:
    return deployed(hypercell(), images=1, structure="shared")


def exported_shared(folder: Path, dialect: str) -> tuple[np.ndarray, dict[str, float], np.ndarray]:
    """Export a hypernetwork with a law; return its inputs, the voltages of its other ports, and what to expect."""
    made = shared()
    images_v = made.images.reshape(1, -1) * made.circuit.input_scale_v
    circuit = at_crosspoints(made.circuit, "sinh")
    write_export(replace(made.export("cell", dialect=dialect), circuit=circuit), folder)
    selects = {select_net(name): float(on) for name, on in circuit.selects.items()}
    rails = {"vclp": 0.77, "vcln": -0.77, "bias": circuit.bias_v} | selects
    law = NumericCircuit(ChipDevices(made.deployment, memristor=memristor_model("sinh"))).run(images_v).outputs_v
    return images_v, rails, np.asarray(law)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["sinh", "yakopcic:aguirre"])
def test_a_device_and_its_closed_switch_have_the_law_together(name: str, dialect: str) -> None:
    model = memristor_model(name)
    writer = HierarchyWriter(at_crosspoints(shared().circuit, name), DIALECTS[dialect], transient=False)
    device = read_models(str(writer.models()), dialect)[f"{model.subcircuit}_switched"]
    state = float(model.programmed(np.asarray(9e-5)))
    for volts in (0.2, -0.1):
        solver = Solver(
            [
                Element(kind="v", name="vin", nodes=("in", "0"), values={"value": volts}),
                Element(kind="r", name="rswitch", nodes=("in", "m"), values={"value": 100.0}),
                *device.placed("device", ("m", "0"), {model.state.parameter: state}),
            ]
        )
        amperes = (volts - solver.volts(solver.solve(), "m")) / 100.0
        assert amperes == pytest.approx(float(model.current(np.asarray(volts), np.asarray(state))), rel=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("dialect", DIALECTS)
def test_hypernetworks_have_the_law_of_devices_with_their_closed_switches(dialect: str, tmp_path: Path) -> None:
    images_v, rails, law = exported_shared(tmp_path / "export", dialect)
    found = solved_outputs(tmp_path / "export", dialect, images_v, rails)
    assert np.abs(found - law).max() < 2e-5 * np.abs(law).max()


def test_an_exported_hypernetwork_runs_in_ngspice_and_a_switch_that_is_not_taken_back_is_noticed(
    tmp_path: Path,
) -> None:
    needs("ngspice")
    _, _, law = exported_shared(tmp_path, "ngspice")

    def error() -> float:
        found = find_engine("ngspice").run(read_export(tmp_path)).values
        return float(np.abs(found - law).max() / np.abs(law).max())

    assert error() < 2e-5
    with changed(tmp_path / "models.sp", "rs p q -100", "rs p q 0.001"):
        assert error() > 1e-3


@pytest.mark.parametrize("name", ["sinh", "yakopcic:aguirre"])
def test_a_transient_testbench_settles_on_the_outputs_of_the_law(name: str, tmp_path: Path) -> None:
    """The state of a device moves in a transient: at the voltages of a read that of yakopcic stays where it is."""
    needs("ngspice")
    made, timing = small(), Timing(image_s=2e-6, step_s=4e-8)
    circuit = at_crosspoints(made.circuit, name)
    write_export(replace(made.export("small", timing=timing), circuit=circuit), tmp_path / "export")
    result = find_engine("ngspice").run(read_export(tmp_path / "export"))
    images_v = made.images.reshape(1, -1) * made.circuit.input_scale_v
    law = NumericCircuit(ChipDevices(made.deployment, memristor=memristor_model(name))).run(images_v).outputs_v
    assert result.axis[-1] == pytest.approx(timing.image_s)
    assert np.abs(result.values[-1] - law[0]).max() < 1e-3 * np.abs(law).max()


def test_an_exported_chip_with_a_law_is_written_in_a_dialect_that_no_tool_here_reads(
    small_genotype: str, small_digits: Dataset, tmp_path: Path
) -> None:
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, memristor="sinh")
    manifest = chip.export(tmp_path, images=1, dialect="hspice")
    assert manifest["memristor"] == "sinh" and manifest["memristors"] == chip.counts.memristors
    instances = re.findall(r"^x[pm]\S+ \S+ \S+ memristor_sinh g=\S+$", text_of(tmp_path / "conductances"), re.MULTILINE)
    assert len(instances) == chip.counts.memristors
    assert "gi p n cur='g*0.4*sinh(v(p,n)/0.4)'" in (tmp_path / "models.sp").read_text()


@pytest.mark.parametrize(
    ("chip", "export", "message"),
    [
        ({"memristor": "odd"}, {"dialect": "hspice"}, "memristor model odd: not in the dialect hspice, which has no"),
    ],
)
def test_what_exports_with_a_law_cannot_have_is_refused(
    chip: dict,
    export: dict,
    message: str,
    small_genotype: str,
    small_digits: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Odd(Sinh):
        name, not_in = "odd", {"hspice": "which has no such source"}

    monkeypatch.setitem(MODELS, "odd", Odd)
    made = Chip.of(small_genotype, channels=1, dataset=small_digits, **({"memristor": "cubic"} | chip))
    with pytest.raises(MemnetError, match=message):
        made.export(tmp_path / "there", **export)
    assert not (tmp_path / "there").exists()
