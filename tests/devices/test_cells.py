# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells of a memristor and an access device: the law against Kirchhoff's, solved apart, and against simulators."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from needed import needs
from scipy.optimize import brentq

from memnet.circuit.banks import Memristors
from memnet.devices import CELLS, Access, Cell, access_of, cell_area_m2, memristor_model
from memnet.errors import SetupError, TechnologyError
from memnet.netlist.bank_writer import BankWriter, ShortNames
from memnet.netlist.deck import Deck
from memnet.simulation.engines.registry import find_engine
from memnet.technology import checked, load_technology

TECHNOLOGY = load_technology()
VOLTS = np.linspace(-0.2, 0.2, 21)
SIEMENS = np.array([1e-6, 2e-5, 1e-4])
KINDS = ["1T1R", "1S1R"]


def access(kind: str) -> Access:
    found = access_of(kind, TECHNOLOGY)
    assert found is not None
    return found


def through(kind: str, volts: float) -> float:
    """Return the current of an access device by its formula, written apart; a transistor's with its ends in order."""
    if kind == "1S1R":
        selector = TECHNOLOGY.cell_1s1r
        return selector.saturation_a * float(np.sinh(volts / selector.slope_v))
    nmos = TECHNOLOGY.cell_1t1r
    drain, source = max(volts, 0.0), min(volts, 0.0)
    over, across = nmos.gate_v - source - nmos.vto_v, drain - source
    square = over * across - across**2 / 2 if across < over else over**2 / 2
    amperes = nmos.kp_a_per_v2 * nmos.width_per_length * square * (1 + nmos.lambda_per_v * across)
    return amperes if volts > 0 else -amperes


def solved(kind: str, memristor: str, volts: float, siemens: float) -> float:
    """Return the current of a cell whose whole conductance at 0 V is `siemens`, by bisection."""
    slope = (through(kind, 1e-7) - through(kind, -1e-7)) / 2e-7
    model, alone = memristor_model(memristor), np.asarray(1.0 / (1.0 / siemens - 1.0 / slope))
    state = model.state_of(alone)
    between = brentq(
        lambda share: through(kind, share) - float(model.current(np.asarray(volts - share), state)),
        *sorted((0.0, volts)),
        xtol=1e-18,
        rtol=1e-15,
    )
    return through(kind, between)


@pytest.mark.parametrize("memristor", ["linear", "sinh", "jart-vcm-v1b"])
@pytest.mark.parametrize("kind", KINDS)
def test_both_parts_carry_the_current_of_the_cell(kind: str, memristor: str) -> None:
    cell = Cell(access=access(kind), memristor=memristor)
    siemens = SIEMENS if memristor != "jart-vcm-v1b" else np.array([2e-5, 5e-5, 1e-4])
    found = cell.current_a(VOLTS[:, None], siemens)
    expected = [[solved(kind, memristor, v, g) if v else 0.0 for g in siemens] for v in VOLTS.tolist()]
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-20)
    assert np.abs(found / (VOLTS[:, None] * siemens + 1e-30) - 1)[VOLTS != 0].max() > 2e-4  # no resistor


