# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of bank is written with: a template, its nets and values, and the constants of the macro-models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from memnet.circuit import (
    Bank,
    Crosspoints,
    FarSegments,
    Followers,
    Inverters,
    LineCapacitors,
    Memristors,
    Nets,
    ReadMemristors,
    ReadSources,
    ScaleResistors,
    Segments,
    Selectors,
    Straps,
    Switches,
    TiaPairs,
    WiredMemristors,
)
from memnet.devices import Access, MemristorModel, memristor_model
from memnet.errors import SetupError
from memnet.netlist.dialects import Dialect
from memnet.netlist.templates import Pattern
from memnet.netlist.texts import Text, numbers
from memnet.sections import BOLTZMANN, Noise
from memnet.technology import Technology
from memnet.units import Floats, number

NOMINAL_KELVIN = 300.15  # where simulators begin
LEAST_KELVIN = 1e-3
GROUNDED = {"positive": "0"}  # the noninverting input of a TIA's op-amp, unless the bank has a net for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What the devices of a bank are written with.

    In a simulation deck a device is written with one template. In an export it is in two parts, one in the subcircuit
    of its block, the other in the block's conductance file. A template is a file name without folder and suffix, "" for
    a part without an element. Its variables are `id`, which ends the device's name, the nets of the bank by field, and
    the values by name.

    Attributes
    ----------
    deck : template of a device in a simulation deck
    structure : template of its part in the subcircuit of its block
    programmed : template of its part in the conductance file
    naming : what an export calls the devices after; see `places.BlockNames`
    in_series : whether a switch or an access device is in series with each device; it is the part in the subcircuit
        then, and the net between the two parts is its `row` and the device's `column`
    opamps : in a deck, what the op-amps of a device are called after the device, in the order of `Bank.amplifiers`
    at_dc : whether decks of a dc analysis have the devices too; capacitors take no current there
    label : what names by `net` have before the net, where other devices are called after it, too
    """

    deck: str
    structure: str = ""
    programmed: str = ""
    naming: Literal["pair row", "row", "lent", "place", "net", "line"] = "place"
    in_series: bool = False
    opamps: tuple[str, ...] = ()
    at_dc: bool = True
    label: str = ""


def _memristors(bank: Memristors) -> Element:
    """Return what memristors are written with; their access device is the part in the subcircuit of the block."""
    template = bank.device.template
    if bank.access is None:
        return _crosspoints(bank, template, "pair row")
    access = f"access_{bank.access.element}"
    return Element(deck="cell", programmed=template, structure=access, naming="pair row", in_series=True)


def _crosspoints(bank: Crosspoints, template: str, naming: Literal["pair row", "row"]) -> Element:
    switch = "export_row_switch" if bank.select else ""
    return Element(deck=template, programmed=template, structure=switch, naming=naming, in_series=bool(bank.select))


def _switches(bank: Switches) -> Element:
    kind = "switch" if bank.select else "wire"
    return Element(deck=kind, structure=f"export_{kind}", naming="lent")


# What banks of each kind are written with; another kind from outside is another entry.
ELEMENTS: dict[type[Bank], Callable[[Any], Element]] = {
    Memristors: _memristors,
    WiredMemristors: _memristors,
    Segments: lambda _: Element(deck="segment", structure="segment", naming="net"),
    LineCapacitors: lambda _: Element(deck="line_capacitor", structure="line_capacitor", naming="line", at_dc=False),
    FarSegments: lambda _: Element(deck="segment", structure="segment", naming="net", label="far_"),
    Straps: lambda _: Element(deck="segment", structure="segment", naming="net", label="strap_"),
    ReadSources: lambda _: Element(deck="read_source", naming="net"),
    ReadMemristors: lambda _: Element(deck="read_memristor", naming="pair row"),
    ScaleResistors: lambda bank: _crosspoints(bank, "scale_resistor", "row"),
    TiaPairs: lambda bank: Element(
        deck="tia_pair",
        structure="export_tia_pair",
        programmed="feedback_pair" if bank.offset_plus is None else "export_offset_pair",
        opamps=("a", "b"),
    ),
    Inverters: lambda bank: Element(
        deck="inverter",
        structure="export_inverter",
        programmed="feedback" if bank.offset is None else "export_offset_inverter",
        opamps=("b",),
    ),
    Followers: lambda bank: Element(
        deck="follower",
        structure="export_follower",
        programmed="" if bank.offset is None else "export_offset_follower",
        opamps=("b",),
    ),
    # Selectors are called after their whole output net: the places in the maps of several banks of them are the same.
    Selectors: lambda _: Element(deck="selector", structure="export_selector", naming="net"),
    Switches: _switches,
}


def element_of(bank: Bank) -> Element:
    """Return what the devices of a bank are written with.

    Raises
    ------
    SetupError
        there is no entry for its kind
    """
    kind = type(bank)
    if kind not in ELEMENTS:
        raise SetupError(f"banks of {kind.__name__} have no netlist element: add one to memnet.netlist.ELEMENTS")
    return ELEMENTS[kind](bank)


def element_texts(
    pattern: Pattern, ends: Text, bank: Bank, values: Mapping[str, Floats], net_names: Callable[[Nets], Text]
) -> dict[str, Text]:
    """Return the texts of the fields of a pattern.

    Parameters
    ----------
    ends : what the names of the devices end with
    values : by name, (devices,)
    net_names : returns the names of nets
    """
    texts, nets = {"id": ends}, bank.nets()
    for field in dict.fromkeys(pattern.fields):
        if field in nets:
            texts[field] = net_names(nets[field])
        elif field in values:
            texts[field] = (numbers(values[field]),)
    return texts


def model_constants(technology: Technology, *, transient: bool) -> dict[str, str | bool]:
    """Return the constants of the op-amp, selector and switch models, formatted for netlists.

    The op-amp is a transconductance gm into one pole of R and C: gain = gm R, GBW = gm / (2 pi C). Its slew rate is
    I / C, where I limits the current into the pole, which is gm times the differential input up to there; only a
    `transient` model has that limit.
    """
    opamp, macromodel = technology.opamp, technology.macromodel
    gm = macromodel.transconductance_siemens
    slew_a = opamp.slew_v_per_s * technology.pole_farad
    slew = transient and bool(np.isfinite(slew_a))
    return {
        "gm": number(gm),
        "pole_ohm": number(opamp.gain / gm),
        "pole_farad": number(technology.pole_farad),
        "slew": slew,
        "slew_a": number(slew_a) if slew else "",
        "slew_v": number(slew_a / gm) if slew else "",
        "beyond_slew_v": number(2.0 * slew_a / gm) if slew else "",
        "offset_a": number(gm * opamp.offset_v) if opamp.offset_v else "",
        "clamp_v": number(opamp.saturation_v - macromodel.clamp_drop_v),
        "rectifier_ron": number(opamp.rectifier_ron_ohm),
        "rectifier_hysteresis": number(macromodel.rectifier_hysteresis_v * gm * opamp.rectifier_ron_ohm),
        "rectifier_roff": number(opamp.rectifier_roff_ohm),
        "switch_ron": number(technology.switch.ron_ohm),
        "switch_roff": number(technology.switch.roff_ohm),
        "decision_farad": number(technology.comparator.delay_s / macromodel.comparator_ohm),
        "comparator_ohm": f"{macromodel.comparator_ohm:.6g}",
        "comparator_gm": number(1.0 / macromodel.comparator_ohm),
        "clamp_saturation": number(macromodel.clamp_saturation_a),
        "clamp_emission": number(macromodel.clamp_emission),
        "clamp_gap_v": number(macromodel.clamp_gap_v),
        "clamp_xti": number(macromodel.clamp_xti),
        "gate_ron": number(macromodel.gate_ron_ohm),
        "gate_roff": number(macromodel.gate_roff_ohm),
        "access_template": "",
        "gated_cells": False,
    }


def access_constants(
    access: Access, device: MemristorModel | None, technology: Technology, dialect: Dialect
) -> dict[str, str | bool]:
    """Return what cells are written with: their templates, the access device's constants, the voltages of their rails.

    Parameters
    ----------
    device : the law of the memristors in them; None for resistors
    """
    return {
        **{name: number(value) for name, value in access.constants().items()},
        "access_template": dialect.template(f"access_{access.element}"),
        "access_models": dialect.template(f"access_{access.element}_models"),
        "device_template": dialect.template((device or memristor_model()).template),
        "gated_cells": access.has_gate,
        "bulk_v": number(technology.opamp.vss_v),
    }


def noise_constants(noise: Noise) -> dict[str, str]:
    """Return what the elements of a noise analysis have besides, formatted for ngspice.

    The noise of an amplifier is that of a resistor R = en^2 / (4 k T) at 27 degrees Celsius. Temperatures are written
    as differences to that (`dtemp`): to a `temp` of a resistor ngspice 46 adds 27 degrees once more. At 0 K it gives no
    number.
    """
    kelvin = max(noise.temperature_k, LEAST_KELVIN) - NOMINAL_KELVIN
    return {
        "amplifier_ohm": number(noise.amplifier_v_per_rthz**2 / (4 * BOLTZMANN * NOMINAL_KELVIN))
        if noise.amplifier_v_per_rthz
        else "",
        "quiet": " noisy=0",
        "thermal": f" dtemp={kelvin:.9g}",
        "flicker": " rmem l=1 w=1",
        "flicker_kf": number(noise.flicker_kf),
    }
