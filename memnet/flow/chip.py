# SPDX-License-Identifier: GPL-3.0-or-later
"""`Chip`: the noun of the pipeline, whose methods are its verbs; and `simulate`, a shortcut for the most usual ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import wraps
from os import PathLike
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from memnet.errors import SetupError
from memnet.flow.deployed import DeployedChip
from memnet.flow.disturb_settings import DisturbSettings
from memnet.flow.estimation import Estimate, estimate
from memnet.flow.evaluation import Evaluation
from memnet.flow.exporting import write_chip
from memnet.flow.fields import made, unknown
from memnet.flow.probing import Waveforms, block_netlist, pyspice_circuit, step_waveforms
from memnet.flow.read_disturb import ReadDisturb, run_read_disturb
from memnet.flow.responding import Frequencies, FrequencyResponse, chip_response
from memnet.flow.results import Simulation
from memnet.flow.run_evaluation import noise_of_columns, run_evaluation
from memnet.flow.run_simulation import run_simulation
from memnet.flow.settings import EvaluationSettings, ExportSettings, Run, Setup
from memnet.flow.tables import as_html
from memnet.genotype import Genotype
from memnet.simulation import cores
from memnet.simulation.engines import Engine
from memnet.units import Floats

P = ParamSpec("P")
Owner = TypeVar("Owner")
Settings = TypeVar("Settings")
Result = TypeVar("Result")
# Settings that network, data and weights follow from; a changed chip may differ in all others from the one that it was
# made from.
OF_THE_NETWORK = ("genotype", "channels", "layers", "dataset", "data", "weights", "seed")
CHANGEABLE = tuple(each.name for each in fields(Setup) if each.name not in OF_THE_NETWORK)


def taking(
    settings: Callable[P, Settings],
) -> Callable[[Callable[[Owner, Settings], Result]], Callable[Concatenate[Owner, P], Result]]:
    """Let a method that takes a dataclass of settings be called with the fields as keywords, known to type checkers."""

    def decorate(method: Callable[[Owner, Settings], Result]) -> Callable[Concatenate[Owner, P], Result]:
        @wraps(method)
        def call(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> Result:
            return method(self, made(settings, kwargs, *args))

        call.__doc__ = f"{method.__doc__}\n\n    Takes the fields of `{settings.__name__}` as keywords.\n"
        return call

    return decorate


class Chip(DeployedChip):
    """An architecture of the DARTS space with its weights, deployed as an analog circuit of memristor crossbars.

    Deploying is done at once; circuit, placement table and references are made when they are asked for, and kept.

    Examples
    --------
    >>> chip = Chip.of("DARTS_V1", channels=1)
    >>> chip.counts.memristors
    20968
    >>> chip.evaluate(images=20).reference_logits.shape
    (20, 10)
    """

    @classmethod
    @taking(Setup)
    def of(cls, setup: Setup) -> Chip:
        """Deploy a genotype; the first argument is a known name, a text, a path, `random:SEED` or a `Genotype`."""
        return cls(setup)

    def change(self, **changes: Any) -> Chip:  # noqa: ANN401 - the settings in CHANGEABLE
        """Return a chip with other settings (those in CHANGEABLE) for the same network, data and weights.

        Raises
        ------
        SetupError
            another setting is given
        """
        for name in changes:
            if name not in CHANGEABLE:
                raise SetupError(
                    f"{name} cannot be changed on a chip: make a new one, or change one of {', '.join(CHANGEABLE)}"
                )
        return Chip(replace(self.setup, **changes), like=self)

    @taking(Run)
    def simulate(self, run: Run) -> Simulation:
        """Simulate the chip in SPICE on test images and measure it."""
        return run_simulation(self, run)

    @taking(EvaluationSettings)
    def evaluate(self, test: EvaluationSettings) -> Evaluation:
        """Classify test images with the numeric engine, which solves the circuit's equations in closed form."""
        return run_evaluation(self, test)

    def noise(self, stage: str, *, images: int = 1) -> dict[str, Floats]:
        """Return the noise at a crossbar's outputs on test images, by what makes it, and `all` of it.

        Each is (images, channels, pixels) volts rms, of the pairs alone, before a rectifier: `amplifiers`, `thermal`,
        `flicker` (1/f) and `telegraph`, as the technology's section [noise] says.
        """
        return noise_of_columns(self, stage, images)

    def waveforms(
        self,
        nets: Sequence[str],
        *,
        images: tuple[int, int] = (0, 1),
        stop_s: float | None = None,
        engine: str | Engine | None = None,
        workers: int | None = None,
    ) -> Waveforms:
        """Simulate the step from one test image to another in SPICE and return the waveforms of some nets.

        Parameters
        ----------
        nets : groups of nets such as `cell0/node2` or, inside blocks, `cell0/node2/plus`; or single nets of theirs,
            such as `cell0/node2/plus_c0y1x2`. `chip.circuit.groups` lists the groups.
        images : the numbers of both test images; the second is shown 5 ns after the first has settled
        stop_s : when to stop, seconds; by default after three critical paths

        Raises
        ------
        SetupError, DataError
            there is no such net or image, or the engine cannot run transients

        Examples
        --------
        >>> from memnet import Chip
        >>> chip = Chip.of("PDARTS", channels=1)
        >>> waves = chip.waveforms(["classifier"])  # doctest: +SKIP
        >>> waves.to_pandas().plot()  # doctest: +SKIP
        """
        run = Run(images=2, analysis="transient", engine=engine, workers=workers)
        return step_waveforms(self, nets, images, stop_s, run)

    def ac(
        self,
        stage: str,
        source: str,
        *,
        nets: Sequence[str] | None = None,
        image: int = 0,
        first_hz: float = 1e3,
        last_hz: float = 1e9,
        per_decade: int = 10,
        engine: str | Engine | None = None,
    ) -> FrequencyResponse:
        """Return the frequency response of one stage around the dc solution of a test image, by ngspice.

        Parameters
        ----------
        stage : such as `cell0/node2`
        source : a net that the stage reads, such as `input_c0y1x2`, or a group of these, all nets of which then swing
            together by 1 V
        nets : nets of the stage, or groups of them, inside ones too, as in `waveforms`; its outputs by default
        image : number of the test image
        first_hz, last_hz : lowest and highest frequency, hertz
        per_decade : frequencies in each decade

        Raises
        ------
        SetupError, DataError
            there is no such stage, net, frequency or image, or the engine is not ngspice
        """
        frequencies = Frequencies(first_hz, last_hz, per_decade)
        return chip_response(self, stage, source, nets, image, frequencies, engine)

    def netlist_text(self, stage: str, *, dialect: str = "ngspice") -> str:
        """Return one stage as SPICE text: its subcircuit and all that this needs, some 60 bytes a device.

        Parameters
        ----------
        stage : such as `cell0/node2`; the subcircuit is called `cell0_node2`

        Raises
        ------
        SetupError
            there is no such stage
        DialectError
            there is no such dialect, or it cannot express the memristors

        Examples
        --------
        >>> from memnet import Chip
        >>> text = Chip.of("PDARTS", channels=1).netlist_text("classifier")
        >>> text.splitlines()[-1]
        '.ends classifier'
        """
        return block_netlist(self, stage, dialect)

    def pyspice_circuit(self, stage: str) -> Any:  # noqa: ANN401 - PySpice has no types
        """Return one stage as a `Circuit` of PySpice, for a bench of one's own.

        It has the subcircuit of `netlist_text`, an instance `Xstage` with nodes called after its ports, and sources of
        its rails and select nets. The nets that the stage reads, such as `in0_c0y0x0`, are left to drive.

        Examples
        --------
        >>> from memnet import Chip
        >>> bench = Chip.of("PDARTS", channels=1).pyspice_circuit("classifier")
        >>> bench.V("0", "in0_c0", bench.gnd, 0.1).name
        'V0'
        """
        return pyspice_circuit(self, stage)

    @taking(DisturbSettings)
    def disturb(self, settings: DisturbSettings) -> ReadDisturb:
        """Carry the chip's memristors through many inferences, by their law, and classify images before and after."""
        return run_read_disturb(self, settings)

    def export(self, folder: Path | str, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - of ExportSettings
        """Write the chip as netlists for another tool and return the manifest.

        Takes the fields of `ExportSettings` as keywords, such as `dialect="spectre"`.
        """
        return write_chip(self, Path(folder), made(ExportSettings, settings))

    def estimate(self, *, images: int = 20, workers: int | None = None) -> Estimate:
        """Predict time and memory of simulating the chip."""
        setup = self.setup
        plain = Setup(setup.genotype, on=setup.on, channels=setup.channels, layers=setup.layers, dataset=self.dataset)
        return estimate(plain, images=images, workers=cores() if workers is None else workers)

    def __repr__(self) -> str:
        """Return what stands on the chip, in a few lines."""
        technology, counts, spread = self.technology, self.counts, self.setup.devices
        devices = "" if spread.ideal else f"\n  {spread}"
        return (
            f"Chip: {self.title}\n"
            f"  technology {technology.name}, {technology.memristor.bits} bits; {self.weights.note}\n"
            f"  {counts.memristors:,} memristors, {counts.opamps:,} op-amps, {counts.comparators:,} comparators"
            f"{devices}"
        )

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return as_html(repr(self))


def simulate(genotype: str | PathLike[str] | Genotype, **settings: Any) -> Simulation:  # noqa: ANN401 - of Setup and Run
    """Deploy a genotype and simulate it: `Chip.of(genotype, ...).simulate(...)` with the settings of both together.

    Raises
    ------
    MemnetError
        with what is wrong, where, and what to do; `exit_status` tells wrong input (2) from a failed job (1)

    Examples
    --------
    >>> result = simulate("DARTS_V1", channels=1, images=1)
    >>> result.accuracy.agreement
    1.0
    """
    running = {each.name for each in fields(Run)}
    known = running | {each.name for each in fields(Setup)}
    for name in settings:
        if name not in known:
            raise SetupError(unknown(name, known))
    run = Run(**{name: value for name, value in settings.items() if name in running})  # refused before the chip is made
    return run_simulation(Chip.of(genotype, **{k: v for k, v in settings.items() if k not in running}), run)
