# SPDX-License-Identifier: GPL-3.0-or-later
"""Engines that read ngspice's dialect, against circuits solved by hand and the ways a run can fail; no networks."""

from __future__ import annotations

import pickle
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.errors import ConvergenceError, EngineNotFound, SimulationError
from memnet.netlist.deck import Deck
from memnet.simulation.engines import discover, registry
from memnet.simulation.engines.base import INSTALL_HINT, Engine, solver_options, solver_used, vector_key
from memnet.simulation.engines.batch import BatchEngine
from memnet.simulation.engines.registry import ENGINES, engine_report, find_engine

# Xyce reads a dialect of its own: test_xyce.py
NGSPICE_READERS = [name for name, kind in ENGINES.items() if "ngspice" in kind.dialects]
RC = "rc\nv1 a 0 1\nr1 a b 1e3\nc1 b 0 1e-9\n.tran 1e-8 5e-6 uic\n.save v(b) i(v1)\n.end\n"
UNKNOWN = "lost\nv1 a 0 3\nx1 a b nobody\n.op\n.save v(a)\n.end\n"
GOOD = "good\nv1 a 0 1\nr1 a 0 1e3\n.op\n.save v(a)\n.end\n"
CONTRADICTION = "two sources\nv1 a 0 1\nv2 a 0 2\nr1 a 0 1e3\n.op\n.save v(a)\n.end\n"

# an op-amp with a diode clamp, one with an ideal-diode switch for a rectifier, and pwl inputs swept by index
PARTS = """one of each element
vidx idx 0 0
b1 in1 0 v=pwl(v(idx),0,0.03,1,-0.01,2,0.2,3,-0.15)
b2 in2 0 v=pwl(v(idx),0,0.1,1,0.05,2,-0.2,3,0.01)
r1 in1 p 2e4
r2 in2 p 5e4
rf p t 1e4
g1 0 x 0 p 1e-3
rx x 0 1e8
cx x 0 1e-9
e1 t 0 x 0 1
vcp vcp 0 4.5
d1 x vcp dz
r3 t m 1e4
rg m y 1e4
g2 0 z 0 m 1e-3
rz z 0 1e8
s1 0 z 0 z swz
e2 y 0 z 0 1
.model dz D(is=1e-10 n=0.005)
.model swz SW(vt=0 vh=0 ron=0.1 roff=1e12)
.options reltol=1e-5
.dc vidx 0 3 1
.save v(t) v(y) i(e1) v(in1)
.end
"""
PARTS_VECTORS = ("v(t)", "v(y)", "i(e1)", "V(IN1)")


@pytest.fixture(params=NGSPICE_READERS)
def engine(request) -> Engine:
    needs(request.param)
    return find_engine(request.param)


@pytest.fixture
def ngspice() -> Engine:
    needs("ngspice")
    return find_engine("ngspice")


