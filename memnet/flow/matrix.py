# SPDX-License-Identifier: GPL-3.0-or-later
"""A matrix of one's own as a crossbar: its circuit, netlists, simulation and numeric engine, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.deployment import INPUT, individual_plan, programmed_parameters
from memnet.errors import SetupError, choices
from memnet.flow.hardware import Hardware
from memnet.flow.matrix_network import NAME, checked_array, one_layer, worst_inputs
from memnet.flow.reading import computed_v, warn_beyond
from memnet.flow.responding import Frequencies, matrix_response
from memnet.flow.settings import Setup
from memnet.flow.tables import as_html
from memnet.measurement import column_noise
from memnet.netlist import Export, refuse_undrawn, single_text, write_export
from memnet.numeric import NumericCircuit
from memnet.simulation import sweep_images
from memnet.simulation.engines import Engine, find_engine
from memnet.units import Floats

# Settings of a chip that a single crossbar can have.
SETTINGS = (
    *("technology", "bits", "ideal", "devices", "memristor", "compensated", "cell", "bias_rail_ohm"),
    *("array", "wires", "wire_ohm", "wire_farad", "driver_wires", "driver_ohm", "remedies", "full_share", "strap_ohm"),
)
_NETWORK = "it has no network; give the matrix, and what it multiplies, as arrays"
# All others, and why it cannot have them.
REFUSED = {
    **dict.fromkeys(("genotype", "channels", "layers", "dataset", "data", "seed"), _NETWORK),
    "on": "hypernetworks hold architectures, and a matrix is a chip of its own",
    "patches": "it has one output pixel, which shares a tile with no other",
    "conductances": "such tables are of chips; give the weights that these conductances stand for",
    "supply_rail_ohm": "it changes figures of a chip alone, which a crossbar has not",
}


class Crossbar(Hardware):
    """Memristors that multiply inputs by a matrix: y = W x + b, as one rank of pairs of op-amps.

    Its methods warn of inputs that put more than the read limit on rows, or let op-amps saturate (`LimitWarning`).

    Parameters
    ----------
    weights : (outputs, inputs) the matrix W
    bias : (outputs,) the offsets b; zeros where none are given
    inputs : (samples, inputs) inputs for which voltages are to keep their limits; without, all of magnitude up to 1
    settings : those of a chip in SETTINGS, such as `technology`, `bits`, `devices` or `wires`

    Raises
    ------
    SetupError
        a matrix, an offset or an input of the wrong shape or not finite, or a setting that a crossbar cannot have

    Examples
    --------
    >>> chip = Crossbar([[1.0, -0.5], [0.25, 0.5]])
    >>> chip.shape
    (2, 2)
    >>> chip.reference([[1.0, 1.0]])
    array([[0.5 , 0.75]])
    """

    def __init__(
        self,
        weights: npt.ArrayLike,
        bias: npt.ArrayLike | None = None,
        *,
        inputs: npt.ArrayLike | None = None,
        **settings: Any,  # noqa: ANN401 - of a chip
    ) -> None:
        for name in settings:
            if name in REFUSED:
                raise SetupError(f"crossbar: it cannot have the setting {name}: {REFUSED[name]}")
            if name not in SETTINGS:
                raise SetupError(f"crossbar: unknown setting {name!r}: {choices(name, SETTINGS)}")
        self.weights = checked_array("weights", weights, 2)
        self.bias = np.zeros(len(self.weights)) if bias is None else checked_array("bias", bias, 1)
        if len(self.bias) != len(self.weights):
            raise SetupError(f"bias: {len(self.bias)} offsets for {len(self.weights)} outputs; give one an output")
        limit = worst_inputs(self.weights) if inputs is None else self._images(inputs)
        super().__init__(Setup("PDARTS", **settings))  # its genotype is not looked at
        network = one_layer(self.weights.shape)
        self._deploy(network, individual_plan(network), {"weight": self.weights, "bias": self.bias}, limit)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of outputs and of inputs.

        >>> chip.shape
        (2, 2)
        """
        return self.weights.shape[0], self.weights.shape[1]

    @property
    def input_scale_v(self) -> float:
        """Return the volts of an input of 1.

        >>> chip.input_scale_v
        0.16
        """
        return self.deployment.scales[INPUT]

    @property
    def output_scale_v(self) -> float:
        """Return the volts of an output of 1.

        >>> round(chip.output_scale_v, 3)
        0.107
        """
        return self.deployment.scales[NAME]

    def reference(self, inputs: npt.ArrayLike, *, quantised: bool = False) -> Floats:
        """Return W x + b, (samples, outputs), for inputs (samples, inputs); `quantised` with the levels programmed.

        >>> chip.reference([[1.0, 0.0], [0.0, 1.0]])
        array([[ 1.  ,  0.25],
               [-0.5 ,  0.5 ]])
        """
        x = self._images(inputs).reshape(-1, self.shape[1])
        if not quantised:
            return np.asarray(x @ self.weights.T + self.bias)
        levels = programmed_parameters(self.deployment)
        return np.asarray(x @ levels.kernels[NAME].reshape(self.shape).T + levels.biases[NAME])

    def compute(self, inputs: npt.ArrayLike) -> Floats:
        """Return the outputs (samples, outputs) for inputs (samples, inputs) by closed formulas, in the matrix's units.

        >>> chip.compute([[1.0, 1.0]]).round(2)
        array([[0.5 , 0.75]])
        """
        return computed_v(*self._warned(inputs)) / self.output_scale_v

    def simulate(self, inputs: npt.ArrayLike, *, engine: str | Engine | None = None) -> Floats:
        """Return the outputs (samples, outputs) of the circuit in SPICE, in the matrix's units.

        Parameters
        ----------
        inputs : (samples, inputs)
        engine : a name or an engine; by default the first that is here

        Examples
        --------
        >>> chip.simulate([[1.0, 1.0]]).round(2)
        array([[0.5 , 0.75]])
        """
        found = sweep_images(self.circuit, self._warned(inputs)[1], find_engine(engine), flat=True)
        return np.asarray(found.volts[self.circuit.output]) / self.output_scale_v

    def ac(
        self,
        at: npt.ArrayLike | None = None,
        *,
        first_hz: float = 1e3,
        last_hz: float = 1e9,
        per_decade: int = 10,
        engine: str | Engine | None = None,
    ) -> tuple[Floats, npt.NDArray[np.complex128]]:
        """Return the matrix over frequency, by an ac analysis in ngspice for each input.

        Parameters
        ----------
        at : (inputs,) around which the inputs swing; zeros by default
        first_hz, last_hz : lowest and highest frequency, hertz
        per_decade : frequencies in each decade

        Returns
        -------
        the frequencies, (points,) hertz, and complex gains, (points, outputs, inputs), in the units of the matrix:
        at low frequencies they are its weights

        Examples
        --------
        >>> hertz, gains = chip.ac(last_hz=1e4)
        >>> gains[0].real.round(2)
        array([[ 1.  , -0.5 ],
               [ 0.25,  0.5 ]])
        """
        shown = np.zeros((1, self.shape[1])) if at is None else checked_array("at", at, 1)[None, :]
        chosen = Frequencies(first_hz, last_hz, per_decade)
        hertz, gains = matrix_response(self.circuit, NAME, {INPUT: self._warned(shown)[1]}, chosen, engine)
        return hertz, gains * (self.input_scale_v / self.output_scale_v)

    def noise(self, inputs: npt.ArrayLike) -> dict[str, Floats]:
        """Return the noise of outputs by what makes it, as `Chip.noise`, (samples, outputs) in the matrix's units.

        Parameters
        ----------
        inputs : (samples, inputs)

        Raises
        ------
        SetupError
            the technology has no section [noise], or devices are behind wires, in cells or have a law whose shape moves

        Examples
        --------
        >>> chip.noise([[1.0, 1.0]])["all"].shape
        (1, 2)
        """
        self.refuse_noise()
        found = column_noise(self.devices, NAME, self._warned(inputs)[1])
        return {part: rms_v[:, :, 0] / self.output_scale_v for part, rms_v in found.items()}

    def netlist(self, dialect: str = "ngspice") -> str:
        """Return the circuit as one SPICE text, the subcircuit `network`; nothing drives its inputs.

        >>> chip.netlist("xyce").splitlines()[-1]
        '.ends network'
        """
        return single_text(self.exported_circuit, self._title, dialect)

    def export(
        self, folder: Path | str, inputs: npt.ArrayLike, *, dialect: str = "ngspice", symbols: bool = False
    ) -> dict[str, Any]:
        """Write netlists, a testbench for some inputs (samples, inputs) and the outputs to expect; return the manifest.

        Takes the same form as an exported network: its README says how to run it. With `symbols` there is a schematic
        of the testbench besides, for xschem or LTspice.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     manifest = chip.export(Path(folder) / "crossbar", [[1.0, 1.0]], dialect="spectre")
        ...
        >>> manifest["dialect"]
        'spectre'
        """
        if symbols:
            refuse_undrawn(self.exported_circuit, dialect)
        circuit, images_v = self._warned(inputs)
        export = Export(
            circuit=self.exported_circuit,
            title=self._title,
            images_v=images_v,
            expected_v=computed_v(circuit, images_v),
            sampled=True,
            dialect=dialect,
            symbols=symbols,
        )
        return write_export(export, Path(folder))

    @property
    def _title(self) -> str:
        return f"crossbar of {self.shape[0]} outputs and {self.shape[1]} inputs"

    def _warned(self, inputs: npt.ArrayLike) -> tuple[NumericCircuit, Floats]:
        """Return the numeric circuit, and inputs in volts, (samples, inputs); warn of those beyond limits."""
        circuit = NumericCircuit(self.devices)
        images_v = np.asarray(self._images(inputs).reshape(-1, self.shape[1]) * self.input_scale_v)
        warn_beyond(circuit, images_v)
        return circuit, images_v

    def _images(self, inputs: npt.ArrayLike) -> Floats:
        """Return inputs as images of one pixel, (samples, inputs, 1, 1)."""
        found, rows = checked_array("inputs", inputs, 2), self.shape[1]
        if found.shape[1] != rows:
            raise SetupError(f"inputs: samples of {found.shape[1]} values for a matrix of {rows} columns")
        return found[:, :, None, None]

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return as_html(repr(self))

    def __repr__(self) -> str:
        """Return what it is in a line."""
        return (
            f"Crossbar: {self.shape[0]} outputs, {self.shape[1]} inputs; {self.counts.memristors:,} memristors, "
            f"{self.counts.opamps:,} op-amps; technology {self.technology.name}"
        )


def crossbar(
    weights: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    inputs: npt.ArrayLike | None = None,
    **settings: Any,  # noqa: ANN401 - of a chip
) -> Crossbar:
    """Return a matrix as a crossbar; see `Crossbar`.

    Parameters
    ----------
    weights : (outputs, inputs) the matrix W of y = W x + b
    bias : (outputs,) the offsets b; zeros where none are given
    inputs : (samples, inputs) inputs for which voltages are to keep their limits; without, all of magnitude up to 1
    settings : those of a chip in SETTINGS

    Examples
    --------
    >>> chip = crossbar([[1.0, -0.5], [0.25, 0.5]], bits=6)
    >>> chip.compute([[1.0, 1.0], [0.0, 1.0]]).shape
    (2, 2)
    """
    return Crossbar(weights, bias, inputs=inputs, **settings)
