# SPDX-License-Identifier: GPL-3.0-or-later
"""Engine `xyce`: circuits solved by hand, networks beside the reference and ngspice, and the ways a run can fail."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from deployments import cell, deployed, hypercell, primitive
from needed import needs
from small_results import SMALL

from memnet.errors import ConvergenceError, EngineNotFound, SimulationError
from memnet.flow.chip import simulate
from memnet.measurement.transient import measure_transients
from memnet.netlist.contents import Timing
from memnet.netlist.deck import Deck
from memnet.netlist.export import write_export
from memnet.netlist.reading import read_export
from memnet.simulation.engines.base import Result
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.engines.xyce import XyceEngine, find_xyce, told, with_print
from memnet.simulation.sweep import sweep_images

RC = "rc\nv1 a 0 1\nr1 a b 1e3\nc1 b 0 1e-9\n.tran 1e-8 5e-6 uic\n.end\n"
GOOD = "good\nv1 a 0 1\nr1 a 0 1e3\n.dc v1 0 3 1\n.end\n"
PARTS = """two amplifiers, the second a rectifier
vidx idx 0 0
b1 in1 0 v={fasttable(v(idx),0,0.03,1,-0.01,2,0.2,3,-0.15)}
r1 in1 p 2e4
rf p t 1e4
g1 0 x 0 p 1e-3
rx x 0 1e8
e1 t 0 x 0 1
r3 t m 1e4
rg m y 1e4
g2 0 z 0 m 1e-3
rz z 0 1e8
br 0 z i={max(-v(z)/0.1,-v(z)/1e12)}
e2 y 0 z 0 1
.options nonlin reltol=1e-5 abstol=1e-15
.dc vidx 0 3 1
.end
"""
# What Xyce printed of a run in which two points of a sweep failed, shortened.
PRINTED = """
***** This is version Xyce Release 7.8.0-opensource
Netlist warning: Voltage Node (IDX) connected to only 1 device Terminal
***** Device Count Summary ...
       R level 1 (Resistor)                   2
