# SPDX-License-Identifier: GPL-3.0-or-later
"""`Bank`: what all banks of devices have in common; `Tally` counts devices, `Amplifiers`, `Resistances` list them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from memnet.technology import Technology
from memnet.units import Floats

Nets = npt.NDArray[np.int64]
GROUND = 0
# Parts of a chip's power that are the heat of resistances.
CROSSBARS, SCALE_AND_FEEDBACK, SWITCHES = HEAT_PARTS = ("crossbars", "scale_and_feedback", "switches")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Counts, one per field, that add up field by field."""

    def __add__(self, other: Self) -> Self:
        """Add field by field."""
        return self._each(other, lambda mine, theirs: mine + theirs)

    def _each(self, other: Self, join: Callable[[int, int], int]) -> Self:
        return type(self)(
            **{each.name: join(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally(Amounts):
    """How many devices of each kind there are.

    Attributes
    ----------
    access_transistors : switches in series with a memristor or scale resistor that has a select net; transistors of
        1T1R cells
    bias_at_least : memristors of bias rows, among `memristors`, that are counted as one row each, the fewest that
        biases other than zero need, because the number depends on weights that were not there: with any, `memristors`
        is a lower bound
    switches : switches with a select net from max pools and from ground to lent amplifiers
    wires : `Switches` without a select net, no devices on the chip
    segments : pieces of the wires of tiles, no devices on the chip
    gated : op-amps and comparators with a select net, each of which has one supply switch
    """

    memristors: int = 0
    access_transistors: int = 0
    bias_at_least: int = 0
    scale_resistors: int = 0
    pairs: int = 0
    inverters: int = 0
    followers: int = 0
    selectors: int = 0
    switches: int = 0
    wires: int = 0
    segments: int = 0
    gated: int = 0

    @property
    def amplifiers(self) -> int:
        """Return the number of op-amps."""
        return 2 * self.pairs + self.inverters + self.followers

    @property
    def resistors(self) -> int:
        """Return the number of resistors: scale resistors, two feedbacks and a coupling a pair, one an inverter."""
        return self.scale_resistors + 3 * self.pairs + self.inverters

    @property
    def analog_switches(self) -> int:
        """Return the number of switches that a signal passes: two a selector, and those to lent amplifiers."""
        return 2 * self.selectors + self.switches

    def __sub__(self, other: Tally) -> Tally:
        """Subtract kind by kind."""
        return self._each(other, lambda mine, theirs: mine - theirs)

    def share(self, part: int, whole: int) -> Tally:
        """Return the fraction `part` / `whole` of each count, rounded down."""
        return self._each(self, lambda mine, _: mine * part // whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplifiers:
    """One op-amp of each device of a bank: its nets, and the resistances at its inverting input; arrays (devices,)."""

    inverting: Nets
    out: Nets
    noninverting: Nets | None = None  # None where these inputs are grounded
    rectified: bool = False  # holds its output at 0 V and above
    feedback: Floats | None = None  # ohm, from the output to the inverting input; None where these are one net
    coupling: Floats | None = None  # ohm, from the op-amp before into the inverting input; None where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Resistances:
    """One resistance of each device of a bank, and the part of the chip's power that its heat is; arrays (devices,)."""

    first: Nets
    second: Nets
    siemens: Floats
    part: str  # one of HEAT_PARTS

    def heat_w(self, volts: Floats) -> Floats:
        """Return the sum of G v^2, (points,) watts, for volts (points, highest net + 1) by net number."""
        return np.array([((row[self.first] - row[self.second]) ** 2) @ self.siemens for row in volts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank(ABC):
    """Equal devices as arrays with one entry for each device; `select` is the net that switches or powers them.

    A kind of bank is a subclass whose fields are arrays of nets and of values, named in READS, DRIVES and VALUES; an
    array may be None where no device of a bank has it. What the kind is written with in netlists is an entry in
    `memnet.netlist.ELEMENTS`, with templates.
    """

    READS: ClassVar[tuple[str, ...]]  # fields with nets whose voltages the devices read
    DRIVES: ClassVar[tuple[str, ...]]  # fields with nets that the devices drive; `out` if each drives its own alone
    VALUES: ClassVar[tuple[str, ...]] = ()  # fields with values of the devices, in SI units

    select: str = ""  # "" where the devices are always on

    def __len__(self) -> int:
        """Return how many devices there are; a pair of TIAs counts as one."""
        return len(getattr(self, self.DRIVES[0]))

    @abstractmethod
    def tally(self) -> Tally:
        """Count the devices."""

    def nets(self) -> dict[str, Nets]:
        """Return all nets, by field."""
        return self._arrays(self.READS + self.DRIVES)

    def values(self) -> dict[str, Floats]:
        """Return all values of the devices, by field."""
        return self._arrays(self.VALUES)

    def reads(self) -> tuple[Nets, ...]:
        """Return the nets whose voltages the devices read."""
        return tuple(self._arrays(self.READS).values())

    def drives(self) -> tuple[Nets, ...]:
        """Return the nets that the devices drive; that of a resistance in a crossbar is its column."""
        return tuple(self._arrays(self.DRIVES).values())

    def out_nets(self) -> Nets | None:
        """Return the net that each device alone drives as its output; None where devices may share one."""
        return self.nets().get("out")

    def take(self, rows: slice | npt.NDArray[np.bool_] | Nets) -> Self:
        """Return some of the devices as a bank: a range, those where a mask is true, or those at some positions."""
        return self._changed(self.READS + self.DRIVES + self.VALUES, lambda array: array[rows])

    def renamed(self, rename: Callable[[Nets], Nets]) -> Self:
        """Return the bank with other net numbers; `rename` returns the new numbers of an array of nets."""
        return self._changed(self.READS + self.DRIVES, rename)

    def common(self) -> dict[str, bool]:
        """Return what all devices of the bank have in common, by name: the variables of templates besides arrays."""
        return {}

    def on(self, selects: Mapping[str, bool]) -> bool:
        """Tell whether the devices are switched in or powered, given the states of the select nets."""
        return selects[self.select] if self.select else True

    def netlist_values(
        self,
        technology: Technology,
        selects: Mapping[str, bool] | None = None,
    ) -> dict[str, Floats]:
        """Return the values that netlists write, by variable of the templates, (devices,) each.

        Parameters
        ----------
        selects : states of the select nets; a switch in series with a device is then part of its value. With None the
            switch is an element by itself, and the value that of the device alone.
        """
        return self.values()

    def amplifiers(self) -> tuple[Amplifiers, ...]:
        """Return the op-amps of the devices, in the order in which a signal passes them."""
        return ()

    def resistances(
        self,
        selects: Mapping[str, bool],
        technology: Technology,
    ) -> tuple[Resistances, ...]:
        """Return the resistances of the devices, given the states of the select nets."""
        return ()

    def heat_w(self, volts: Floats, selects: Mapping[str, bool], technology: Technology) -> dict[str, Floats]:
        """Return the heat of the devices' resistances, by the part of the chip's power that it is, (points,) watts.

        Parameters
        ----------
        volts : (points, highest net + 1), by net number
        """
        heat: dict[str, Floats] = {}
        for each in self.resistances(selects, technology):
            watts = each.heat_w(volts)
            heat[each.part] = heat[each.part] + watts if each.part in heat else watts
        return heat

    def _changed(self, names: tuple[str, ...], change: Callable[[Any], Any]) -> Self:
        changed: dict[str, Any] = {name: change(array) for name, array in self._arrays(names).items()}
        return replace(self, **changed)

    def _arrays(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: array for name in names if (array := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosspoints(Bank):
    """Devices from row nets to column nets, which `select` switches in through a switch in series with each.

    Their resistances include the closed switch.
    """

    READS: ClassVar[tuple[str, ...]] = ("row",)
    DRIVES: ClassVar[tuple[str, ...]] = ("column",)
    PART: ClassVar[str]  # part of the chip's power that their heat is

    row: Nets
    column: Nets

    @abstractmethod
    def series_ohm(self) -> Floats:
        """Return the resistance of each device with its closed switch in series, (devices,) ohm."""

    def effective_ohm(self, selects: Mapping[str, bool], technology: Technology) -> Floats:
        """Return the resistance of each device in series with its switch, which may be open, (devices,) ohm."""
        ohm, switch = self.series_ohm(), technology.switch
        return ohm if self.on(selects) else ohm - switch.ron_ohm + switch.roff_ohm

    def written_ohm(self, selects: Mapping[str, bool] | None, technology: Technology) -> Floats:
        """Return the resistance that netlists write for each device, (devices,) ohm: see `netlist_values`."""
        if selects is not None:
            return self.effective_ohm(selects, technology)
        return self.series_ohm() - technology.switch.ron_ohm if self.select else self.series_ohm()

    def resistances(self, selects: Mapping[str, bool], technology: Technology) -> tuple[Resistances, ...]:
        """Return the devices, each in series with its switch."""
        siemens = 1.0 / self.effective_ohm(selects, technology)
        return (Resistances(first=self.row, second=self.column, siemens=siemens, part=self.PART),)


def amplifier_nets(banks: Iterable[Bank]) -> Nets:
    """Return the net that each op-amp of some banks drives, (op-amps,); first TIAs of a bank before its second ones."""
    driven = [each.out for bank in banks for each in bank.amplifiers()]
    return np.concatenate(driven) if driven else np.zeros(0, dtype=np.int64)


def column_siemens(banks: Sequence[Bank], columns: Nets, selects: Mapping[str, bool], technology: Technology) -> Floats:
    """Return the conductance of all memristors and scale resistors into each net of `columns`, (columns,) siemens.

    Parameters
    ----------
    columns : (columns,) consecutive net numbers
    selects : states of the select nets; devices that are out count with their open switches
    """
    total = np.zeros(len(columns))
    for bank in banks:
        if isinstance(bank, Crosspoints):
            siemens = 1.0 / bank.effective_ohm(selects, technology)
            ends = bank.drives()[-1]
            inside = (ends >= columns[0]) & (ends <= columns[-1])
            total += np.bincount(ends[inside] - columns[0], weights=siemens[inside], minlength=len(columns))
    return total
