"""Renders banks of devices through their templates; knows net names and values, not what the circuit computes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import pi
from typing import Protocol

import numpy as np

from memnet.circuit.banks import (
    GROUND,
    Bank,
    Followers,
    Inverters,
    Memristors,
    Nets,
    ScaleResistors,
    Selectors,
    Switches,
    TiaPairs,
    effective_ohm,
    is_on,
    select_of,
    series_ohm,
)  # fmt: skip
from memnet.netlist.templates import Bytes, Pattern, digits, render
from memnet.technology import Technology
from memnet.units import Floats, number, number_table

GM_SIEMENS = 1e-3  # transconductance of the op-amp macro-model's input stage
COMPARATOR_OHM = 1e6
GROUNDED = {"positive": "0"}  # the noninverting input of a TIA, unless its net is a field
RECTIFIER_HYSTERESIS_V = 1e-8  # at the op-amp's input: an image leaves no more than this times the noise gain behind
DIODE_DROP_V = 0.03  # of a clamp diode at the input stage's full current: n Vt ln(2e-4 / 1e-14)


class Names(Protocol):
    """How nets and devices are called: short numbers in a simulation deck, places in an export."""

    def nets(self, numbers: Nets) -> Bytes:
        """Return (n, width) characters of net names."""

    def devices(self, bank: Bank) -> Bytes:
        """Return (n, width) characters that end the names of a bank's devices, unique in the deck."""


@dataclass(slots=True)
class ShortNames:
    """Names for the solver: nets are `n` and their number, devices a running number or their output net's."""

    _memristors: int = 0
    _resistors: int = 0
    _switches: int = 0

    def nets(self, numbers: Nets) -> Bytes:
        """Return `n12` for net 12 and `0` for ground."""
        text = digits(numbers, "n")
        text[numbers == GROUND, 0] = 0
        return text

    def devices(self, bank: Bank) -> Bytes:
        """Return a running number for memristors, resistors and switches, that of the output net for all others."""
        if isinstance(bank, Memristors):
            self._memristors += len(bank.row)
            return digits(np.arange(self._memristors - len(bank.row), self._memristors))
        if isinstance(bank, ScaleResistors):
            self._resistors += len(bank.row)
            return digits(np.arange(self._resistors - len(bank.row), self._resistors))
        if isinstance(bank, Switches):
            self._switches += len(bank.first)
            return digits(np.arange(self._switches - len(bank.first), self._switches))
        return digits(bank.out)


class BankWriter:
    """Writes banks of one technology; `transient` decks have the slew-limited input stage, dc decks need none.

    `selects` gives the state of each select net. What a fixed net switches is written as one resistor, its switch's
    resistance included, and an unpowered amplifier gives 0 V; for the nets in `switchable` the switches are drawn, and
    net number k of them is called `q` and k. Both are the same circuit. `lean` amplifiers have neither clamps nor a
    slew limit: three times faster to simulate, and the same while none comes near either (`simulation.lean` checks).
    """

    def __init__(
        self, technology: Technology, *, transient: bool, selects: Mapping[str, bool] | None = None,
        switchable: Collection[str] = (), lean: bool = False,
    ) -> None:  # fmt: skip
        self.technology = technology
        self.constants = model_constants(technology, transient=transient and not lean) | {"clamped": not lean}
        self.selects = dict(selects or {})
        self.select_nets = {name: f"q{at}" for at, name in enumerate(switchable)}
        self._patterns: dict[tuple[str, bool, str, bool, bool], Pattern] = {}

    def models(self, bias: str, bias_v: float) -> str:
        """Return the models and rails that stand once in a deck."""
        return render(
            "spice/models.sp.j2", bias=bias, bias_v=number(bias_v), switchable=bool(self.select_nets), **self.constants
        )

    def text(self, bank: Bank, names: Names) -> Iterator[bytes]:
        """Yield the netlist lines of a bank in batches."""
        template, nets, values = _layout(bank)
        if isinstance(bank, Memristors | ScaleResistors):
            values = {"ohm": self._ohm(bank)}
        pattern = self._pattern(template, ("id", *nets, *values), bank)
        columns = {"id": names.devices(bank)}
        columns |= {name: names.nets(numbers) for name, numbers in nets.items()}
        for name, value in values.items():
            texts, index = number_table(value)
            columns[name] = texts[index]
        yield from pattern.rows(columns)

    def _ohm(self, bank: Memristors | ScaleResistors) -> Floats:
        if bank.select in self.select_nets:
            return series_ohm(bank) - self.technology.switch.ron_ohm
        return effective_ohm(bank, self.selects, self.technology)

    def _pattern(self, template: str, fields: tuple[str, ...], bank: Bank) -> Pattern:
        gate = select_of(bank)
        rectified = bool(getattr(bank, "rectified", False))
        net = self.select_nets.get(gate, "")
        powered = bool(net) or is_on(gate, self.selects)
        key = (template, rectified, net, powered, "positive" in fields)
        if key not in self._patterns:
            self._patterns[key] = Pattern(
                f"spice/{template}.sp.j2", fields, rectified=rectified, powered=powered, select=net, gate=net,
                **GROUNDED, **self.constants,
            )  # fmt: skip
        return self._patterns[key]


