# SPDX-License-Identifier: GPL-3.0-or-later
"""A wired tile is solved as Kirchhoff's laws have it: by ngspice with every segment, and by a sparse solver."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from memnet.arrays import curved_tiles, wired_tiles
from memnet.netlist.deck import Deck
from memnet.simulation.engines.registry import find_engine

Floats = npt.NDArray[np.float64]
ROW_OHM, COLUMN_OHM = 1.0, 2.5
SHAPES = [(13, 8), (24, 33), (33, 24), (9, 2), (2, 9), (1, 2)]


def tile(rows: int, columns: int) -> Floats:
    """Return conductances of 1 to 100 uS, and two crosspoints without a device."""
    siemens = np.random.default_rng(rows * columns).uniform(1e-6, 1e-4, (rows, columns))
    siemens[-1, 0] = siemens[rows // 2, -1] = 0.0
    return siemens


def tile_resistors(
    siemens: Floats, row_ohm: float, column_ohm: float, both_ends: bool = False, lead_ohm: float = 0.0
) -> tuple[list[str], list[str], Floats]:
    """Return both ends and the conductance of every device and segment, written out crosspoint by crosspoint."""
    rows, columns = siemens.shape
    ends = []
    for i in range(rows):
        for j in range(columns):
            ends.append((f"r{i}_{j}", f"c{i}_{j}", siemens[i, j]))
            along_ohm = row_ohm if j else row_ohm + lead_ohm
            ends.append((f"r{i}_{j - 1}" if j else f"driver{i}", f"r{i}_{j}", 1.0 / along_ohm))
            ends.append((f"c{i}_{j}", f"c{i + 1}_{j}" if i < rows - 1 else f"ground{j}", 1.0 / column_ohm))
    if both_ends:
        ends += [(f"driver{i}", f"r{i}_{columns - 1}", 1.0 / (row_ohm + lead_ohm)) for i in range(rows)]
    first, second, conductance = zip(*ends, strict=True)
    return list(first), list(second), np.array(conductance)


def by_sparse_solver(
    siemens: Floats, row_ohm: float, column_ohm: float, both_ends: bool = False, lead_ohm: float = 0.0
) -> tuple[Floats, Floats]:
    """Return what `wired_tiles` does, from the nodal equations of all segments."""
    first, second, conductance = tile_resistors(siemens, row_ohm, column_ohm, both_ends, lead_ohm)
    rows, columns = siemens.shape
    ends = [f"driver{i}" for i in range(rows)] + [f"ground{j}" for j in range(columns)]
    number = {name: at for at, name in enumerate(dict.fromkeys([*ends, *first, *second]))}
    a, b = (np.array([number[name] for name in names]) for names in (first, second))
    places = np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a])
    matrix = coo_array((np.concatenate([conductance, conductance, -conductance, -conductance]), places)).tocsc()
    outer, inner = slice(None, len(ends)), slice(len(ends), None)
    inside = splu(matrix[inner, inner].tocsc()).solve(matrix[inner, outer].toarray())
    port = matrix[outer, outer].toarray() - matrix[outer, inner] @ inside
    return -port[:rows, rows:], port[rows:, rows:]


def by_ngspice(siemens: Floats, driven_v: Floats, ground_v: Floats, both_ends: bool) -> Floats:
    """Return the currents into the virtual grounds at given voltages."""
    first, second, conductance = tile_resistors(siemens, ROW_OHM, COLUMN_OHM, both_ends)
    lines = ["a wired tile"]
    lines += [f"vdriver{i} driver{i} 0 {volts!r}" for i, volts in enumerate(driven_v.tolist())]
    lines += [f"vground{j} ground{j} 0 {volts!r}" for j, volts in enumerate(ground_v.tolist())]
    ohms = [1.0 / each if each else 0.0 for each in conductance.tolist()]
    lines += [f"r{at} {a} {b} {ohm!r}" for at, (a, b, ohm) in enumerate(zip(first, second, ohms, strict=True)) if ohm]
    vectors = tuple(f"i(vground{j})" for j in range(siemens.shape[1]))
    text = "\n".join([*lines, ".options reltol=1e-9 gmin=1e-15", ".save " + " ".join(vectors), ".op", ".end", ""])
    return find_engine("ngspice").run(Deck(name="tile", text=text, vectors=vectors, points=1)).values[0]


@pytest.mark.parametrize(
    ("shape", "both_ends"), [*((shape, False) for shape in SHAPES), ((13, 8), True), ((9, 16), True)]
)
def test_tiles_are_what_ngspice_solves(shape, both_ends):
    siemens, random = tile(*shape), np.random.default_rng(1)
    driven_v, ground_v = random.uniform(-0.2, 0.2, shape[0]), random.uniform(-0.05, 0.05, shape[1])
    found = wired_tiles(siemens[None], ROW_OHM, COLUMN_OHM, both_ends=both_ends)
    currents = found.effective[0].T @ driven_v - found.sinks[0] @ ground_v
    expected = by_ngspice(siemens, driven_v, ground_v, both_ends)
    assert np.abs(currents - expected).max() <= 1e-9 * np.abs(expected).max()


@pytest.mark.parametrize("ohm", [(1.0, 2.5), (1e-6, 1e-3), (30.0, 1e-6), (100.0, 300.0)])
@pytest.mark.parametrize("both_ends", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_tiles_are_what_a_sparse_solver_gives(shape, ohm, both_ends):
    siemens = tile(*shape)
    found = wired_tiles(siemens[None], ohm[0], ohm[1], both_ends=both_ends)
    effective, sinks = by_sparse_solver(siemens, *ohm, both_ends)
    assert np.abs(found.effective[0] - effective).max() <= 1e-9 * effective.max()
    # A sparse solver cancels where segments conduct far better than devices: 1e-12 of a segment's conductance is left.
    assert np.abs(found.sinks[0] - sinks).max() <= 1e-9 * np.abs(found.sinks[0]).max() + 1e-12 / min(ohm)


@pytest.mark.parametrize("lead_ohm", [1e-3, 150.0])
@pytest.mark.parametrize("both_ends", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_wires_from_drivers_to_a_tile_are_part_of_it(shape, both_ends, lead_ohm):
    siemens = tile(*shape)
    found = wired_tiles(siemens[None], ROW_OHM, COLUMN_OHM, both_ends=both_ends, lead_ohm=lead_ohm)
    effective, sinks = by_sparse_solver(siemens, ROW_OHM, COLUMN_OHM, both_ends, lead_ohm)
    assert np.abs(found.effective[0] - effective).max() <= 1e-9 * effective.max()
    assert np.abs(found.sinks[0] - sinks).max() <= 1e-9 * np.abs(found.sinks[0]).max() + 1e-12
    if siemens.size < 500:  # the voltages across devices, with which a curved law is corrected, are of the same wires
        curved = curved_tiles(siemens[None], ROW_OHM, COLUMN_OHM, both_ends=both_ends, lead_ohm=lead_ohm)
        currents = siemens - np.einsum("ij,ijk->kj", siemens, curved.drops[0].reshape(*shape, shape[0]))
        assert np.abs(currents - effective).max() <= 1e-9 * effective.max()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 7), st.integers(1, 7), st.floats(0, 1e3), st.floats(0, 1e3), st.integers(0, 99), st.booleans())
def test_tiles_obey_the_laws_of_resistor_networks(rows, columns, row_ohm, column_ohm, seed, both_ends):
    """With all ends at one voltage no current flows, a path from end to end conducts both ways, wires only lose."""
    random = np.random.default_rng(seed)
    siemens = random.uniform(1e-6, 1e-4, (3, rows, columns)) * random.integers(0, 2, (3, rows, columns))
    found = wired_tiles(siemens, row_ohm, column_ohm, both_ends=both_ends)
    largest = np.abs(found.sinks).max() + 1e-15
    assert np.abs(found.effective.sum(axis=1) - found.sinks.sum(axis=2)).max() <= 1e-12 * largest
    assert np.abs(found.sinks - found.sinks.swapaxes(1, 2)).max() <= 1e-12 * largest
    assert (found.effective.sum(axis=(1, 2)) <= siemens.sum(axis=(1, 2)) * (1 + 1e-12)).all()


@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (24, 40)])
@pytest.mark.parametrize("column_ohm", [0.0, COLUMN_OHM])
def test_without_resistance_a_tile_is_its_devices(shape, column_ohm):
    siemens = tile(*shape)
    found = wired_tiles(siemens[None], 0.0, column_ohm)
    if column_ohm:  # rows alone are without resistance
        nearly = wired_tiles(siemens[None], 1e-9, column_ohm)
        for some, others in ((found.effective, nearly.effective), (found.sinks, nearly.sinks)):
            assert np.abs(some - others).max() <= 1e-9 * siemens.max()
        return
    assert np.allclose(found.effective[0], siemens, rtol=1e-14, atol=0)
    assert np.allclose(found.sinks[0], np.diag(siemens.sum(axis=0)), rtol=1e-12, atol=1e-12 * siemens.max())


def test_equal_tiles_are_solved_once_and_each_keeps_its_place(monkeypatch):
    from memnet.arrays import wires

    shapes, solved = [], wires._solved
    monkeypatch.setattr(wires, "_solved", lambda each, *ohm: shapes.append(each.shape) or solved(each, *ohm))
    a, b = tile(5, 4), tile(5, 4) * 1.1
    found = wires.wired_tiles(np.stack([b, a, a, b, a]), ROW_OHM, COLUMN_OHM)
    assert shapes == [(2, 5, 4)]
    for at, each in enumerate((b, a, a, b, a)):
        assert np.allclose(found.effective[at], by_sparse_solver(each, ROW_OHM, COLUMN_OHM)[0], rtol=1e-9)


@pytest.mark.parametrize("shape", [(33, 64), (9, 2)])
def test_conductances_in_float32_are_computed_in_float32(shape: tuple[int, int]) -> None:
    siemens = tile(*shape)[None]
    exact, single = (wired_tiles(each, ROW_OHM, COLUMN_OHM) for each in (siemens, siemens.astype(np.float32)))
    assert (exact.effective.dtype, single.effective.dtype, single.sinks.dtype) == (np.float64, np.float32, np.float32)
    off = np.abs(single.effective - exact.effective).max() / exact.effective.max()
    assert 1e-9 < off < 1e-4
