# SPDX-License-Identifier: GPL-3.0-or-later
"""Frequency responses of a chip's blocks and of a matrix: what `Chip.ac` and `Crossbar.ac` do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit, Nets
from memnet.deployment import BIAS_RAIL, INPUT
from memnet.errors import DataError, SetupError, choices
from memnet.flow.deployed import DeployedChip
from memnet.flow.probing import net_names, positions, refuse_no_list, refuse_unknown_stage
from memnet.flow.reading import refuse_beyond
from memnet.flow.tables import pandas_frame
from memnet.measurement import block_response
from memnet.netlist import SmallSignal
from memnet.numeric import NumericCircuit
from memnet.simulation.engines import Engine, find_engine
from memnet.units import Floats

if TYPE_CHECKING:
    from pandas import DataFrame

Complex = npt.NDArray[np.complex128]
MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Frequencies of an ac analysis, evenly spaced on a logarithmic axis."""

    first_hz: float
    last_hz: float
    per_decade: int

    def checked(self) -> SmallSignal:
        """Return the analysis; `SetupError` for frequencies that there are not, or more than MOST_POINTS of them."""
        both = self.first_hz, self.last_hz
        if not all(math.isfinite(each) and each > 0 for each in both) or self.first_hz > self.last_hz:
            raise SetupError(f"first_hz, last_hz = {both}: give two frequencies above 0, the lower one first, in hertz")
        points = self.per_decade * math.log10(self.last_hz / self.first_hz)
        if self.per_decade < 1 or points > MOST_POINTS:
            raise SetupError(f"per_decade = {self.per_decade}: give 1 or more, for {MOST_POINTS:,} points at most")
        return SmallSignal(first_hz=self.first_hz, last_hz=self.last_hz, per_decade=int(self.per_decade))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyResponse:
    """Small-signal gains of nets of one block over frequency, around the dc solution of an image.

    Attributes
    ----------
    frequency_hz : (points,) hertz
    gains : (points, nets) complex, volts at a net per volt at the source; NaN for nets that stand in no deck
    names : of the nets, such as `cell0/node2_c0y1x2`

    Examples
    --------
    >>> found = Chip.of("DARTS_V1", channels=1).ac("stem", "input", last_hz=1e4, per_decade=2)
    >>> found.frequency_hz.round(), found.names[0]
    (array([ 1000.,  3162., 10000.]), 'stem/rectified_c0y0x0')
    """

    frequency_hz: Floats
    gains: Complex
    names: tuple[str, ...]

    @property
    def gain_db(self) -> Floats:
        """Return 20 log10 of the magnitude of all gains, (points, nets) decibels; minus infinity for 0.

        >>> found.gain_db.shape
        (3, 192)
        """
        with np.errstate(divide="ignore"):
            return np.asarray(20.0 * np.log10(np.abs(self.gains)))

    @property
    def phase_degrees(self) -> Floats:
        """Return the phase of all gains, (points, nets) degrees from -180 to 180.

        >>> found.phase_degrees.shape
        (3, 192)
        """
        return np.asarray(np.degrees(np.angle(self.gains)))

    def to_pandas(self) -> DataFrame:
        """Return a pandas table: a row a frequency, `frequency_hz` as its index, a complex column for each net.

        >>> found.to_pandas().shape
        (3, 192)
        """
        columns = dict(zip(self.names, self.gains.T, strict=True))
        return pandas_frame({"frequency_hz": self.frequency_hz, **columns}).set_index("frequency_hz")


def chip_response(
    chip: DeployedChip,
    stage: str,
    source: str,
    nets: Sequence[str] | None,
    image: int,
    frequencies: Frequencies,
    engine: str | Engine | None,
) -> FrequencyResponse:
    """Return the response of a chip's stage; see `Chip.ac`."""
    analysis, circuit = frequencies.checked(), chip.circuit
    refuse_unknown_stage(circuit, stage)
    if nets is not None:
        refuse_no_list(nets)
    available = len(chip.dataset.test_images)
    if not 0 <= image < available:
        raise DataError(f"{chip.dataset.name}: image = {image}; give the number of one of its {available} test images")
    block = circuit.block(stage)
    reads = [name for name in block.inputs if name != BIAS_RAIL]
    driven = [_own(circuit, source, reads, f"{stage} does not read it")]
    own = (*block.outputs, *block.internal)
    watched = [_own(circuit, net, own, f"{stage} does not have it") for net in nets or block.outputs]
    images_v = chip.input_volts(chip.dataset.test_images[[image]])
    found = NumericCircuit(chip.devices).run(images_v, keep=reads)
    refuse_beyond(chip.devices, found.peaks_v)
    volts = {**found.volts, INPUT: images_v}
    hertz, gains = block_response(circuit, stage, volts, driven, watched, analysis, find_engine(engine or "ngspice"))
    names = [net_names(circuit, group)[place] for group, places in watched for place in places.tolist()]
    return FrequencyResponse(frequency_hz=hertz, gains=gains, names=tuple(names))


def matrix_response(
    circuit: Circuit, stage: str, volts: Mapping[str, Floats], frequencies: Frequencies, engine: str | Engine | None
) -> tuple[Floats, Complex]:
    """Return frequencies, (points,) hertz, and gains, (points, outputs, inputs), of a stage that reads one group."""
    (group, shown), analysis = next(iter(volts.items())), frequencies.checked()
    watched, simulator = [positions(circuit, circuit.block(stage).outputs[0])], find_engine(engine or "ngspice")
    found = [
        block_response(circuit, stage, volts, [(group, np.array([row]))], watched, analysis, simulator)
        for row in range(shown.shape[1])
    ]
    return found[0][0], np.stack([gains for _, gains in found], axis=2)


def _own(circuit: Circuit, net: str, groups: Sequence[str], why: str) -> tuple[str, Nets]:
    """Return the group and positions of a net of a block; `SetupError` with `why` for one of another block."""
    group, places = positions(circuit, net)
    if group not in groups:
        raise SetupError(f"{net}: {why}; {choices(net, groups)}")
    return group, places
