# SPDX-License-Identifier: GPL-3.0-or-later
"""The dc law of the op-amp in the netlists, and of its feedback loops, in closed form.

The op-amp is that of templates/spice/opamp.sp.j2: a transconductance drives one pole resistor, two diodes clamp the
pole's voltage, and an ideal source drives the output. In a rectifying op-amp an ideal-diode switch holds the pole at
0 V while it would go negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.operators import Extremes, extremes
from memnet.sections import THERMAL_V
from memnet.technology import Technology

Floats = npt.NDArray[Any]  # float32 or float64, the dtype of the circuit
SOLVER_GMIN_SIEMENS = 1e-15  # the gmin that decks set; the solver puts it across each diode
CLAMP_NEAR_V = 0.03  # more than this below the clamp voltage, the diodes carry less than 1e-24 A


@dataclass(frozen=True, slots=True, kw_only=True)
class AmplifierLaw:
    """An op-amp of one technology at dc; gains are open-loop, V/V.

    `gain` is that of a plain op-amp in its linear range. A rectifying op-amp has `rectified_gain` above 0 V, where its
    open switch loads the pole, and `shut_gain` below 0 V, where the closed switch does: its output is then some
    microvolts below 0 V.
    """

    gain: float
    rectified_gain: float
    shut_gain: float
    clamp_v: float
    offset_v: float
    transconductance_siemens: float
    clamp_saturation_a: float
    clamp_emission: float

    @staticmethod
    def of(technology: Technology) -> AmplifierLaw:
        """Return the law of the op-amp of a technology."""
        opamp, macromodel = technology.opamp, technology.macromodel
        gm = macromodel.transconductance_siemens
        pole = gm / opamp.gain + 2 * SOLVER_GMIN_SIEMENS
        return AmplifierLaw(
            gain=gm / pole,
            rectified_gain=gm / (pole + 1.0 / opamp.rectifier_roff_ohm),
            shut_gain=gm / (pole + 1.0 / opamp.rectifier_ron_ohm),
            clamp_v=opamp.saturation_v - macromodel.clamp_drop_v,
            offset_v=opamp.offset_v,
            transconductance_siemens=gm,
            clamp_saturation_a=macromodel.clamp_saturation_a,
            clamp_emission=macromodel.clamp_emission,
        )

    @property
    def linear_v(self) -> float:
        """Return the largest output magnitude, V, at which the currents of the clamp diodes are negligible."""
        return self.clamp_v - CLAMP_NEAR_V

    def open_gain(self, rectified: bool) -> float:
        """Return the open-loop gain at positive outputs of a rectifying or a plain op-amp, V/V."""
        return self.rectified_gain if rectified else self.gain

    def follower(self) -> float:
        """Return out / in of a unity-gain buffer, V/V."""
        return self.gain / (1.0 + self.gain)

    def follower_loop(self) -> float:
        """Return the argument `loop_siemens` of `clamped` for a unity-gain buffer, siemens."""
        return self.transconductance_siemens * (1.0 + 1.0 / self.gain)

    def rectifying_follower(self) -> tuple[float, float]:
        """Return out / in of a rectifying unity-gain buffer for positive and for negative inputs, V/V."""
        return tuple(gain / (1.0 + gain) for gain in (self.rectified_gain, self.shut_gain))  # type: ignore[return-value]

    def clamped(self, linear_v: Floats, loop_siemens: Floats | float) -> Floats:
        """Return the output voltages of op-amps with clamp diodes, given those of the same circuit without diodes.

        Let y be the magnitude without diodes, x the one with them, Vc `clamp_v`, and Is and n the saturation current
        and emission coefficient of the diode that conducts. The currents at the pole balance where
        g (y - x) = Is (exp((x - Vc) / (n Vt)) - 1). With s = y + Is / g this is solved by Wright's omega function:
        x = s - n Vt omega(ln(Is / (g n Vt)) + (s - Vc) / (n Vt)).

        Parameters
        ----------
        linear_v : outputs without diodes, volts, any shape
        loop_siemens : g, of the shape of `linear_v` or one number: `loop_conductance` or `follower_loop`
        """
        from scipy.special import wrightomega

        thermal, loop = self.clamp_emission * THERMAL_V, np.asarray(loop_siemens, dtype=np.float64)
        size = np.abs(linear_v).astype(np.float64) + self.clamp_saturation_a / loop
        argument = np.log(self.clamp_saturation_a / (loop * thermal)) + (size - self.clamp_v) / thermal
        return np.asarray(np.sign(linear_v) * (size - thermal * wrightomega(argument)))

    def loop_conductance(self, resistance_ohm: Floats, total_siemens: Floats) -> Floats:
        """Return the argument `loop_siemens` of `clamped` for an amplifier with a virtual ground, siemens.

        It is gm / (transresistance * total conductance into the virtual ground).
        """
        return np.asarray(self.transconductance_siemens / (resistance_ohm * total_siemens))


def transresistance(feedback_siemens: Floats, total_siemens: Floats, gain: float) -> Floats:
    """Return the transresistance r of an inverting amplifier, ohm: out = r (offset * total - current).

    `current` flows from the rows into the virtual ground, and v- = offset - out / gain there. Kirchhoff's law,
    current + out * feedback = v- * total, gives r = 1 / (feedback + total / gain).

    Parameters
    ----------
    feedback_siemens : conductance of the feedback resistor
    total_siemens : all conductance into the virtual ground, feedback included
    gain : open-loop gain, V/V
    """
    return np.asarray(1.0 / (feedback_siemens + total_siemens / gain))


def clamp(out: Floats, found: Extremes, law: AmplifierLaw, loop_siemens: Floats | float) -> tuple[Extremes, int]:
    """Apply the clamp diodes to output volts (channels, pixels, images) in place.

    Return the extremes of what is left, and how many outputs lie beyond the linear range, over all images.

    Parameters
    ----------
    found : the extremes of `out`
    loop_siemens : as in `AmplifierLaw.clamped`, (channels, pixels) or one number
    """
    if found.peak <= law.linear_v:
        return found, 0
    channel, pixel, image = np.nonzero(np.abs(out) > law.linear_v)
    loop = loop_siemens if isinstance(loop_siemens, float) else loop_siemens[channel, pixel]
    out[channel, pixel, image] = law.clamped(out[channel, pixel, image], loop).astype(out.dtype)
    return extremes(out), len(channel)