def _layout(bank: Bank) -> tuple[str, dict[str, Nets], dict[str, Floats]]:
    """Return the template of a bank, its nets and its values by the names the template uses."""
    match bank:
        case Memristors():
            return "memristor", {"row": bank.row, "column": bank.column}, {"ohm": 1.0 / bank.siemens}
        case ScaleResistors():
            return "scale_resistor", {"row": bank.row, "column": bank.column}, {"ohm": bank.ohm}
        case TiaPairs():
            nets = {"plus": bank.plus, "middle": bank.middle, "minus": bank.minus, "out": bank.out}
            nets |= positive_nets(bank)
            values = {
                "feedback_plus": bank.feedback_plus, "coupling": bank.coupling, "feedback_minus": bank.feedback_minus,
            }  # fmt: skip
            return "tia_pair", nets, values
        case Inverters():
            return "inverter", {"sum": bank.sum, "out": bank.out}, {"feedback": bank.feedback}
        case Followers():
            return "follower", {"input": bank.input, "out": bank.out}, {}
        case Selectors():
            nets = {"first": bank.first, "second": bank.second, "decision": bank.decision, "out": bank.out}
            return "selector", nets, {}
        case Switches():
            return "switch" if bank.select else "wire", {"first": bank.first, "second": bank.second}, {}


def positive_nets(bank: TiaPairs) -> dict[str, Nets]:
    """Return the nets of lent first amplifiers' noninverting inputs, which stand at ground otherwise."""
    return {} if bank.positive is None else {"positive": bank.positive}


def model_constants(technology: Technology, *, transient: bool) -> dict[str, str | bool]:
    """Return the numbers of the op-amp, selector and switch models, as netlists write them."""
    opamp = technology.opamp
    farad = GM_SIEMENS / (2 * pi * opamp.gbw_hz)
    slew_a = opamp.slew_v_per_s * farad
    slew = transient and bool(np.isfinite(slew_a))
    return {
        "gm": number(GM_SIEMENS),
        "pole_ohm": number(opamp.gain / GM_SIEMENS),
        "pole_farad": number(farad),
        "slew": slew,
        "slew_a": number(slew_a) if slew else "",
        "gm_over_slew": number(GM_SIEMENS / slew_a) if slew else "",
        "offset_a": number(GM_SIEMENS * opamp.offset_v) if opamp.offset_v else "",
        "clamp_v": number(opamp.saturation_v - DIODE_DROP_V),
        "rectifier_ron": number(opamp.rectifier_ron_ohm),
        "rectifier_hysteresis": number(RECTIFIER_HYSTERESIS_V * GM_SIEMENS * opamp.rectifier_ron_ohm),
        "rectifier_roff": number(opamp.rectifier_roff_ohm),
        "switch_ron": number(technology.switch.ron_ohm),
        "switch_roff": number(technology.switch.roff_ohm),
        "decision_farad": number(technology.comparator.delay_s / COMPARATOR_OHM),
    }