def test_a_transistor_saturates_where_its_drain_is_high() -> None:
    nmos = access("1T1R")
    volts = np.array([-3.0, 0.5, 1.7, 1.9, 3.0])
    np.testing.assert_allclose(nmos.current(volts), [through("1T1R", each) for each in volts], rtol=1e-12)
    slopes = (nmos.current(volts + 1e-6) - nmos.current(volts - 1e-6)) / 2e-6
    np.testing.assert_allclose(nmos.slope(volts), slopes, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_level_is_the_conductance_of_the_whole_cell(kind: str) -> None:
    cell = Cell(access=access(kind))
    near = np.asarray(1e-5)
    np.testing.assert_allclose(cell.current_a(near, SIEMENS), SIEMENS * near, rtol=2e-6)
    np.testing.assert_allclose(cell.conductance(cell.programmed(SIEMENS)), SIEMENS, rtol=1e-12)
    assert np.all(cell.programmed(SIEMENS) > SIEMENS)  # the memristor makes up for its access device
    with pytest.raises(SetupError, match=r"no state has a conductance of 0\.01 S"):
        cell.programmed(np.asarray(1e-2))


def test_a_netlist_has_no_cell_that_its_access_device_does_not_allow() -> None:
    bank = Memristors(row=np.ones(1), column=np.ones(1), siemens=np.array([1e-3]), access=access("1T1R"))
    with pytest.raises(SetupError, match=r"no state has a conductance of 0\.001 S; it reaches 0 to 0\.000917082 S"):
        bank.netlist_values(TECHNOLOGY)


def currents(kind: str, memristor: str, engine: str, **wrong: object) -> np.ndarray:
    """Return the currents of cells of SIEMENS at VOLTS, (points, cells), as a simulator has them."""
    needs(engine)
    simulator, device = find_engine(engine), access(kind)
    model = None if memristor == "linear" else memristor_model(memristor)
    columns = np.arange(2, 2 + len(SIEMENS))
    bank = Memristors(
        row=np.ones(len(SIEMENS), dtype=np.int64),
        column=columns,
        siemens=SIEMENS,
        model=memristor,
        access=replace(device, values=replace(device.values, **wrong)),  # type: ignore[call-arg, type-var]
    )
    dialect = "xyce" if engine == "xyce" else "ngspice"
    writer = BankWriter(TECHNOLOGY, transient=False, memristor=model, access=bank.access, dialect=dialect)
    options = {
        "ngspice": ".options reltol=1e-9 abstol=1e-18 vntol=1e-12 gmin=1e-15",
        "xyce": ".options device gmin=1e-15\n.options nonlin reltol=1e-9 abstol=1e-18",
    }
    meters = "\n".join(f"vm{net} n{net} 0 0" for net in columns.tolist())
    lines = b"".join(writer.text(bank, ShortNames())).decode()
    text = (
        f"* cells\n{options[dialect]}\nvidx n1 0 0\n{meters}\n{lines}{writer.models('nb', 0.1)}"
        f".dc vidx {VOLTS[0]:g} {VOLTS[-1]:g} {VOLTS[1] - VOLTS[0]:.9g}\n.end\n"
    )
    vectors = tuple(f"i(vm{net})" for net in columns.tolist())
    return simulator.run(Deck(name="cells", text=text, vectors=vectors, points=len(VOLTS), dialect=dialect)).values


@pytest.mark.parametrize("engine", ["ngspice", "xyce"])
@pytest.mark.parametrize("memristor", ["linear", "sinh"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_elements_of_a_netlist_have_the_law_of_the_cell(kind: str, memristor: str, engine: str) -> None:
    law = Cell(access=access(kind), memristor=memristor).current_a(VOLTS[:, None], SIEMENS)
    share = np.abs(law).max(axis=0)
    off = np.abs(currents(kind, memristor, engine) - law) / share
    assert off.max() < (1e-6 if engine == "ngspice" or kind == "1T1R" else 1e-4)  # Xyce has another Boltzmann constant


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("1T1R", {"vto_v": 0.61}),
        ("1T1R", {"width_per_length": 3.03}),
        ("1T1R", {"lambda_per_v": 0.1}),
        ("1S1R", {"slope_v": 0.051}),
        ("1S1R", {"saturation_a": 1.01e-5}),
    ],
)
def test_another_access_device_is_noticed(kind: str, wrong: dict[str, float]) -> None:
    law = Cell(access=access(kind)).current_a(VOLTS[:, None], SIEMENS)
    device = access(kind)
    other = Cell(access=replace(device, values=replace(device.values, **wrong)))  # type: ignore[call-arg, type-var]
    assert np.abs(other.current(VOLTS[:, None], Cell(access=device).programmed(SIEMENS)) - law).max() > 1e-10
    assert np.abs(currents(kind, "linear", "ngspice", **wrong) - law).max() > 2e-6 * np.abs(law).max()


def test_what_no_technology_describes_is_refused() -> None:
    bare = replace(TECHNOLOGY, cell_1s1r=None)
    with pytest.raises(SetupError, match=r"no section \[cell_1s1r\]; it describes 1T1R, 0T1R"):
        access_of("1S1R", bare)
    with pytest.raises(TechnologyError, match="transistor would not stay in its triode region"):
        checked(replace(TECHNOLOGY, cell_1t1r=replace(TECHNOLOGY.cell_1t1r, gate_v=0.7)), "mine.toml")


def test_each_cell_has_an_area() -> None:
    transistor, selector, bare = (cell_area_m2(kind, TECHNOLOGY) for kind in CELLS)
    assert transistor == pytest.approx(TECHNOLOGY.memristor.area_m2, rel=0.02)
    assert selector == bare == pytest.approx(4 * 130e-9**2)
    assert access_of("0T1R", TECHNOLOGY) is None
