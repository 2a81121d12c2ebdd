"""How banks of devices become netlist elements: templates, nets, values, and constants of the macro-models."""

from __future__ import annotations

from math import pi

import numpy as np

from memnet.circuit import Bank, Followers, Inverters, Memristors, Nets, ScaleResistors, Selectors, Switches, TiaPairs
from memnet.technology import Technology
from memnet.units import Floats, number

GM_SIEMENS = 1e-3  # transconductance of the op-amp macro-model's input stage
COMPARATOR_OHM = 1e6
GROUNDED = {"positive": "0"}  # the noninverting input of a TIA, unless its net is a field
RECTIFIER_HYSTERESIS_V = 1e-8  # at the op-amp's input: an image leaves no more than this times the noise gain behind
DIODE_DROP_V = 0.03  # of a clamp diode at the input stage's full current: n Vt ln(2e-4 / 1e-14)


def element_layout(bank: Bank) -> tuple[str, dict[str, Nets], dict[str, Floats]]:
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
