# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristor models: the current computed in NumPy is that of the netlist element in ngspice."""

from __future__ import annotations

import numpy as np
import pytest
from needed import needs

from memnet.circuit.banks import Memristors
from memnet.devices.models import MODELS, memristor_model
from memnet.errors import SetupError
from memnet.netlist.bank_writer import BankWriter, ShortNames
from memnet.netlist.deck import Deck
from memnet.simulation.engines.registry import find_engine
from memnet.technology import load_technology

SIEMENS = np.array([1e-6, 3.3e-5, 1e-4])
VOLTS = np.linspace(-0.2, 0.2, 9)


def currents_in_ngspice() -> np.ndarray:
    """Return the currents (voltages, devices) through devices that a bank writer wrote, each from a row of its own."""
    bank = Memristors(row=np.array([1, 2, 3]), column=np.zeros(3, dtype=np.int64), siemens=SIEMENS)
    elements = b"".join(BankWriter(load_technology(), transient=False).text(bank, ShortNames())).decode()
    sources = "vin in 0 0\n" + "".join(f"v{net} in n{net} 0\n" for net in (1, 2, 3))
    text = f"devices\n{sources}{elements}.dc vin -0.2 0.2 0.05\n.end\n"
    return (
        find_engine("ngspice")
        .run(Deck(name="devices", text=text, vectors=("i(v1)", "i(v2)", "i(v3)"), points=9))
        .values
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_law_is_that_of_the_netlist_element(name):
    needs("ngspice")
    law = np.array([memristor_model(name).current_a(np.full(3, volts), SIEMENS) for volts in VOLTS])
    assert np.abs(currents_in_ngspice() - law).max() < 1e-9 * np.abs(law).max() + 1e-14


@pytest.mark.parametrize("name", MODELS)
def test_heat_is_voltage_times_current(name):
    model, volts = memristor_model(name), np.array([0.1, -0.05, 0.2])
    assert model.heat_w(volts, SIEMENS) == pytest.approx(
        float(np.sum(volts * model.current_a(volts, SIEMENS))), rel=1e-12
    )


def test_an_unknown_model_is_named_with_the_nearest():
    with pytest.raises(SetupError, match="unknown memristor model 'linaer': did you mean linear"):
        memristor_model("linaer")
