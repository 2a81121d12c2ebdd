# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in series with a memristor at a crosspoint: a transistor or a selector, and its current."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from memnet.sections import THERMAL_V, SelectorCell, TransistorCell
from memnet.units import Floats


@dataclass(frozen=True, kw_only=True)
class Access(ABC):
    """An access device, switched in; its current grows with the voltage across it.

    Attributes
    ----------
    cell : the name of the cell that it makes with a memristor
    title : what it is, in words
    element : name of its templates in netlists
    has_gate : whether a select line switches it
    """

    cell: ClassVar[str]
    title: ClassVar[str]
    element: ClassVar[str]
    has_gate: ClassVar[bool]

    @abstractmethod
    def current(self, volts: Floats) -> Floats:
        """Return the current at a voltage from the memristor to the column, amperes."""

    @abstractmethod
    def slope(self, volts: Floats) -> Floats:
        """Return dI/dV at a voltage, siemens."""

    @property
    def siemens(self) -> float:
        """Return dI/dV at 0 V: no cell conducts better than that at small voltages."""
        return float(self.slope(np.asarray(0.0)))

    @abstractmethod
    def constants(self) -> dict[str, float]:
        """Return what its templates are written with besides nets, by name, in SI units."""


@dataclass(frozen=True, kw_only=True)
class Transistor(Access):
    """An NMOS transistor of SPICE's level 1 whose source is at a column's virtual ground, without body effect.

    With W = gate_v - vto_v, I = kp W/L (W - V/2) V (1 + lambda abs(V)) up to V = W, where it saturates. Below 0 V the
    ends change places, and the same formula holds with V < 0 (H. Shichman and D. Hodges, JSSC 3:285, 1968).
    """

    cell: ClassVar[str] = "1T1R"
    title: ClassVar[str] = "transistor"
    element: ClassVar[str] = "transistor"
    has_gate: ClassVar[bool] = True

    values: TransistorCell

    @property
    def beta_a_per_v2(self) -> float:
        """Return kp W/L, A/V^2."""
        return self.values.kp_a_per_v2 * self.values.width_per_length

    @property
    def overdrive_v(self) -> float:
        """Return the gate's voltage above the threshold while the source is at 0 V."""
        return self.values.gate_v - self.values.vto_v

    def current(self, volts: Floats) -> Floats:
        """Return the drain's current, amperes."""
        triode = np.minimum(volts, self.overdrive_v)
        grown = 1.0 + self.values.lambda_per_v * np.abs(volts)
        return np.asarray(self.beta_a_per_v2 * (self.overdrive_v - 0.5 * triode) * triode * grown)

    def slope(self, volts: Floats) -> Floats:
        """Return the output conductance, siemens."""
        triode, growth = np.minimum(volts, self.overdrive_v), self.values.lambda_per_v
        square = (self.overdrive_v - 0.5 * triode) * triode
        rise = (self.overdrive_v - triode) * (1.0 + growth * np.abs(volts)) + growth * np.sign(volts) * square
        return np.asarray(self.beta_a_per_v2 * rise)

    def constants(self) -> dict[str, float]:
        """Return the parameters of the model; a transistor is 1 um long, since only W/L counts."""
        values, length = self.values, 1e-6
        return {
            "access_vto": values.vto_v,
            "access_kp": values.kp_a_per_v2,
            "access_lambda": values.lambda_per_v,
            "access_width": values.width_per_length * length,
            "access_length": length,
            "gate_v": values.gate_v,
        }


@dataclass(frozen=True, kw_only=True)
class Selector(Access):
    """A two-terminal selector, I = Is sinh(V / Vs): in netlists two diodes in opposite directions."""

    cell: ClassVar[str] = "1S1R"
    title: ClassVar[str] = "selector"
    element: ClassVar[str] = "selector_diodes"
    has_gate: ClassVar[bool] = False

    values: SelectorCell

    def current(self, volts: Floats) -> Floats:
        """Return Is sinh(V / Vs), amperes."""
        return np.asarray(self.values.saturation_a * np.sinh(volts / self.values.slope_v))

    def slope(self, volts: Floats) -> Floats:
        """Return Is / Vs cosh(V / Vs), siemens."""
        return np.asarray(self.values.saturation_a / self.values.slope_v * np.cosh(volts / self.values.slope_v))

    def constants(self) -> dict[str, float]:
        """Return the parameters of each diode: together Is/2 (exp(V/Vs) - exp(-V/Vs)) flows."""
        return {
            "access_saturation": 0.5 * self.values.saturation_a,
            "access_emission": self.values.slope_v / THERMAL_V,
        }
