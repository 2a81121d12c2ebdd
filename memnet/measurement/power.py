# SPDX-License-Identifier: GPL-3.0-or-later
"""Power of a SPICE transient: computed deck by deck from node voltages and source currents, then added up for the chip.

The heat of resistances, sum of G v^2, comes from node voltages; what op-amps lose is the power from their supplies less
the power that they deliver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from memnet.circuit import HEAT_PARTS, Circuit, LineCapacitors, Nets, amplifier_nets, count_devices
from memnet.deployment import BIAS_RAIL, INPUT
from memnet.netlist import Transient, amplifier_vectors, source_vectors, voltage_vectors
from memnet.sections import OpAmp
from memnet.simulation import Partition, resample
from memnet.simulation.engines import Result
from memnet.technology import Technology
from memnet.units import Floats

GRID_POINTS = 513  # of the common time axis on which currents of different decks are added
PARTS = ("crossbars", "scale_and_feedback", "opamps", "comparators", "switches")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeckPower:
    """Power in one deck over time, and the currents that the deck takes from op-amps; watts are (grid points,) each.

    `currents` are by net group, (grid points, nets) amperes, out of the op-amps that drive the group. For a group that
    the deck reads, they flow into the loads in this deck; for a group that it drives, into feedbacks and loads in this
    deck. Several decks can load the op-amps of one group, and supply power is not linear in the current, so
    `chip_power` adds up the currents of all decks first.
    """

    dissipated_w: dict[str, Floats]  # by HEAT_PARTS: heat from node voltages, and power into lines of crossbars
    delivered_w: Floats  # by op-amps into this deck, from source currents
    inputs_w: Floats  # by the chip's inputs and bias rail into this deck
    inner_supply_w: Floats  # by the supplies to op-amps that only this deck loads, without quiescent current
    currents: dict[str, Floats]
    amplifiers: int  # op-amps that have power
    comparators: int  # comparators that have power


def grid(stop_s: float) -> Floats:
    """Return the time axis that all decks of a transient are resampled to, (GRID_POINTS,) seconds."""
    return np.linspace(0.0, stop_s, GRID_POINTS)


def account_power(
    circuit: Circuit, partition: Partition, analysis: Transient, result: Result | None
) -> tuple[str, ...] | DeckPower:
    """Return the names of the vectors that a deck must record, or, given the deck's result, its power."""
    ledger = _Ledger(circuit, partition, analysis)
    return ledger.vectors() if result is None else ledger.power(result)


class _Ledger:
    """The nets and sources of one deck in the order in which its vectors record them, and the power from these."""

    def __init__(self, circuit: Circuit, partition: Partition, analysis: Transient) -> None:
        self.circuit, self.partition, self.analysis = circuit, partition, analysis
        self.banks = [bank for block in partition.blocks for bank in block.banks]
        self.groups = [name for name in circuit.groups if name != BIAS_RAIL or self._uses_bias()]
        self.amplifier_nets = amplifier_nets(self.banks)

    def _uses_bias(self) -> bool:
        return any(BIAS_RAIL in block.inputs for block in self.partition.blocks)

    def vectors(self) -> tuple[str, ...]:
        """Return the vectors to record: node voltages, then currents of op-amps, of input sources, of the bias rail."""
        sources = source_vectors(self.circuit, self.partition.reads, stepping=self.analysis.stepping)
        bias = ("i(vbias)",) if self._uses_bias() else ()
        return voltage_vectors(self.circuit, self.groups) + amplifier_vectors(self.banks) + sources + bias

    def power(self, result: Result) -> DeckPower:
        """Return the power of the deck, given the result of these vectors."""
        volts, currents = self._unpack(result)
        axis, common = result.axis, grid(self.analysis.stop_s)

        def on_grid(watts: Floats) -> Floats:
            return np.asarray(resample(axis, watts.reshape(len(axis), -1), common).sum(axis=1))

        dissipated = {name: np.zeros(len(axis)) for name in HEAT_PARTS}
        for bank in self.banks:
            for name, watts in bank.heat_w(volts, self.circuit.selects, self.circuit.technology).items():
                dissipated[name] += watts
            if isinstance(bank, LineCapacitors):
                dissipated["crossbars"] += bank.charging_w(axis, volts)
        out_a = currents[:, : len(self.amplifier_nets)]
        sources, bias = self._sources(currents)
        outer = np.isin(self.amplifier_nets, self._driven())  # op-amps that other decks can load too
        upstream = {name: value for name, value in sources.items() if name != INPUT}
        inputs = (
            _delivered(self.circuit, volts, {k: v for k, v in sources.items() if k == INPUT})
            + bias * volts[:, self.circuit.groups[BIAS_RAIL].first]
        )
        powered = count_devices(bank for bank in self.banks if bank.on(self.circuit.selects))
        delivered = (out_a * volts[:, self.amplifier_nets]).sum(axis=1) + _delivered(self.circuit, volts, upstream)
        return DeckPower(
            dissipated_w={name: on_grid(watts) for name, watts in dissipated.items()},
            delivered_w=on_grid(delivered),
            inputs_w=on_grid(inputs),
            inner_supply_w=on_grid(supply_watts(out_a[:, ~outer], self.circuit.technology.opamp)),
            currents={name: resample(axis, value, common) for name, value in upstream.items()}
            | self._driving_currents(out_a, axis, common),
            amplifiers=powered.amplifiers,
            comparators=powered.selectors,
        )

    def _unpack(self, result: Result) -> tuple[Floats, Floats]:
        """Return volts by net number, (points, highest net + 1), and currents out of sources, (points, sources)."""
        nets = np.concatenate([self.circuit.groups[name].nets for name in self.groups])
        volts = np.zeros((len(result.axis), self.circuit.nets + 1))
        volts[:, nets] = result.values[:, : len(nets)]
        return volts, -result.values[:, len(nets) :]

    def _sources(self, currents: Floats) -> tuple[dict[str, Floats], Floats]:
        """Return the currents out of the sources of each net group that the deck reads, and out of the bias rail."""
        first, sources = len(self.amplifier_nets), {}
        for name in self.partition.reads:
            count = len(self.circuit.groups[name].nets)
            sources[name] = currents[:, first : first + count]
            first += count
        return sources, currents[:, first] if self._uses_bias() else np.zeros(len(currents))

    def _driven(self) -> Nets:
        return np.concatenate([self.circuit.groups[name].nets for name in self.partition.drives])

    def _driving_currents(self, out_a: Floats, axis: Floats, common: Floats) -> dict[str, Floats]:
        """Return the currents out of the op-amps that drive each driven group, resampled from `axis` to `common`.

        Groups that no op-amp drives (max pools that other stages buffer) are left out.
        """
        column = np.full(self.circuit.nets + 1, -1, dtype=np.int64)
        column[self.amplifier_nets] = np.arange(len(self.amplifier_nets))
        columns = {name: column[self.circuit.groups[name].nets] for name in self.partition.drives}
        return {name: resample(axis, out_a[:, index], common) for name, index in columns.items() if np.all(index >= 0)}