***** Solution Summary *****
\tNumber Failed Steps Attempted:\t\t2
\tFailed DC sweep steps:\t\t
\t\tDC Step # 2
\t\tDC Step # 5
Timing summary of 1 processor
Xyce                                         1        0.000 (100.0%)        0.006 (100.0%)
"""


@pytest.fixture
def engine() -> XyceEngine:
    needs("xyce")
    found = find_engine("xyce")
    assert isinstance(found, XyceEngine)
    return found


@pytest.fixture(autouse=True)
def _kept_decks_go_with_the_test(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def deck(text, vectors, points, **more):
    return Deck(name="net/cell1", text=text, vectors=vectors, points=points, dialect="xyce", **more)


def test_rc_charges_along_its_exponential(engine):
    result = engine.run(deck(RC, ("i(v1)", "V(B)"), None))
    assert result.axis[-1] == pytest.approx(5e-6) and result.engine.startswith("Xyce 7")
    np.testing.assert_allclose(result.values[:, 1], 1 - np.exp(-result.axis / 1e-6), atol=2e-3)
    # at the first point, which is given and not solved, the current is 0
    np.testing.assert_allclose(result.values[1:, 0], -(1 - result.values[1:, 1]) / 1e3, atol=1e-8)


def test_parts_give_the_voltages_and_currents_solved_by_hand(engine):
    result = engine.run(deck(PARTS, ("v(t)", "v(y)", "i(e1)", "i(b1)"), 4))
    inputs = np.array([0.03, -0.01, 0.2, -0.15])
    first = -inputs / 2
    np.testing.assert_array_equal(result.axis, [0, 1, 2, 3])
    np.testing.assert_allclose(result.values[:, 0], first, atol=5e-6)
    np.testing.assert_allclose(result.values[:, 1], np.maximum(0, -first), atol=3e-5)
    # where the rectifier holds 0 V, the second amplifier's input is half of t
    load_ohm = np.where(first > 0, 2e4, 1e4)
    np.testing.assert_allclose(result.values[:, 2], -first / 1e4 - first / load_ohm, atol=1e-8)
    np.testing.assert_allclose(result.values[:, 3], -inputs / 2e4, atol=1e-8)


@pytest.mark.parametrize(
    ("text", "vectors", "message"),
    [
        (GOOD, ("v(a)", "v(zz)", "i(e9)"), r"returned no v\(zz\), i\(e9\): no such node or branch"),
        (GOOD.replace("0 3 1", "0 2 1"), ("v(a)",), "returned 3 points where 4 are expected"),
        (GOOD.replace("r1 a 0 1e3", "x1 a 0 nobody"), ("v(a)",), r"refused the deck \(Subcircuit NOBODY has not"),
        (GOOD.replace("r1 a 0 1e3", "r1 a 0"), ("v(a)",), r"refused the deck \(Expected value field for device R1"),
        (GOOD.replace(".dc v1 0 3 1\n", ""), ("v(a)",), r"refused the deck \(No analysis specified"),
    ],
)
def test_unusable_runs_are_errors_and_leave_one_directory(engine, text, vectors, message, tmp_path):
    with pytest.raises(SimulationError, match=f"net/cell1: Xyce .* {message}"):
        engine.run(deck(text, vectors, 4))
    (kept,) = tmp_path.glob("memnet-*")
    assert "v1 a 0 1" in (kept / "deck.cir").read_text()


def test_no_operating_point_is_a_convergence_error(engine):
    text = "two sources\nv1 a 0 1\nv2 a 0 2\nr1 a 0 1e3\n.tran 1e-9 1e-8\n.end\n"
    with pytest.raises(ConvergenceError, match="DC Operating Point Failed"):
        engine.run(deck(text, ("v(a)",), None))


def test_points_without_a_solution_are_named_by_their_images(engine):
    """The current of b1 has a zero at the second of three points alone."""
    source = "b1 a 0 i={if(abs(v(idx)-1)<0.5,v(a)-1,v(a)**2+1)}"
    text = f"a parabola\nvidx idx 0 0\n{source}\nr1 a 0 1e9\n.dc vidx 0 2 1\n.end\n"
    with pytest.raises(ConvergenceError, match=r"net/cell1: Xyce .* found no solution for images 10, 12; its deck"):
        engine.run(deck(text, ("v(a)",), 3, first_image=10))


def stand_in(folder: Path, printed: str, status: int) -> Path:
    """Return an executable that says it is Xyce 7.8.0, and then prints a text and ends with a status."""
    script = folder / "Xyce"
    (folder / "printed").write_text(printed)
    script.write_text(
        f'#!/bin/sh\nif [ "$1" = -v ]; then echo "Xyce Release 7.8.0-opensource"; exit 0; fi\n'
        f"cat {folder}/printed\nexit {status}\n"
    )
    script.chmod(0o755)
    return script


@pytest.fixture
def fresh(monkeypatch):
    """Forget which Xyce was found, before the test and after it."""
    find_xyce.cache_clear()
    yield monkeypatch
    find_xyce.cache_clear()


def test_points_left_out_are_named_without_xyce_too(fresh, tmp_path):
    fresh.setenv("MEMNET_XYCE", str(stand_in(tmp_path, PRINTED, 1)))
    with pytest.raises(ConvergenceError, match=r"net/cell1: .* found no solution for images 21, 24; its deck is"):
        XyceEngine().run(deck(GOOD, ("v(a)",), 5, first_image=20))


class ZeroThenNothing:
    """An engine that finds 0 V everywhere, but no solution beyond the first batch of images."""

    name = "zero"
    dialects = ("xyce",)

    def run(self, deck, progress=None):
        if deck.first_image:
            raise ConvergenceError(f"none from image {deck.first_image}")
        values = np.zeros((deck.points, len(deck.vectors)))
        return Result(axis=np.arange(deck.points), values=values, engine="zero", solver="", wall_s=0.0, notes=())


def test_decks_of_later_batches_know_the_number_of_their_first_image():
    made = deployed(primitive("none"), images=12)
    with pytest.raises(ConvergenceError, match="none from image 8"):
        sweep_images(made.circuit, made.images.reshape(12, -1), ZeroThenNothing(), batch=8)


def test_its_printing_is_kept_without_tables():
    assert [line.split() for line in told(PRINTED)] == [
        ["Failed", "DC", "sweep", "steps:"],
        ["DC", "Step", "#", "2"],
        ["DC", "Step", "#", "5"],
    ]


def test_vectors_are_printed_after_the_title():
    vectors = tuple(f"v(n{net})" for net in range(60))
    lines = with_print(deck(RC, vectors, None)).splitlines()
    assert lines[:2] == ["rc", ".print tran format=raw file=out.raw"]
    assert " ".join(line.removeprefix("+ ") for line in lines[2:4]).split() == list(vectors)
    assert lines[4:] == RC.splitlines()[1:]
    assert with_print(deck(GOOD, vectors, 4)).splitlines()[1] == ".print dc format=raw file=out.raw"


def test_a_place_without_xyce_is_named(fresh, tmp_path):
    for place, message in (
        (tmp_path / "nowhere", "MEMNET_XYCE names .*nowhere, which is not there"),
        (tmp_path, f"MEMNET_XYCE names the folder {tmp_path}, which has no executable Xyce"),
        (Path("/bin/true"), r"MEMNET_XYCE names /bin/true, which is no Xyce that runs \(it says no version\)"),
    ):
        fresh.setenv("MEMNET_XYCE", str(place))
        for ask in (XyceEngine.describe, lambda: find_engine("xyce")):
            find_xyce.cache_clear()
            with pytest.raises(EngineNotFound, match=f"{message}.*: correct or unset it"):
                ask()


def test_xyce_is_found_on_the_path_and_in_a_folder(fresh, tmp_path):
    (tmp_path / "bin").mkdir()
    script = stand_in(tmp_path / "bin", "", 0)
    for variable, place in (("MEMNET_XYCE", script), ("MEMNET_XYCE", tmp_path), ("PATH", tmp_path / "bin")):
        fresh.delenv("MEMNET_XYCE", raising=False)
        fresh.setenv(variable, f"{place}:/bin" if variable == "PATH" else str(place))
        find_xyce.cache_clear()
        info = XyceEngine.describe()
        assert (info.available, info.version, info.path, info.note) == (True, "7.8.0", str(script), "")


def test_without_xyce_its_lack_is_said(fresh, tmp_path):
    fresh.delenv("MEMNET_XYCE", raising=False)
    fresh.setenv("PATH", str(tmp_path))
    info = XyceEngine.describe()
    assert not info.available and "in MEMNET_XYCE" in info.note
    with pytest.raises(EngineNotFound, match="xyce: Xyce is not on the path"):
        find_engine("xyce")


def test_it_ends_at_its_time_out_and_can_be_sent_to_workers(engine):
    assert pickle.loads(pickle.dumps(engine)) == engine  # noqa: S301  (its own bytes)
    slow = "slow\nv1 a 0 sin(0 1 1e6)\nr1 a b 1e3\nc1 b 0 1e-12\n.tran 1e-9 1\n.end\n"
    with pytest.raises(SimulationError, match=r"did not finish within 0\.3 s"):
        XyceEngine(timeout_s=0.3).run(deck(slow, ("v(b)",), None))


@pytest.mark.parametrize("flat", [False, True])
def test_a_network_comes_out_as_the_reference_says(engine, flat, small_digits):
    result = simulate(SMALL, channels=1, dataset=small_digits, images=3, engine="xyce", flat=flat)
    assert result.engine.startswith("Xyce 7")
    assert result.accuracy.logit_error < 5e-3


@pytest.mark.parametrize("which", ["sep_conv_3x3", "max_pool_3x3", "cell", "hypercell"])
def test_exports_give_the_outputs_to_expect(engine, which, tmp_path):
    networks = {"cell": cell, "hypercell": hypercell}
    network = networks[which]() if which in networks else primitive(which)
    made = deployed(network, structure="shared" if which == "hypercell" else "")
    export = made.export(which, dialect="xyce")
    write_export(export, tmp_path / "export")
    result = engine.run(read_export(tmp_path / "export"))
    np.testing.assert_allclose(result.values, export.expected_v, atol=5e-5)


@pytest.mark.parametrize("op", ["sep_conv_3x3", "max_pool_3x3"])
def test_exported_transients_settle_on_the_outputs_to_expect(engine, op, tmp_path):
    timing = Timing(image_s=4e-6, step_s=4e-8)
    export = deployed(primitive(op)).export(op, dialect="xyce", timing=timing)
    write_export(export, tmp_path / "export")
    result = engine.run(read_export(tmp_path / "export"))
    ends = np.searchsorted(result.axis, (np.arange(3) + 1) * timing.image_s * (1 - 1e-9))
    np.testing.assert_allclose(result.values[np.minimum(ends, len(result.axis) - 1)], export.expected_v, atol=5e-5)


def test_a_selector_that_changes_over_leaves_time_steps_between(engine):
    """Where its output jumps, no time step is short enough for a tight tolerance."""
    made = deployed(primitive("max_pool_3x3", side=2), images=2, seed=1)
    images_v = made.images.reshape(2, -1) * made.circuit.input_scale_v
    loose, tight = (measure_transients(made.circuit, images_v, engine, reltol=each) for each in (1e-3, 1e-5))
    assert tight.delay_s == pytest.approx(loose.delay_s, rel=0.05)


@pytest.mark.long
def test_delay_and_energy_are_those_of_ngspice(engine, small_digits, transient_result):
    found = simulate(SMALL, channels=1, dataset=small_digits, images=6, analysis="transient", engine="xyce")
    ours, theirs = transient_result.transient, found.transient
    assert theirs.delay_s == pytest.approx(ours.delay_s, rel=0.02)
    assert theirs.energy_j == pytest.approx(ours.energy_j, rel=0.02)
    assert theirs.imbalance < 1e-3


def test_cached_results_are_its_own(engine, small_digits, tmp_path):
    run = {"channels": 1, "dataset": small_digits, "images": 2, "workers": 1, "cache": tmp_path / "kept"}
    first = simulate(SMALL, **run, engine="xyce")
    kept = {path: path.stat().st_ino for path in (tmp_path / "kept").rglob("*.npz")}
    again = simulate(SMALL, **run, engine="xyce")
    assert kept == {path: path.stat().st_ino for path in (tmp_path / "kept").rglob("*.npz")}
    assert again.outputs_v.tobytes() == first.outputs_v.tobytes()
    assert first.engine.startswith("Xyce")
