# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections of a technology: one dataclass each, whose fields are the keys of a technology file, in SI units."""

from __future__ import annotations

from dataclasses import dataclass

BOLTZMANN = 1.380649e-23  # J/K
THERMAL_V = BOLTZMANN * 300.15 / 1.602176634e-19  # kT/q at 27 degrees Celsius, where simulators begin
SMALLEST_GAP_V = 0.1  # band gap of a diode; ngspice takes no smaller one
SUBCIRCUIT_FILES = (".cir", ".sp", ".sub", ".subckt")  # suffixes of memristors that are subcircuits of one's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Memristor:
    """The memristor at a crosspoint of a crossbar, read in its linear range."""

    g_min_siemens: float
    g_max_siemens: float
    bits: int  # 2^bits levels, evenly spaced in conductance
    read_limit_v: float  # largest voltage across a device that does not change its state
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model that the technology's memristors are read by, as `--memristor` takes it; by default I = G V."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpAmp:
    """Operational amplifier with a single pole, whose output is an ideal voltage source."""

    gain: float  # open loop, V/V
    gbw_hz: float
    saturation_v: float  # the output stays between minus and plus this
    offset_v: float
    slew_v_per_s: float
    quiescent_a: float
    vdd_v: float
    vss_v: float
    rectifier_ron_ohm: float  # ideal-diode switch that holds a rectifying output stage at 0 V
    rectifier_roff_ohm: float
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparator:
    """Comparator with a single pole, which opens and closes the two switches of a selector."""

    delay_s: float  # time constant of its pole
    quiescent_a: float
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Analog switch."""

    ron_ohm: float
    roff_ohm: float
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passive:
    """Areas of feedback and scale resistors, and of the converters at the inputs and outputs of the chip."""

    resistor_area_m2: float
    dac_area_m2: float
    adc_area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroModel:
    """Constants of the op-amp and comparator macro-models that describe no element of a real chip.

    They make the clamps, rectifiers and gates of the models nearly ideal, but not so ideal that a simulator fails to
    solve the circuit.
    """

    transconductance_siemens: float  # of the op-amp's input stage; with the pole's resistance it makes the gain
    clamp_saturation_a: float  # saturation current of the diodes that clamp the pole
    clamp_emission: float  # their emission coefficient, n
    clamp_drop_v: float  # their voltage at the input stage's full current: n Vt ln(2e-4 A / 1e-14 A)
    # Hysteresis of the rectifier switch, referred to the op-amp's input. An output may depend on the previous image by
    # at most this voltage times the noise gain.
    rectifier_hysteresis_v: float
    comparator_ohm: float  # pole resistance of a comparator; its transconductance is the inverse
    gate_ron_ohm: float  # closed switch that holds an unpowered op-amp's pole at 0 V
    gate_roff_ohm: float

    @property
    def clamp_gap_v(self) -> float:
        """Return the band gap of the clamp diodes, V: their drop, or the smallest that simulators take.

        The drop of a diode goes from the band gap at 0 K in a straight line, nearly, to what it is at 27 degrees. With
        a band gap that is equal to the drop there, it is the same at all temperatures.
        """
        return max(self.clamp_drop_v, SMALLEST_GAP_V)

    @property
    def clamp_xti(self) -> float:
        """Return the exponent of the saturation current's temperature law that makes up for too large a band gap."""
        return (self.clamp_drop_v - self.clamp_gap_v) / THERMAL_V


@dataclass(frozen=True, slots=True, kw_only=True)
class Array:
    """The largest array of memristors that is built, and what stands at the ends of its lines."""

    rows: int
    columns: int
    line_area_m2: float  # drivers, selectors and contacts of one row or column


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The resistance and capacitance of wires from crosspoint to crosspoint of an array."""

    row_ohm: float
    column_ohm: float
    row_farad: float = 0.0  # from here on all are optional
    column_farad: float = 0.0
    row_pitch_m: float = 0.0  # from crosspoint to crosspoint along rows
    column_pitch_m: float = 0.0
    driver_ohm_per_m: float = 0.0  # of the wires between drivers and tiles


@dataclass(frozen=True, slots=True, kw_only=True)
class TransistorCell:
    """1T1R: an NMOS transistor in series with each memristor, its gate on a select line; SPICE's level 1."""

    width_per_length: float
    vto_v: float  # threshold voltage
    kp_a_per_v2: float  # transconductance, of a transistor as wide as long
    lambda_per_v: float  # growth of the current with the voltage across the transistor
    gate_v: float  # of a select line that switches its cells in, against signal ground
    cell_area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorCell:
    """1S1R: a two-terminal selector in series with each memristor, I = Is sinh(V / Vs)."""

    saturation_a: float  # Is
    slope_v: float  # Vs
    cell_area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BareCell:
    """0T1R: a memristor alone at each crosspoint."""

    cell_area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What makes noise while arrays are read; a value of 0 is a source of noise that is not there."""

    amplifier_v_per_rthz: float  # white noise at an op-amp's input, V/sqrt(Hz), of one-sided spectra as all here
    temperature_k: float  # of memristors and resistors; their thermal noise is 4 k T G
    flicker_kf: float  # 1/f noise of a memristor with the current I: kf I^2 / f
    flicker_low_hz: float  # slower 1/f noise stays the same from when a chip is calibrated to when it is used
    telegraph_share: float  # share of memristors that switch between two conductances, G (1 +- amplitude / 2)
    telegraph_amplitude: float
    telegraph_hz: float  # (rate up + rate down) / (2 pi), the corner of their spectra; both rates are the same
