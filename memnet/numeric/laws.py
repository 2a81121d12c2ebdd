"""The dc law of the netlist's op-amp and of what is closed around it; knows no network, no shapes and no images.

The law is that of templates/spice/opamp.sp.j2: a transconductance into one pole resistor, clamped by two diodes, with
an ideal-diode switch to ground at a rectifying output, and an ideal output source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.technology import Technology

Floats = npt.NDArray[Any]  # float32 or float64, as the engine is asked for
THERMAL_V = 1.380649e-23 * 300.15 / 1.602176634e-19  # at ngspice's 27 degrees
SOLVER_GMIN_SIEMENS = 1e-15  # the deck's gmin, across each diode
CLAMP_NEAR_V = 0.03  # further below the clamp rail its diodes carry under 1e-24 A


@dataclass(frozen=True, slots=True, kw_only=True)
class AmplifierLaw:
    """An op-amp of one technology at dc; gains are open-loop, V/V.

    `gain` holds in the linear range, `rectified_gain` above 0 V where an open rectifier switch loads the pole, and
    `shut_gain` below 0 V, where the closed switch does: the output is then some microvolts under 0.
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
        """Return the law of a technology's op-amp."""
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
        """Return the output voltage under which the clamp diodes need no thought."""
        return self.clamp_v - CLAMP_NEAR_V

    def open_gain(self, rectified: bool) -> float:
        """Return the open-loop gain at positive outputs."""
        return self.rectified_gain if rectified else self.gain

    def follower(self) -> float:
        """Return out / in of a unity-gain buffer."""
        return self.gain / (1.0 + self.gain)

    def follower_loop(self) -> float:
        """Return the conductance with which a unity-gain buffer holds its output, for `clamped`."""
        return self.transconductance_siemens * (1.0 + 1.0 / self.gain)

    def rectifying_follower(self) -> tuple[float, float]:
        """Return out / in of a rectifying buffer for positive and for negative inputs."""
        return tuple(gain / (1.0 + gain) for gain in (self.rectified_gain, self.shut_gain))  # type: ignore[return-value]

    def clamped(self, linear_v: Floats, loop_siemens: Floats | float) -> Floats:
        """Return the outputs with clamp diodes, given those without.

        With y the output of the linear circuit, the pole's balance is g (y - x) = Id(x), Id the diodes' current;
        for the diode that conducts this is solved by Wright's omega function, x = y - n Vt omega(...).

        Parameters
        ----------
        loop_siemens : g = gm / (transresistance * total conductance into the virtual ground)
        """
        from scipy.special import wrightomega

        thermal = self.clamp_emission * THERMAL_V
        size = np.abs(linear_v).astype(np.float64) + self.clamp_saturation_a / loop_siemens
        argument = np.log(self.clamp_saturation_a / (loop_siemens * thermal)) + (size - self.clamp_v) / thermal
        return np.asarray(np.sign(linear_v) * (size - thermal * wrightomega(argument)))

    def loop_conductance(self, resistance_ohm: Floats, total_siemens: Floats) -> Floats:
        """Return the conductance g with which the loop holds an output, for `clamped`."""
        return np.asarray(self.transconductance_siemens / (resistance_ohm * total_siemens))


def transresistance(feedback_siemens: Floats, total_siemens: Floats, gain: float) -> Floats:
    """Return r of out = r (offset * total - current), for the conductances into a virtual ground, feedback included."""
    return np.asarray(1.0 / (feedback_siemens + total_siemens / gain))
