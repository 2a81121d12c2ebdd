# SPDX-License-Identifier: GPL-3.0-or-later
"""`Chip`: the noun of the pipeline, whose methods are its verbs; and `simulate`, a shortcut for the most usual ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import wraps
from os import PathLike
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from memnet.errors import SetupError
from memnet.flow.disturb_settings import DisturbSettings
from memnet.flow.estimation import Estimate, estimate
from memnet.flow.evaluation import Evaluation
from memnet.flow.exporting import write_chip
from memnet.flow.fields import made, unknown
from memnet.flow.probed import ProbedChip
from memnet.flow.read_disturb import ReadDisturb, run_read_disturb
from memnet.flow.results import Simulation
from memnet.flow.run_evaluation import run_evaluation
from memnet.flow.run_simulation import run_simulation
from memnet.flow.settings import EvaluationSettings, ExportSettings, Run, Setup
from memnet.flow.tables import as_html
from memnet.genotype import Genotype
from memnet.simulation import cores

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

        first, gap, others = str(method.__doc__).partition("\n\n")
        call.__doc__ = f"{first}\n\n        Takes the fields of `{settings.__name__}` as keywords.\n{gap}{others}"
        return call

    return decorate


class Chip(ProbedChip):
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
        """Deploy a genotype; the first argument is a known name, a text, a path, `random:SEED` or a `Genotype`.

        >>> Chip.of("random:7", channels=1, bits=4).technology.memristor.bits
        4
        """
        return cls(setup)

    def change(self, **changes: Any) -> Chip:  # noqa: ANN401 - the settings in CHANGEABLE
        """Return a chip with other settings (those in CHANGEABLE) for the same network, data and weights.

        Raises
        ------
        SetupError
            another setting is given

        Examples
        --------
        >>> chip.change(bits=4).technology.memristor.bits
        4
        """
        for name in changes:
            if name not in CHANGEABLE:
                raise SetupError(
                    f"{name} cannot be changed on a chip: make a new one, or change one of {', '.join(CHANGEABLE)}"
                )
        return Chip(replace(self.setup, **changes), like=self)

    @taking(Run)
    def simulate(self, run: Run) -> Simulation:
        """Simulate the chip in SPICE on test images and measure it.

        >>> result = chip.simulate(images=1)
        >>> result.outputs_v.shape
        (1, 10)
        """
        return run_simulation(self, run)

    @taking(EvaluationSettings)
    def evaluate(self, test: EvaluationSettings) -> Evaluation:
        """Classify test images with the numeric engine, which solves the circuit's equations in closed form.

        >>> chip.evaluate(images=20, seeds=1).accuracies.shape
        (1,)
        """
        return run_evaluation(self, test)

    @taking(DisturbSettings)
    def disturb(self, settings: DisturbSettings) -> ReadDisturb:
        """Carry the chip's memristors through many inferences, by their law, and classify images before and after.

        >>> found = chip.change(memristor="yakopcic:aguirre").disturb(inferences=10.0, images=5)
        >>> [each.inferences for each in found.after]
        [0.0, 1.0, 10.0]
        """
        return run_read_disturb(self, settings)

    def export(self, folder: Path | str, **settings: Any) -> dict[str, Any]:  # noqa: ANN401 - of ExportSettings
        """Write the chip as netlists for another tool and return the manifest.

        Takes the fields of `ExportSettings` as keywords, such as `dialect="spectre"`.

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     manifest = chip.export(Path(folder) / "chip", images=1, dialect="xyce")
        ...
        >>> manifest["dialect"]
        'xyce'
        """
        return write_chip(self, Path(folder), made(ExportSettings, settings))

    def estimate(self, *, images: int = 20, workers: int | None = None) -> Estimate:
        """Predict time and memory of simulating the chip.

        Raises
        ------
        SetupError
            its decks have wires, or other memristors than I = G V: only plain decks are predicted

        Examples
        --------
        >>> chip.estimate(images=20).counts.opamps
        4516
        """
        setup, law = self.setup, self.law_name
        if setup.memristor is None and setup.cell is None:
            law += f" of technology {self.technology.name}"
        names = {"wires": self.wiring is not None, law: self.memristor is not None}
        beyond = [name for name, given in names.items() if given]
        if beyond:
            raise SetupError(f"estimate and {beyond[0]}: time and memory are predicted of decks without that; simulate")
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