def _currents(decks: Mapping[str, DeckPower], places: Mapping[str, Mapping[str, Nets]]) -> dict[str, Floats]:
    """Return the sum over decks of the currents out of the op-amps of each net group, (grid points, nets) amperes."""
    widths: dict[str, int] = {}
    for name, deck in decks.items():
        for group in deck.currents:
            widths[group] = max(widths.get(group, 0), 1 + int(places[name][group].max(initial=-1)))
    total = {group: np.zeros((GRID_POINTS, width)) for group, width in widths.items()}
    for name, deck in decks.items():
        for group, value in deck.currents.items():
            total[group][:, places[name][group]] += value
    return total


def supply_watts(currents: Floats, opamp: OpAmp) -> Floats:
    """Return the supply power of class-B output stages, watts: Vdd max(i, 0) + |Vss| max(-i, 0).

    `currents` are amperes out of the stages; the result is summed over their last axis.
    """
    return np.asarray((opamp.vdd_v * np.maximum(currents, 0.0) - opamp.vss_v * np.maximum(-currents, 0.0)).sum(axis=-1))


def _delivered(circuit: Circuit, volts: Floats, currents: Mapping[str, Floats]) -> Floats:
    """Return the sum of v i over the nets of all groups in `currents`, (points,) watts."""
    total = np.zeros(len(volts))
    for name, value in currents.items():
        total += (volts[:, circuit.groups[name].nets] * value).sum(axis=1)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipPower:
    """Power of a whole chip over time, (grid points,) watts each.

    `parts_w` come from the heat of resistances and the losses of op-amps, `total_w` from what the chip takes; they are
    computed separately, and `imbalance` tells how well they agree.
    """

    time_s: Floats
    parts_w: dict[str, Floats]  # by PARTS
    total_w: Floats  # what inputs, bias rail and supplies deliver
    imbalance: float  # largest gap between the sum of parts and the total, as a share of the largest total


def chip_power(
    decks: Mapping[str, DeckPower], places: Mapping[str, Mapping[str, Nets]], technology: Technology, stop_s: float
) -> ChipPower:
    """Add up the power of all decks of one transient, which ends at `stop_s`.

    Parameters
    ----------
    decks : by the partition that the deck simulates
    places : by partition and net group, which nets of the group the partition touches
    """
    opamp, comparator = technology.opamp, technology.comparator
    rails = opamp.vdd_v - opamp.vss_v
    currents = _currents(decks, places)
    supply = np.zeros(GRID_POINTS)
    for deck in decks.values():
        supply += deck.inner_supply_w + deck.amplifiers * opamp.quiescent_a * rails
    for value in currents.values():
        supply += supply_watts(value, opamp)
    comparing = sum(deck.comparators for deck in decks.values()) * comparator.quiescent_a * rails
    comparators = np.full(GRID_POINTS, comparing)
    split = {name: np.asarray(sum(deck.dissipated_w[name] for deck in decks.values())) for name in HEAT_PARTS}
    split["opamps"] = np.asarray(supply - sum(deck.delivered_w for deck in decks.values()))
    split["comparators"] = comparators
    total = np.asarray(supply + comparators + sum(deck.inputs_w for deck in decks.values()))
    gap = np.abs(sum(split.values()) - total).max() / total.max()
    return ChipPower(
        time_s=grid(stop_s), parts_w={name: split[name] for name in PARTS}, total_w=total, imbalance=float(gap)
    )
