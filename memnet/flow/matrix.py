# SPDX-License-Identifier: GPL-3.0-or-later
"""A matrix of one's own as a crossbar: its circuit, netlists, simulation and numeric engine, without a network."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit
from memnet.deployment import INPUT, ChipDevices, Deployment, deploy, individual_plan, programmed_parameters
from memnet.devices import MemristorModel
from memnet.errors import SetupError, choices
from memnet.flow.reading import deck_circuit, devices_circuit, memristor_name, memristor_of
from memnet.flow.settings import Setup
from memnet.flow.technologies import technology_of
from memnet.flow.wiring import wiring_of
from memnet.genotype import read_genotype
from memnet.measurement import Counts, count_deployment
from memnet.netlist import Export, refuse_undrawn, single_text, write_export
from memnet.network import Layer, Network
from memnet.numeric import NumericCircuit
from memnet.simulation import sweep_images
from memnet.simulation.engines import Engine, find_engine
from memnet.technology import Technology
from memnet.units import Floats

NAME = "crossbar"  # of the one stage
# Settings of a chip that a single crossbar can have.
SETTINGS = ("technology", "bits", "ideal", "devices", "memristor", "array", "wires", "wire_ohm")


class Crossbar:
    """Memristors that multiply inputs by a matrix: y = W x + b, as one rank of pairs of op-amps.

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
            if name not in SETTINGS:
                raise SetupError(f"crossbar: unknown setting {name!r}: {choices(name, SETTINGS)}")
        self.weights = _checked("weights", weights, 2)
        self.bias = np.zeros(len(self.weights)) if bias is None else _checked("bias", bias, 1)
        if len(self.bias) != len(self.weights):
            raise SetupError(f"bias: {len(self.bias)} offsets for {len(self.weights)} outputs; give one an output")
        limit = _worst_inputs(self.weights) if inputs is None else self._images(inputs)
        self.setup = Setup("PDARTS", **settings)  # its genotype is not looked at
        self.technology: Technology = technology_of(self.setup)
        self.memristor: MemristorModel | None = memristor_of(self.setup, self.technology)
        network = _network(self.weights.shape)
        tensors = {"weight": self.weights, "bias": self.bias}
        self.deployment: Deployment = deploy(network, individual_plan(network), tensors, limit, self.technology)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of outputs and of inputs."""
        return self.weights.shape[0], self.weights.shape[1]

    @cached_property
    def devices(self) -> ChipDevices:
        """Return the conductances of the memristors and the offsets of the op-amps."""
        wiring = wiring_of(self.setup, self.technology)
        return ChipDevices(self.deployment, self.setup.devices, wiring=wiring, memristor=self.memristor)

    @cached_property
    def circuit(self) -> Circuit:
        """Return the circuit."""
        return deck_circuit(self.devices, self._law_name)

    @cached_property
    def counts(self) -> Counts:
        """Return how many components of each kind there are."""
        return count_deployment(self.deployment)

    @property
    def input_scale_v(self) -> float:
        """Return the volts of an input of 1."""
        return self.deployment.scales[INPUT]

    @property
    def output_scale_v(self) -> float:
        """Return the volts of an output of 1."""
        return self.deployment.scales[NAME]

    def reference(self, inputs: npt.ArrayLike, *, quantised: bool = False) -> Floats:
        """Return W x + b, (samples, outputs), for inputs (samples, inputs); `quantised` with the levels programmed."""
        x = self._images(inputs).reshape(-1, self.shape[1])
        if not quantised:
            return np.asarray(x @ self.weights.T + self.bias)
        levels = programmed_parameters(self.deployment)
        return np.asarray(x @ levels.kernels[NAME].reshape(self.shape).T + levels.biases[NAME])

    def compute(self, inputs: npt.ArrayLike) -> Floats:
        """Return the outputs (samples, outputs) of the circuit by the numeric engine, in the units of the matrix."""
        found = NumericCircuit(self.devices).run(self._volts(inputs))
        return np.asarray(found.outputs_v) / self.output_scale_v

    def simulate(self, inputs: npt.ArrayLike, *, engine: str | Engine | None = None) -> Floats:
        """Return the outputs (samples, outputs) of the circuit in SPICE, in the units of the matrix.

        Parameters
        ----------
        engine : a name or an engine; by default the first that is here
        """
        chosen = find_engine(engine) if engine is None or isinstance(engine, str) else engine
        found = sweep_images(self.circuit, self._volts(inputs), chosen, flat=True)
        return np.asarray(found.volts[self.circuit.output]) / self.output_scale_v

    def netlist(self, dialect: str = "ngspice") -> str:
        """Return the circuit as one SPICE text, the subcircuit `network`; nothing drives its inputs."""
        return single_text(self._exported, self._title, dialect)

    def export(
        self, folder: Path | str, inputs: npt.ArrayLike, *, dialect: str = "ngspice", symbols: bool = False
    ) -> dict[str, Any]:
        """Write netlists, a testbench for some inputs (samples, inputs) and the outputs to expect; return the manifest.

        Takes the same form as an exported network: its README says how to run it. With `symbols` there is a schematic
        of the testbench besides, for xschem or LTspice.
        """
        if symbols:
            refuse_undrawn(self._exported, dialect)
        images_v = self._volts(inputs)
        expected_v = np.asarray(NumericCircuit(self.devices).run(images_v).outputs_v)
        export = Export(
            circuit=self._exported,
            title=self._title,
            images_v=images_v,
            expected_v=expected_v,
            sampled=True,
            dialect=dialect,
            symbols=symbols,
        )
        return write_export(export, Path(folder))

    @property
    def _title(self) -> str:
        outputs, rows = self.shape
        return f"crossbar of {outputs} outputs and {rows} inputs"

    @property
    def _law_name(self) -> str | None:
        return None if self.memristor is None else memristor_name(self.setup, self.technology)

    @cached_property
    def _exported(self) -> Circuit:
        name = self._law_name
        return self.circuit if name is None else devices_circuit(self.devices, name, switches=True)

    def _volts(self, inputs: npt.ArrayLike) -> Floats:
        return np.asarray(self._images(inputs).reshape(-1, self.shape[1]) * self.input_scale_v)

    def _images(self, inputs: npt.ArrayLike) -> Floats:
        """Return inputs as images of one pixel, (samples, inputs, 1, 1)."""
        found, rows = _checked("inputs", inputs, 2), self.shape[1]
        if found.shape[1] != rows:
            raise SetupError(f"inputs: samples of {found.shape[1]} values for a matrix of {rows} columns")
        return found[:, :, None, None]

    def __repr__(self) -> str:
        """Return what it is in a line."""
        outputs, rows = self.shape
        return (
            f"Crossbar: {outputs} outputs, {rows} inputs; {self.counts.memristors:,} memristors, "
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

    Examples
    --------
    >>> chip = crossbar([[1.0, -0.5], [0.25, 0.5]], bits=6)
    >>> chip.compute([[1.0, 1.0], [0.0, 1.0]]).shape
    (2, 2)
    """
    return Crossbar(weights, bias, inputs=inputs, **settings)


