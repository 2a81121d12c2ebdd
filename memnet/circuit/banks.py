# SPDX-License-Identifier: GPL-3.0-or-later
"""Banks: arrays of equal devices, with the nets that each device connects and its values; `Tally` counts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from memnet.technology import Technology
from memnet.units import Floats

Nets = npt.NDArray[np.int64]
GROUND = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memristors:
    """Crosspoint devices from row nets to column nets; all arrays (devices,)."""

    row: Nets
    column: Nets
    siemens: Floats
    select: str = ""  # select net that switches these devices in; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleResistors:
    """Resistors that bring a pool or a skip into a column, scaled to the column's volts; all arrays (resistors,)."""

    row: Nets
    column: Nets
    ohm: Floats
    select: str = ""  # select net that switches these devices in; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class TiaPairs:
    """Differential columns: middle = -Rf sum(G+ v), out = Rf (sum(G+ v) - sum(G- v)); all arrays (columns,).

    A rectifying pair holds its output at 0 V and above. Feedbacks are compensated for the finite gain. `positive` are
    the nets at the noninverting inputs of the first TIAs, None where these are ground. With it,
    middle = positive - Rf sum(G+ (v - positive)), a unity-gain buffer while all devices in the plus column are out: see
    `memnet.deployment.stages` on lent amplifiers.
    """

    plus: Nets
    middle: Nets
    minus: Nets
    out: Nets
    feedback_plus: Floats  # ohm
    coupling: Floats  # ohm, from middle into the minus column
    feedback_minus: Floats  # ohm
    rectified: bool
    gate: str = ""  # select net that powers these amplifiers; "" where they always are
    positive: Nets | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverters:
    """Single summing amplifiers: out = -Rf sum(G v); all arrays (amplifiers,)."""

    sum: Nets
    out: Nets
    feedback: Floats  # ohm
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followers:
    """Unity-gain buffers of nets that must not be loaded, or makers of rectified copies; all arrays (amplifiers,)."""

    input: Nets
    out: Nets
    rectified: bool
    gate: str = ""  # select net that powers these amplifiers; "" where they always are


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """Comparators, each with two switches that pass the larger of two nets on; all arrays (selectors,)."""

    first: Nets
    second: Nets
    decision: Nets  # output of the comparator, which closes one of the two switches
    out: Nets
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Analog switches between two nets, the second of which takes next to no current; all arrays (switches,).

    Without a select net they are wires. Netlists write a wire as an ideal voltage source that copies the first net to
    the second, which cuts the circuit's matrix there. That leaves out some nanoamperes which amplifier inputs and open
    switches behind the wire take, microvolts at the output of a max pool.
    """

    first: Nets
    second: Nets
    select: str = ""


def is_on(select: str, selects: Mapping[str, bool]) -> bool:
    """Tell whether a select net is high; "" stands for devices without one, which are always on."""
    return selects[select] if select else True


def series_ohm(bank: Memristors | ScaleResistors) -> Floats:
    """Return the resistance of each device with its closed switch in series, (devices,) ohm."""
    return 1.0 / bank.siemens if isinstance(bank, Memristors) else bank.ohm


def effective_ohm(bank: Memristors | ScaleResistors, selects: Mapping[str, bool], technology: Technology) -> Floats:
    """Return the resistance of each device in series with its switch, which may be open, (devices,) ohm."""
    ohm, switch = series_ohm(bank), technology.switch
    return ohm if is_on(bank.select, selects) else ohm - switch.ron_ohm + switch.roff_ohm


def switch_ohm(bank: Switches, selects: Mapping[str, bool], technology: Technology) -> float:
    """Return the resistance, in ohm, of each switch of a bank that has a select net: closed or open."""
    return technology.switch.ron_ohm if is_on(bank.select, selects) else technology.switch.roff_ohm


def select_of(bank: Bank) -> str:
    """Return the select net that switches or powers a bank; "" where there is none."""
    return bank.select if isinstance(bank, Memristors | ScaleResistors | Switches) else bank.gate


def size_of(bank: Bank) -> int:
    """Return how many devices a bank has; a pair of TIAs counts as one."""
    match bank:
        case Memristors() | ScaleResistors():
            return len(bank.row)
        case Switches():
            return len(bank.first)
        case _:
            return len(bank.out)


Bank = Memristors | ScaleResistors | TiaPairs | Inverters | Followers | Selectors | Switches


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
    """How many devices of each kind there are; `gated` op-amps and comparators have a select net."""

    memristors: int = 0
    scale_resistors: int = 0
    pairs: int = 0
    inverters: int = 0
    followers: int = 0
    selectors: int = 0
    switches: int = 0
    wires: int = 0  # `Switches` without a select net: no devices on the chip
    gated: int = 0

    @property
    def amplifiers(self) -> int:
        """Return the number of op-amps."""
        return 2 * self.pairs + self.inverters + self.followers

    def __sub__(self, other: Tally) -> Tally:
        """Subtract kind by kind."""
        return self._each(other, lambda mine, theirs: mine - theirs)

    def share(self, part: int, whole: int) -> Tally:
        """Return the fraction `part` / `whole` of each count, rounded down."""
        return self._each(self, lambda mine, _: mine * part // whole)


def tally_of(bank: Bank) -> Tally:
    """Count the devices of a bank."""
    match bank:
        case Memristors():
            return Tally(memristors=len(bank.row))
        case ScaleResistors():
            return Tally(scale_resistors=len(bank.row))
        case TiaPairs():
            return Tally(pairs=len(bank.out), gated=2 * len(bank.out) * bool(bank.gate))
        case Inverters():
            return Tally(inverters=len(bank.out), gated=len(bank.out) * bool(bank.gate))
        case Followers():
            return Tally(followers=len(bank.out), gated=len(bank.out) * bool(bank.gate))
        case Selectors():
            return Tally(selectors=len(bank.out), gated=len(bank.out) * bool(bank.gate))
        case Switches():
            return Tally(switches=len(bank.first)) if bank.select else Tally(wires=len(bank.first))
