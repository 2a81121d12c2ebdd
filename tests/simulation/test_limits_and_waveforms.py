# SPDX-License-Identifier: GPL-3.0-or-later
"""When decks are simulated with clamps and slew limits, and waveforms between their points; knows no simulator."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from deployments import deployed, primitive

from memnet.circuit.banks import Memristors
from memnet.circuit.blocks import Circuit
from memnet.deployment.stages import BIAS_RAIL
from memnet.netlist.deck import Deck
from memnet.simulation.engines.base import Result
from memnet.simulation.lean import run_lean
from memnet.simulation.partitions import split
from memnet.simulation.switching import SWITCH_S, _axis
from memnet.simulation.waveforms import Waveform, resample, thinned

CIRCUIT = deployed(primitive("sep_conv_3x3"), images=1).circuit


@dataclass
class Fixed:
    """An engine that finds 0 V at all nets and times but one; it remembers whether decks were lean."""

    net: int
    volts: float
    lean: list[bool] = field(default_factory=list)

    name = "fixed"

    def run(self, deck: Deck, progress: object = None) -> Result:
        values = np.zeros((7, len(deck.vectors)))
        if f"v(n{self.net})" in deck.vectors:
            values[3, deck.vectors.index(f"v(n{self.net})")] = self.volts
        return Result(axis=np.arange(7.0), values=values, engine="", solver="", wall_s=0.0, notes=())


def full(circuit: Circuit, net: int, volts: float, *, slew: bool = False) -> bool:
    """Tell whether a deck is simulated in full where one net is at some volts at one time."""
    engine = Fixed(net, volts)

    def write(lean: bool, vectors: tuple[str, ...]) -> Deck:
        return Deck(name="deck", text="", vectors=vectors, points=None, dialect="ngspice")

    return not run_lean(circuit, write, ("v(n1)",), engine, slew=slew)[1]


def ranks() -> list[tuple[int, int]]:
    """Return an inverting input and an output net of every rank of op-amps."""
    banks = [bank for block in CIRCUIT.blocks for bank in block.banks]
    found = [(int(each.inverting[-1]), int(each.out[-1])) for bank in banks for each in bank.amplifiers()]
    assert len(found) > 8
    return found


@pytest.mark.parametrize("sign", [1, -1])
def test_an_op_amp_near_saturation_has_its_deck_simulated_with_clamps(sign):
    saturation_v = CIRCUIT.technology.opamp.saturation_v
    for _, out in ranks():
        assert full(CIRCUIT, out, sign * saturation_v)
        assert not full(CIRCUIT, out, sign * (saturation_v - 0.2))


@pytest.mark.parametrize("sign", [1, -1])
def test_an_op_amp_that_slews_at_one_time_has_its_deck_simulated_with_the_limit(sign):
    opamp = CIRCUIT.technology.opamp
    reach_v = opamp.slew_v_per_s / (2 * np.pi * opamp.gbw_hz)  # of the input stage
    plain = [each for bank in CIRCUIT.blocks[0].banks for each in bank.amplifiers() if not each.rectified]
    for each in plain:
        net = int(each.inverting[0])
        assert full(CIRCUIT, net, sign * 0.95 * reach_v, slew=True)
        assert not full(CIRCUIT, net, sign * 0.85 * reach_v, slew=True)
        assert not full(CIRCUIT, net, sign * 0.95 * reach_v)
    assert plain


def test_a_waveform_keeps_its_first_and_last_volts_outside_its_times():
    time_s, volts = np.array([1.0, 2.0, 4.0]), np.array([[0.0], [1.0], [3.0]])
    found = resample(time_s, volts, np.array([0.0, 1.0, 1.5, 3.0, 4.0, 9.0]))[:, 0]
    assert found.tolist() == [0.0, 0.0, 0.5, 2.0, 3.0, 3.0]


def test_thinning_keeps_the_bend_of_a_single_net_among_many():
    time_s = np.array([0.0, 1.0, 2.0])
    volts = np.zeros((3, 100))
    volts[1, 42] = 2e-3
    assert thinned(Waveform(time_s=time_s, volts=volts), 1e-3).time_s.tolist() == [0.0, 1.0, 2.0]
    assert thinned(Waveform(time_s=time_s, volts=0.4 * volts), 1e-3).time_s.tolist() == [0.0, 2.0]


def test_each_configuration_begins_when_it_should():
    begins, ends = _axis(3, 1e-6).reshape(-1, 2).T
    np.testing.assert_allclose(begins, [0.0, 1e-6, 2e-6])
    np.testing.assert_allclose(ends, begins + 1e-6 - SWITCH_S)


def test_pieces_of_a_pointwise_crossbar_read_their_own_pixels_alone():
    block = next(block for block in CIRCUIT.blocks if block.name.endswith("/pw1"))
    channels, *pixels = CIRCUIT.groups[block.outputs[0]].shape
    assert channels > 1
    rows = []
    for piece in split(CIRCUIT, block, 4):
        devices = [bank for bank in piece.banks if isinstance(bank, Memristors)]
        nets = np.unique(np.concatenate([bank.row for bank in devices]))
        rows.append(nets[nets != CIRCUIT.groups[BIAS_RAIL].first])
    assert {len(nets) for nets in rows} == {channels * int(np.prod(pixels)) // 4}
    assert len(np.unique(np.concatenate(rows))) == channels * int(np.prod(pixels))
