# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of banks: memristors, scale resistors, amplifiers, selectors, switches, with their nets and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.circuit.base import (
    CROSSBARS,
    SCALE_AND_FEEDBACK,
    SWITCHES,
    Amplifiers,
    Bank,
    Crosspoints,
    Nets,
    Resistances,
    Tally,
)
from memnet.devices import DEFAULT_MODEL, Access, Cell, MemristorModel, memristor_model
from memnet.technology import Technology
from memnet.units import Floats

OUT_OHM = 1e15  # of a cell whose transistor is off: what a level-1 model lets through is less than a solver's gmin


@dataclass(frozen=True, slots=True, kw_only=True)
class Memristors(Crosspoints):
    """Programmed devices of a crossbar, all of one model.

    With `access`, each stands in a cell with such an access device, and `siemens` is the conductance of the cell; where
    a select net switches cells, their transistors take the place of ideal switches.
    """

    VALUES: ClassVar = ("siemens",)
    PART: ClassVar = CROSSBARS

    siemens: Floats
    model: str | MemristorModel = DEFAULT_MODEL  # one, or what `memnet.devices.memristor_model` takes
    access: Access | None = None

    @property
    def device(self) -> MemristorModel:
        """Return the model of the memristors."""
        return memristor_model(self.model) if isinstance(self.model, str) else self.model

    @property
    def law(self) -> MemristorModel:
        """Return the model of the whole devices, cells with access devices."""
        return self.device if self.access is None else Cell(access=self.access, memristor=self.model)

    def tally(self) -> Tally:
        """Count the devices."""
        gated = self.access.has_gate if self.access is not None else bool(self.select)
        return Tally(memristors=len(self), access_transistors=len(self) * gated)

    def series_ohm(self) -> Floats:
        """Return 1 / G, (devices,) ohm."""
        return 1.0 / self.siemens

    def effective_ohm(self, selects: Mapping[str, bool], technology: Technology) -> Floats:
        """Return the resistance of each cell at small voltages, (devices,) ohm; one that is out conducts nothing."""
        if self.access is None or self.on(selects):
            return super(Memristors, self).effective_ohm(selects, technology)
        return np.full(len(self), OUT_OHM)

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return what the model writes for devices of these resistances; of cells, for the memristors in them."""
        if isinstance(self.law, Cell):
            if selects is not None and not self.on(selects):
                return {"ohm": np.full(len(self), OUT_OHM)}
            return self.device.values(1.0 / self.device.conductance(self.law.programmed(self.siemens)))
        curved = selects is None and self.model != DEFAULT_MODEL  # a law is that of a device with its closed switch
        return self.law.values(self.series_ohm() if curved else self.written_ohm(selects, technology))

    def heat_w(self, volts: Floats, selects: Mapping[str, bool], technology: Technology) -> dict[str, Floats]:
        """Return the heat by the law of the model."""
        siemens = 1.0 / self.effective_ohm(selects, technology)
        law = self.law if self.access is None or self.on(selects) else memristor_model()
        return {self.PART: np.array([law.heat_w(row[self.row] - row[self.column], siemens) for row in volts])}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleResistors(Crosspoints):
    """Resistors that bring a pool or a skip into a column, scaled to the column's volts."""

    VALUES: ClassVar = ("ohm",)
    PART: ClassVar = SCALE_AND_FEEDBACK

    ohm: Floats

    def tally(self) -> Tally:
        """Count the resistors."""
        return Tally(scale_resistors=len(self), access_transistors=len(self) * bool(self.select))

    def series_ohm(self) -> Floats:
        """Return the resistances, (devices,) ohm."""
        return self.ohm

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return the resistances."""
        return {"ohm": self.written_ohm(selects, technology)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TiaPairs(Bank):
    """Differential columns: middle = -Rf sum(G+ v), out = Rf (sum(G+ v) - sum(G- v)).

    A rectifying pair holds its output at 0 V and above. Feedbacks are compensated for the finite gain. `positive` are
    the nets at the noninverting inputs of the first TIAs, None where these are ground. With it,
    middle = positive - Rf sum(G+ (v - positive)), a unity-gain buffer while all devices in the plus column are out: see
    `memnet.deployment.stages` on lent amplifiers.
    """

    READS: ClassVar = ("plus", "minus", "positive")
    DRIVES: ClassVar = ("middle", "out")
    VALUES: ClassVar = ("feedback_plus", "coupling", "feedback_minus", "offset_plus", "offset_minus")

    plus: Nets
    middle: Nets
    minus: Nets
    out: Nets
    feedback_plus: Floats  # ohm
    coupling: Floats  # ohm, from middle into the minus column
    feedback_minus: Floats  # ohm
    rectified: bool
    positive: Nets | None = None
    offset_plus: Floats | None = None  # V, at the first TIAs' inputs; None where all have the technology's
    offset_minus: Floats | None = None  # V, at the second TIAs' inputs

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return the resistances, and the offsets in both forms that netlists have them in."""
        return with_offsets(self.values(), technology)

    def tally(self) -> Tally:
        """Count the pairs."""
        return Tally(pairs=len(self), gated=2 * len(self) * bool(self.select))

    def common(self) -> dict[str, bool]:
        """Return whether the outputs are rectified."""
        return {"rectified": self.rectified}

    def amplifiers(self) -> tuple[Amplifiers, ...]:
        """Return the first and the second TIAs."""
        first = Amplifiers(
            inverting=self.plus, out=self.middle, noninverting=self.positive, feedback=self.feedback_plus
        )
        second = Amplifiers(
            inverting=self.minus,
            out=self.out,
            rectified=self.rectified,
            feedback=self.feedback_minus,
            coupling=self.coupling,
        )
        return first, second

    def resistances(self, selects: Mapping[str, bool], technology: Technology) -> tuple[Resistances, ...]:
        """Return the feedbacks and couplings."""
        ends = (
            (self.plus, self.middle, self.feedback_plus),
            (self.middle, self.minus, self.coupling),
            (self.minus, self.out, self.feedback_minus),
        )
        return tuple(
            Resistances(first=first, second=second, siemens=1.0 / ohm, part=SCALE_AND_FEEDBACK)
            for first, second, ohm in ends
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverters(Bank):
    """Single summing amplifiers: out = -Rf sum(G v)."""

    READS: ClassVar = ("sum",)
    DRIVES: ClassVar = ("out",)
    VALUES: ClassVar = ("feedback", "offset")

    sum: Nets
    out: Nets
    feedback: Floats  # ohm
    offset: Floats | None = None  # V, at the amplifiers' inputs; None where all have the technology's

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return the resistances, and the offsets in both forms that netlists have them in."""
        return with_offsets(self.values(), technology)

    def tally(self) -> Tally:
        """Count the amplifiers."""
        return Tally(inverters=len(self), gated=len(self) * bool(self.select))

    def amplifiers(self) -> tuple[Amplifiers, ...]:
        """Return the amplifiers."""
        return (Amplifiers(inverting=self.sum, out=self.out, feedback=self.feedback),)

    def resistances(self, selects: Mapping[str, bool], technology: Technology) -> tuple[Resistances, ...]:
        """Return the feedbacks."""
        return (Resistances(first=self.sum, second=self.out, siemens=1.0 / self.feedback, part=SCALE_AND_FEEDBACK),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followers(Bank):
    """Unity-gain buffers of nets that must not be loaded, or makers of rectified copies."""

    READS: ClassVar = ("input",)
    DRIVES: ClassVar = ("out",)
    VALUES: ClassVar = ("offset",)

    input: Nets
    out: Nets
    rectified: bool
    offset: Floats | None = None  # V, at the amplifiers' inputs; None where all have the technology's

    def netlist_values(self, technology: Technology, selects: Mapping[str, bool] | None = None) -> dict[str, Floats]:
        """Return the offsets in both forms that netlists have them in."""
        return with_offsets(self.values(), technology)

    def tally(self) -> Tally:
        """Count the amplifiers."""
        return Tally(followers=len(self), gated=len(self) * bool(self.select))

    def common(self) -> dict[str, bool]:
        """Return whether the outputs are rectified."""
        return {"rectified": self.rectified}

    def amplifiers(self) -> tuple[Amplifiers, ...]:
        """Return the amplifiers."""
        return (Amplifiers(inverting=self.out, out=self.out, noninverting=self.input, rectified=self.rectified),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors(Bank):
    """Comparators, each with two switches that pass the larger of two nets on."""

    READS: ClassVar = ("first", "second")
    DRIVES: ClassVar = ("decision", "out")

    first: Nets
    second: Nets
    decision: Nets  # output of the comparator, which closes one of the two switches
    out: Nets

    def tally(self) -> Tally:
        """Count the selectors."""
        return Tally(selectors=len(self), gated=len(self) * bool(self.select))

    def heat_w(self, volts: Floats, selects: Mapping[str, bool], technology: Technology) -> dict[str, Floats]:
        """Return the heat of the switches, one of which is closed at a time; without power both are open."""
        on, off = 1.0 / technology.switch.ron_ohm, 1.0 / technology.switch.roff_ohm
        if not self.on(selects):
            on = off
        first = volts[:, self.decision] > 0
        heat = (volts[:, self.first] - volts[:, self.out]) ** 2 * np.where(first, on, off)
        heat = heat + (volts[:, self.second] - volts[:, self.out]) ** 2 * np.where(first, off, on)
        return {SWITCHES: heat.sum(axis=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches(Bank):
    """Analog switches between two nets, the second of which takes next to no current.

    Without a select net they are wires. Netlists write a wire as an ideal voltage source that copies the first net to
    the second, which cuts the circuit's matrix there. That leaves out some nanoamperes which amplifier inputs and open
    switches behind the wire take, microvolts at the output of a max pool.
    """

    READS: ClassVar = ("first",)
    DRIVES: ClassVar = ("second",)

    first: Nets
    second: Nets

    def tally(self) -> Tally:
        """Count the switches, or the wires."""
        return Tally(switches=len(self)) if self.select else Tally(wires=len(self))

    def resistances(self, selects: Mapping[str, bool], technology: Technology) -> tuple[Resistances, ...]:
        """Return the switches, closed or open; wires have no resistance."""
        if not self.select:
            return ()
        ohm = technology.switch.ron_ohm if self.on(selects) else technology.switch.roff_ohm
        siemens = np.full(len(self), 1.0 / ohm)
        return (Resistances(first=self.first, second=self.second, siemens=siemens, part=SWITCHES),)


def with_offsets(values: dict[str, Floats], technology: Technology) -> dict[str, Floats]:
    """Return values with each offset as a current and as a voltage, by its name with `_a` and with `_v`.

    A simulation deck has an offset as a current into the op-amp's pole, gm times the offset, in place of the current of
    the technology's offset. An export has a source in series with the noninverting input, whose voltage comes on top of
    the technology's offset, which the op-amp's subcircuit has.
    """
    opamp, gm = technology.opamp, technology.macromodel.transconductance_siemens
    found = {name: value for name, value in values.items() if not name.startswith("offset")}
    for name, volts in values.items():
        if name.startswith("offset"):
            found |= {f"{name}_a": gm * volts, f"{name}_v": volts - opamp.offset_v}
    return found