def _checked(what: str, values: npt.ArrayLike, dimensions: int) -> Floats:
    """Return an array of finite numbers with so many dimensions; `SetupError` for anything else."""
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SetupError(f"{what}: no array of numbers: {error}") from None
    if found.ndim != dimensions or not found.size:
        wanted = {1: "one axis", 2: "two axes"}[dimensions]
        raise SetupError(f"{what}: has the shape {found.shape}; give an array with {wanted} and at least one value")
    if not np.isfinite(found).all():
        raise SetupError(f"{what}: {np.count_nonzero(~np.isfinite(found))} values are not finite")
    return found


def _worst_inputs(weights: Floats) -> Floats:
    """Return the inputs of magnitude 1 at which outputs are largest and smallest, (2 outputs, inputs, 1, 1)."""
    signs = np.where(weights >= 0, 1.0, -1.0)
    return np.concatenate([signs, -signs])[:, :, None, None]


def _network(shape: tuple[int, ...]) -> Network:
    """Return a network of one linear layer; its genotype is that of no architecture in particular."""
    outputs, rows = shape
    layer = Layer(name=NAME, kind="linear", inputs=(INPUT,), shape=(outputs, 1, 1), weight=("weight",), bias="bias")
    nobody = read_genotype("PDARTS")
    return Network(genotype=nobody, channels=1, image_shape=(rows, 1, 1), classes=outputs, cells=0, layers=(layer,))
