# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of bank is written with: a template, its nets and values, and the constants of the macro-models."""

from __future__ import annotations

from math import pi

import numpy as np

from memnet.circuit import Bank, Followers, Inverters, Memristors, Nets, ScaleResistors, Selectors, Switches, TiaPairs
from memnet.devices import memristor_model
from memnet.technology import Technology
from memnet.units import Floats, number

GROUNDED = {"positive": "0"}  # the noninverting input of a TIA's op-amp, unless the bank has a net for it


def element_layout(bank: Bank) -> tuple[str, dict[str, Nets], dict[str, Floats]]:
    """Return the template of a bank, its nets and its values.

    Returns
    -------
    template : file name without folder and suffix
    nets : by field of the template, (devices,) net numbers
    values : by field of the template, (devices,); resistances in ohm
    """
    match bank:
        case Memristors():
            model = memristor_model()
            return model.template, {"row": bank.row, "column": bank.column}, model.values(bank.siemens)
        case ScaleResistors():
            return "scale_resistor", {"row": bank.row, "column": bank.column}, {"ohm": bank.ohm}
        case TiaPairs():
            nets = {"plus": bank.plus, "middle": bank.middle, "minus": bank.minus, "out": bank.out}
            nets |= positive_nets(bank)
            values = {
                "feedback_plus": bank.feedback_plus,
                "coupling": bank.coupling,
                "feedback_minus": bank.feedback_minus,
            }
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
    """Return the nets of the first amplifiers' noninverting inputs; empty where these inputs are grounded.

    They have nets where the amplifiers are lent to max pools: see `deployment.stages`.
    """
    return {} if bank.positive is None else {"positive": bank.positive}


def model_constants(technology: Technology, *, transient: bool) -> dict[str, str | bool]:
    """Return the constants of the op-amp, selector and switch models, formatted for netlists.

    The op-amp is a transconductance gm into one pole of R and C: gain = gm R, GBW = gm / (2 pi C). Its slew rate is
    I / C, where I limits the current into the pole; only a `transient` model has that limit.
    """
    opamp, macromodel = technology.opamp, technology.macromodel
    gm = macromodel.transconductance_siemens
    farad = gm / (2 * pi * opamp.gbw_hz)
    slew_a = opamp.slew_v_per_s * farad
    slew = transient and bool(np.isfinite(slew_a))
    return {
        "gm": number(gm),
        "pole_ohm": number(opamp.gain / gm),
        "pole_farad": number(farad),
        "slew": slew,
        "slew_a": number(slew_a) if slew else "",
        "gm_over_slew": number(gm / slew_a) if slew else "",
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
        "gate_ron": number(macromodel.gate_ron_ohm),
        "gate_roff": number(macromodel.gate_roff_ohm),
    }