@pytest.fixture(autouse=True)
def _kept_decks_go_with_the_test(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def kept_folder(error: Exception) -> Path:
    found = re.search(r"kept in (\S+);", str(error))
    assert found, str(error)
    return Path(found.group(1))


def test_rc_charges_along_its_exponential(engine):
    result = engine.run(Deck(name="rc", text=RC, vectors=("i(v1)", "V(B)"), points=None))
    expected = 1 - np.exp(-result.axis / 1e-6)
    assert result.values.shape == (len(result.axis), 2)
    assert result.axis[-1] == pytest.approx(5e-6)
    np.testing.assert_allclose(result.values[:, 1], expected, atol=2e-3)
    np.testing.assert_allclose(result.values[:, 0], -(1 - result.values[:, 1]) / 1e3, atol=1e-8)
    assert result.wall_s > 0


def test_parts_give_the_voltages_solved_by_hand(engine):
    result = engine.run(Deck(name="parts", text=PARTS, vectors=PARTS_VECTORS, points=4))
    inputs = np.array([[0.03, 0.1], [-0.01, 0.05], [0.2, -0.2], [-0.15, 0.01]])
    sums = -(inputs @ [0.5, 0.2])
    np.testing.assert_array_equal(result.axis, [0, 1, 2, 3])
    np.testing.assert_allclose(result.values[:, 3], inputs[:, 0], atol=1e-12)
    np.testing.assert_allclose(result.values[:, 0], sums, atol=5e-6)
    np.testing.assert_allclose(result.values[:, 1], np.maximum(0, -sums), atol=3e-5)
    # where the rectifier is off, the second op-amp's input floats to half of t
    load_ohm = np.where(sums > 0, 2e4, 1e4)
    np.testing.assert_allclose(result.values[:, 2], -sums / 1e4 - sums / load_ohm, atol=1e-8)


def test_vectors_are_the_same_whether_the_deck_says_what_to_save_or_not(engine):
    said = Deck(name="parts", text=PARTS, vectors=PARTS_VECTORS, points=4)
    unsaid = Deck(name="parts", text=re.sub(r"\.save.*\n", "", PARTS), vectors=PARTS_VECTORS[::-1], points=4)
    expected = engine.run(said)
    for deck, order in ((unsaid, -1), (said, 1), (unsaid, -1)):
        found = engine.run(deck)
        np.testing.assert_array_equal(found.axis, expected.axis)
        np.testing.assert_array_equal(found.values, expected.values[:, ::order])


def test_a_quantity_of_a_device_is_returned(ngspice):
    """ngspice computes these only where the deck's own `.save` lines name them."""
    text = "one device\nv1 a 0 3\nr1 a 0 2\n.op\n.save @r1[i] v(a)\n.end\n"
    deck = Deck(name="device", text=text, vectors=("@r1[i]", "v(a)"), points=1)
    np.testing.assert_allclose(ngspice.run(deck).values, [[1.5, 3.0]])


LADDER = """
import resource
from memnet.netlist import Deck
from memnet.simulation.engines import find_engine
def run(nodes):
    rungs = "".join(f"r{at} n{at} n{at + 1} 1\\n" for at in range(nodes))
    text = f"ladder\\nv1 n0 0 1\\n{rungs}rend n{nodes} 0 1\\n.dc v1 0 1 1\\n.end\\n"
    deck = Deck(name="ladder", text=text, vectors=(f"v(n{nodes})",), points=2)
    last = find_engine("ngspice").run(deck).values[-1, 0]
    assert abs(last * (nodes + 1) - 1) < 1e-6, last
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(-run(10) + run(20_000))
"""


def test_what_a_deck_does_not_want_costs_little_memory(ngspice):
    done = subprocess.run([sys.executable, "-c", LADDER], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100_000  # kB; with room for 1,024 points of every node it would be 160,000 more


@pytest.mark.parametrize("other", NGSPICE_READERS[1:])
def test_engines_agree(ngspice, other):
    needs(other)
    deck = Deck(name="parts", text=PARTS, vectors=PARTS_VECTORS, points=4)
    ours, theirs = ngspice.run(deck), find_engine(other).run(deck)
    np.testing.assert_allclose(theirs.values, ours.values, atol=2e-7, rtol=1e-6)


def test_unknown_subcircuit_never_returns_the_previous_circuit(engine):
    assert engine.run(Deck(name="a", text=GOOD, vectors=("v(a)",), points=1)).values[0, 0] == 1
    with pytest.raises(SimulationError, match=r"net/cell1: .* refused the deck|failed with exit status") as caught:
        engine.run(Deck(name="net/cell1", text=UNKNOWN, vectors=("v(a)",), points=1))
    folder = kept_folder(caught.value)
    assert "x1 a b nobody" in (folder / "deck.cir").read_text()
    assert "subc" in str(caught.value).split("the end of the log")[1]
    assert engine.run(Deck(name="a", text=GOOD, vectors=("v(a)",), points=1)).values[0, 0] == 1


def test_no_solution_is_a_convergence_error_that_quotes_the_log(engine):
    with pytest.raises(ConvergenceError, match=r"found no result|failed with exit status") as caught:
        engine.run(Deck(name="net/stem", text=CONTRADICTION, vectors=("v(a)",), points=1))
    assert str(caught.value).startswith("net/stem: ")
    assert str(caught.value).count("\n  | ") <= 20
    assert (kept_folder(caught.value) / "log.txt").read_text().strip()


@pytest.mark.parametrize(
    ("text", "vectors", "points", "message"),
    [
        (GOOD, ("v(a)", "v(zz)"), 1, r"returned no v\(zz\)"),
        (GOOD, ("v(a)",), 2, "returned 1 points where 2 are expected"),
        ("no analysis\nv1 a 0 1\nr1 a 0 1e3\n.end\n", ("v(a)",), 1, "."),
        ("half a resistor\nv1 a 0 1\nr1 a 0\n.op\n.end\n", ("v(a)",), 1, "refused the deck"),
    ],
)
def test_unusable_runs_are_errors(engine, text, vectors, points, message, tmp_path):
    if text.startswith("half") and engine.describe().version == "39":
        # 39 says nothing and takes a resistor without a value for 1 kilohm.
        assert engine.run(Deck(name="bad", text=text, vectors=("i(v1)",), points=1)).values[0, 0] == -1e-3
        return
    with pytest.raises(SimulationError, match=message):
        engine.run(Deck(name="bad", text=text, vectors=vectors, points=points))
    assert len(list(tmp_path.glob("memnet-*"))) == 1  # the directory that the error names, and no other


def test_stepping_is_no_failure(ngspice):
    # 40 equal diode drops, with direct Newton iteration switched off
    chain = "\n".join(f"d{i} n{i} n{i + 1} dx" for i in range(40))
    head, tail = "an error in the title\ni1 0 n0 1e-3", ".model dx D(is=1e-20 n=1)\n.options noopiter\n.op\n.end\n"
    text = f"{head}\n{chain}\nv1 n40 0 0\n{tail}"
    result = ngspice.run(Deck(name="chain", text=text, vectors=("v(n0)", "v(n20)"), points=1))
    assert result.values[0, 0] == pytest.approx(40 * 0.025864 * np.log(1e17), rel=1e-3)
    assert result.values[0, 1] == pytest.approx(result.values[0, 0] / 2, rel=1e-6)
    assert any("stepping" in note for note in result.notes)


def test_solver_is_what_really_ran(ngspice):
    info = next(info for info in engine_report() if info.name == "ngspice")
    free = ngspice.run(Deck(name="a", text=GOOD, vectors=("v(a)",), points=1))
    chosen = GOOD.replace(".op", ".options sparse\n.op")
    sparse = ngspice.run(Deck(name="a", text=chosen, vectors=("v(a)",), points=1))
    assert free.solver == ("KLU" if info.klu else "Sparse 1.3")
    assert sparse.solver == "Sparse 1.3"
    assert free.engine == f"ngspice {info.version}"


def test_memory_stays_flat(ngspice):
    lines = "\n".join(f"r{i} a n{i} 1e3\nc{i} n{i} 0 1e-9" for i in range(1000))
    text = f"many\nv1 a 0 1\n{lines}\n.tran 1e-7 5e-6\n.end\n"
    deck = Deck(name="many", text=text, vectors=("v(n5)",), points=None)
    for _ in range(10):
        ngspice.run(deck)
    before = resident_kb()
    for _ in range(40):
        ngspice.run(deck)
    assert resident_kb() - before < 10_000


def resident_kb() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text())
    assert found
    return int(found.group(1))


def test_progress_reaches_the_caller(ngspice):
    seen: list[float] = []
    lines = "\n".join(f"r{i} a n{i} 1e3\nc{i} n{i} 0 1e-9" for i in range(300))
    text = f"long\nv1 a 0 sin(0 1 1e6)\n{lines}\n.tran 1e-8 5e-5\n.save v(n5)\n.end\n"
    ngspice.run(Deck(name="long", text=text, vectors=("v(n5)",), points=None), seen.append)
    assert seen == sorted(seen)
    assert seen
    assert 0 <= seen[0] <= seen[-1] <= 1


def test_batch_stops_at_its_time_out():
    needs("ngspice-batch")
    text = "slow\nv1 a 0 sin(0 1 1e6)\nr1 a b 1e3\nc1 b 0 1e-12\n.tran 1e-9 1\n.end\n"
    with pytest.raises(SimulationError, match="did not finish within"):
        BatchEngine(timeout_s=0.5).run(Deck(name="slow", text=text, vectors=("v(b)",), points=None))


def test_engines_can_be_sent_to_workers(engine):
    assert pickle.loads(pickle.dumps(engine)) == engine  # noqa: S301  (its own bytes)


def test_unknown_engine_lists_the_names():
    with pytest.raises(EngineNotFound, match="unknown engine 'ngspce': did you mean"):
        find_engine("ngspce")
    assert [info.name for info in engine_report()] == list(ENGINES)


def test_where_no_engine_is_here_one_sentence_says_what_to_install_once(monkeypatch):
    def none_of(kind):
        here = staticmethod(lambda: replace(kind.describe(), available=False, note=said_by[kind]))
        return type(kind.__name__, (), {"describe": here})

    notes = (f"libngspice is not here: {INSTALL_HINT}", f"no executable: {INSTALL_HINT}", "pip install this", "no Xyce")
    said_by = dict(zip(ENGINES.values(), notes, strict=True))
    monkeypatch.setattr(registry, "ENGINES", {name: none_of(kind) for name, kind in ENGINES.items()})
    with pytest.raises(EngineNotFound) as refused:
        find_engine()
    said = str(refused.value)
    assert said.startswith(f"no engine can simulate here: {INSTALL_HINT} (") and said.count(INSTALL_HINT) == 1
    assert "ngspice: libngspice is not here; ngspice-batch: no executable; embedded: pip install this;" in said
    with pytest.raises(EngineNotFound, match=r"^engine embedded: pip install this$"):
        find_engine("embedded")


def test_default_engine_is_the_first_that_is_here():
    here = {info.name for info in engine_report() if info.available}
    assert find_engine().name == next(name for name in ENGINES if name in here)


def test_a_wrong_folder_in_the_environment_is_named(monkeypatch, tmp_path):
    needs("ngspice")
    library = discover.find_ngspice("library").path
    discover.find_ngspice.cache_clear()
    monkeypatch.setenv("MEMNET_NGSPICE", str(tmp_path / "nowhere"))
    try:
        with pytest.raises(EngineNotFound, match=r"MEMNET_NGSPICE names .*nowhere, which is not there"):
            discover.find_ngspice("library")
        monkeypatch.setenv("MEMNET_NGSPICE", str(tmp_path))
        for ask in (find_engine, lambda: discover.find_ngspice("library"), lambda: discover.find_ngspice("executable")):
            with pytest.raises(EngineNotFound, match=f"MEMNET_NGSPICE names the folder {tmp_path}, which has neither"):
                ask()
        (tmp_path / "libngspice.so").symlink_to(Path(library).resolve())
        assert discover.find_ngspice("executable") is None  # a folder with the library alone is one of ngspice
        assert "is not here: run memnet engines --install" in discover.missing_note("executable", None)
    finally:
        discover.find_ngspice.cache_clear()


@pytest.mark.parametrize("variable", ["MEMNET_NGSPICE", "NGSPICE_LIBRARY_PATH"])
@pytest.mark.parametrize("named", ["ngspice", "libngspice.so", ""])
def test_an_ngspice_that_is_chosen_and_cannot_run_is_not_replaced(monkeypatch, tmp_path, variable, named):
    """No simulator that the user did not choose is used in its place, whichever may be here."""
    (tmp_path / "ngspice").write_text(
        "#!/bin/sh\necho 'error while loading shared libraries: libXaw.so.7' >&2\nexit 127\n"
    )
    (tmp_path / "ngspice").chmod(0o755)
    (tmp_path / "libngspice.so").write_text("no library")
    chosen = tmp_path / named
    monkeypatch.setenv(variable, str(chosen))
    discover.find_ngspice.cache_clear()
    try:
        for ask in (find_engine, engine_report, lambda: find_engine("ngspice")):
            with pytest.raises(
                EngineNotFound, match=f"{variable} names {chosen}, but .* does not run: .*correct or unset it"
            ) as refused:
                ask()
            if (variable, named) == ("MEMNET_NGSPICE", "ngspice"):
                assert "libXaw.so.7 (install the package ngspice with its X libraries" in str(refused.value)
    finally:
        discover.find_ngspice.cache_clear()


def test_klu_is_asked_for_once_and_only_where_it_is():
    text = "title\nr1 a 0 1\n.end\n"
    assert solver_options(text, klu=True).splitlines()[:2] == ["title", ".options klu"]
    assert solver_options(text, klu=False) == text
    assert solver_options("t\n.Options reltol=1e-5 KLU\n", klu=True).lower().count("klu") == 1
    assert solver_used(["Using KLU as Direct Linear Solver"]) == "KLU"


@pytest.mark.parametrize(
    ("name", "key"), [("V(N1)", "n1"), ("n1", "n1"), ("i(E3)", "e3#branch"), ("e3#branch", "e3#branch")]
)
def test_vector_names_have_one_key(name, key):
    assert vector_key(name) == key
