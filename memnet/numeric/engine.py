# SPDX-License-Identifier: GPL-3.0-or-later
"""The numeric engine's circuit: computes all stages of a deployed chip in topological order, chunk by chunk of images.

Like a dc sweep of `simulation`, it turns images into the voltages of net groups, but without a SPICE engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import outputs_of, signal
from memnet.deployment import INPUT, ChipDevices, Deployment, Stage, Term, middle_of
from memnet.errors import SetupError, choices
from memnet.numeric.crossbar import CrossbarStage
from memnet.numeric.noise import noise_of
from memnet.numeric.pools_and_averages import Average, MaxPool, RectifiedCopy
from memnet.numeric.signals import NumericResult, Signal, Tally
from memnet.operators import Extremes, extremes

Values = npt.NDArray[Any]
Progress = Callable[[float], None]
# Images that a thread computes at once. The feature maps of CHUNK images stay in the processor's cache. Where every
# device has a conductance of its own, all conductances are read again for every chunk, so fewer, larger chunks are
# faster.
CHUNK, CHUNK_PER_DEVICE = 32, 64


class NumericCircuit:
    """A deployed chip with all its stages compiled; `run` takes any number of images.

    Parameters
    ----------
    devices : what stands on the chip
    dtype : float64, or float32, which is faster and still within 1e-5 of full scale
    noisy : whether runs may ask for the noise of the technology's section [noise]
    progress : is called with the share of stages that are compiled

    Raises
    ------
    SetupError
        the technology has no section [noise] where runs may ask for noise
    """

    def __init__(
        self,
        devices: ChipDevices,
        *,
        dtype: npt.DTypeLike = np.float64,
        noisy: bool = False,
        progress: Progress | None = None,
    ) -> None:
        deployment = devices.deployment
        self.deployment, self.devices, self.moving, self.noisy = deployment, devices, devices.moving, noisy
        if noisy:
            noise_of(deployment.technology)
        self.dtype = np.dtype(dtype)
        self.plan = deployment.plan
        self.shapes = self.plan.shapes()
        self.output = self.plan.stages[-1].name
        self.stages: dict[str, Callable[..., Any]] = {}
        self.copies: dict[str, RectifiedCopy] = {}
        for index, stage in enumerate(self.plan.stages):
            if not self.plan.on(stage.gate):
                continue  # without power its outputs are 0 V
            self.stages[stage.name] = self._compile(stage)
            if stage.copied and self.plan.on(stage.copy_gate):
                self.copies[stage.name] = RectifiedCopy(stage, devices, self.dtype)
            if progress:
                progress((index + 1) / len(self.plan.stages))
        self.last_use_of = self._last_use_of()
        self.last_use: dict[int, list[str]] = {}
        for name, number in self.last_use_of.items():
            self.last_use.setdefault(number, []).append(name)

    def _compile(self, stage: Stage) -> Callable[..., Any]:
        if stage.kind == "crossbar":
            return CrossbarStage(stage, self.devices, self.dtype, noisy=self.noisy)
        if stage.kind == "average":
            return Average(stage, self.devices, self.dtype)
        source = self.shapes[stage.terms[0].source]
        return MaxPool(stage, source, self.devices, self.dtype)

    def _last_use_of(self) -> dict[str, int]:
        """Return for each signal the index of the last stage that reads it; after that its volts can be dropped."""
        last: dict[str, int] = {}
        for index, stage in enumerate(self.plan.stages):
            last.update(dict.fromkeys(outputs_of(stage), index))
            for term in _signals(stage):
                for driver in self.plan.drivers(term.source):
                    last[signal(driver, term.rectified)] = index
                last[signal(term.source, term.rectified)] = index
        return last

    def run(
        self,
        images_v: Values,
        *,
        keep: Collection[str] = (),
        chunk: int | None = None,
        workers: int = 1,
        noise_seed: int | None = None,
        progress: Progress | None = None,
    ) -> NumericResult:
        """Return the voltages of net groups for images given as volts (images, input nets).

        Parameters
        ----------
        keep : net groups to return besides the class outputs: stage names, with `/rectified` for rectified copies
        chunk : images that one thread computes at once, by default CHUNK or CHUNK_PER_DEVICE; memory grows with chunk
            times workers
        workers : threads; each runs BLAS on one core
        noise_seed : of one sample of each amplifier's noise an image, on a `noisy` circuit; None: without noise
        progress : is called with the share of chunks that are done

        Raises
        ------
        SetupError
            no stage drives a net group to keep
        """
        for name in keep:
            if name not in self.last_use_of:
                raise SetupError(f"net/{name}: no stage drives such a net group; {choices(name, self.last_use_of)}")
        chunk = chunk or (CHUNK_PER_DEVICE if self.devices.per_device else CHUNK)
        starts = range(0, len(images_v), chunk)
        tally, kept = Tally(), {name: [np.zeros((0, 0))] * len(starts) for name in {self.output, *keep}}

        def work(index: int) -> tuple[int, dict[str, Values], Tally]:
            first = starts[index]
            noise = None if noise_seed is None else np.random.default_rng([noise_seed, self.devices.spread.seed, index])
            return (index, *self._chunk(images_v[first : first + chunk], set(kept), index, noise))

        with single_threaded_blas(), ThreadPoolExecutor(workers) as pool:
            for done, (index, volts, chunk_tally) in enumerate(pool.map(work, range(len(starts)))):
                tally.merge(chunk_tally)
                for name, value in volts.items():
                    kept[name][index] = value
                if progress:
                    progress((done + 1) / len(starts))
        return NumericResult(
            volts={name: np.concatenate(parts) for name, parts in kept.items()},
            peaks_v=tally.peaks_v,
            saturated=tally.saturated,
            output=self.output,
        )

    def _chunk(
        self, images_v: Values, keep: set[str], index: int, noise: np.random.Generator | None
    ) -> tuple[dict[str, Values], Tally]:
        """Return the kept volts of one chunk of images (images, input nets), volts, and its tally."""
        count = len(images_v)
        signals = self.input_signals(images_v)
        tally = Tally(peaks_v={INPUT: signals[INPUT].extremes.peak})
        kept: dict[str, Values] = {}
        random = self.devices.spread.stream("read", index)
        for number, stage in enumerate(self.plan.stages):
            for name, driven in self.run_stage(stage, signals, tally, count, random, noise):
                signals[name] = driven
                tally.peaks_v[name] = driven.extremes.peak
                if name in keep:
                    kept[name] = driven.volts.reshape(-1, count).T.copy()
            for name in self.last_use.get(number, ()):
                signals.pop(name, None)
        return kept, tally

    def input_signals(self, images_v: Values) -> dict[str, Signal]:
        """Return the input by name, for images (images, input nets) in volts."""
        flat = np.ascontiguousarray(images_v.T, dtype=self.dtype)
        volts = flat.reshape(self.shapes[INPUT][0], -1, len(images_v))
        return {INPUT: Signal(volts=volts, extremes=extremes(volts))}

    def run_stage(
        self,
        stage: Stage,
        signals: dict[str, Signal],
        tally: Tally,
        count: int,
        random: np.random.Generator,
        noise: np.random.Generator | None = None,
    ) -> Iterator[tuple[str, Signal]]:
        """Yield each net group that a stage drives for others, by name."""
        if stage.name not in self.stages:
            for name in outputs_of(stage):
                yield name, self._silent(stage, count)
            return
        run, saturated = self.stages[stage.name], 0
        terms = run.sources if isinstance(run, CrossbarStage) else stage.terms
        numbers = run.numbers if isinstance(run, CrossbarStage) else [0] * len(terms)
        sources = [self.read(term, number, signals) for term, number in zip(terms, numbers, strict=True)]
        volts = [source.volts for source in sources]
        if isinstance(run, CrossbarStage):
            positive = self._source(run.follow.source, False, signals).volts if run.follow else None
            ranges, rows_v = [source.extremes for source in sources], [source.row_v for source in sources]
            out, found, saturated = run(volts, ranges, count, random, positive, rows_v, noise)
            if stage.follows:
                middle, middle_extremes = run.first(volts, count, positive, noise)
                yield middle_of(stage.name), Signal(volts=middle, extremes=middle_extremes)
        elif isinstance(run, Average):
            out, found, saturated = run(volts[0], noise)
        else:
            out, found = run(volts[0], noise)
        if saturated:
            tally.saturated[stage.name] = saturated
        yield signal(stage.name, not stage.raw), Signal(volts=out, extremes=found)
        if stage.name in self.copies:
            copy, found = self.copies[stage.name](out, noise)
            yield signal(stage.name, True), Signal(volts=copy, extremes=found)
        elif stage.copied:  # the followers of the copy have no power
            yield signal(stage.name, True), self._silent(stage, count)

    def read(self, term: Term, number: int, signals: dict[str, Signal]) -> Signal:
        """Return what the rows of a term carry: f_r(V), r the number, where `term_maps.products` has a law, else V."""
        source = self._source(term.source, term.rectified, signals)
        if not self.devices.curved or term.kind != "weights" or not self.plan.on(term.select):
            return source
        if not source.read:
            if self.moving is None:
                read: tuple[Values, ...] = (self.devices.read_v(source.volts, term.source, term.rectified),)
            else:
                read = self.moving.expansion(term.rectified).read(source.volts)
            source.read = tuple(Signal(volts=volts, extremes=extremes(volts), row_v=source.volts) for volts in read)
        return source.read[number]

    def _silent(self, stage: Stage, count: int) -> Signal:
        """Return the outputs of a stage without power."""
        volts = np.zeros((stage.shape[0], stage.shape[1] * stage.shape[2], count), dtype=self.dtype)
        return Signal(volts=volts, extremes=extremes(volts))

    def _source(self, source: str, rectified: bool, signals: dict[str, Signal]) -> Signal:
        """Return a stage's or a join's output; a join is concatenated once and kept in `signals` for other readers."""
        name = signal(source, rectified)
        if name not in signals:
            parts = [signals[signal(driver, rectified)] for driver in self.plan.drivers(source)]
            volts = np.concatenate([part.volts for part in parts])
            signals[name] = Signal(volts=volts, extremes=Extremes.joined([part.extremes for part in parts]))
        return signals[name]


def _signals(stage: Stage) -> list[Term]:
    """Return the terms whose sources vary with the image; bias rows are part of a stage's constant."""
    return [term for term in stage.terms if term.kind != "bias"]


def numeric_sweep(
    deployment: Deployment,
    images_v: Values,
    *,
    keep: Collection[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> NumericResult:
    """Return the voltages of the nominal circuit, as a dc sweep in SPICE gives them.

    Parameters
    ----------
    images_v : (images, input nets) volts
    keep, workers, progress : as in `NumericCircuit.run`
    """
    return NumericCircuit(ChipDevices(deployment)).run(images_v, keep=keep, workers=workers, progress=progress)


def single_threaded_blas() -> Any:  # noqa: ANN401 - threadpoolctl has no types
    """Return a context in which BLAS uses one thread, since the engine's threads already use all cores."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")
