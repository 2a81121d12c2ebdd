"""Programs a plan: one voltage scale per state, levels for every crossbar; knows no nets and no SPICE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from memnet.conductances.fold import Folded, fold_batch_norm
from memnet.conductances.quantise import StageProgram, bias_voltage, quantise_stage
from memnet.errors import MappingError
from memnet.network import Network
from memnet.placement import BIAS, BlockPlacement, Placement
from memnet.reference import fold, forward
from memnet.stages import INPUT, Plan, Stage, Term, unroll
from memnet.technology import Technology

Floats = npt.NDArray[np.float64]
MARGIN = 1.25  # between the largest training activation and the read limit, and between it and saturation


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A network on a plan: everything a circuit is built from.

    `scales` are volts per activation unit of the input and of every stage output; `programs` the crossbar contents.
    """

    network: Network
    plan: Plan
    technology: Technology
    scales: dict[str, float]
    programs: dict[str, StageProgram]

    def row_scales(self, source: str) -> Floats:
        """Return volts per activation unit for each channel of a stage or join, (channels,)."""
        shapes = self.plan.shapes()
        return np.concatenate([np.full(shapes[part][0], self.scales[part]) for part in self.plan.parts(source)])


def deploy(
    network: Network, plan: Plan, weights: Mapping[str, Floats], images: Floats, technology: Technology
) -> Deployment:
    """Choose scales on training images and quantise all crossbars.

    Parameters
    ----------
    images : (n, channels, height, width) training images, in the network's input units

    Raises
    ------
    MappingError
        an activation or weight is not finite
    """
    folded = fold_batch_norm(network, weights)
    recorded = [layer.name for layer in network.layers]
    values = forward(network, fold(network, weights), images, record=recorded).values
    peaks = {name: float(np.abs(value).max(initial=0.0)) for name, value in values.items()}
    peaks[INPUT] = float(np.abs(images).max(initial=0.0))
    for name, peak in peaks.items():
        if not np.isfinite(peak):
            raise MappingError(f"net/{name}: activations are not finite; check the weights of this layer")
    programmer = _Programmer(network, plan, folded, values | {INPUT: images}, peaks, technology)
    for stage in plan.stages:
        programmer.add(stage)
    return Deployment(
        network=network, plan=plan, technology=technology, scales=programmer.scales, programs=programmer.programs
    )


class _Programmer:
    """Walks the stages in order; holds the scales and programs made so far."""

    def __init__(
        self, network: Network, plan: Plan, folded: Mapping[str, Folded], values: Mapping[str, Floats],
        peaks: Mapping[str, float], technology: Technology,
    ) -> None:  # fmt: skip
        self.network, self.plan, self.folded, self.technology = network, plan, folded, technology
        self.values, self.peaks = values, peaks
        self.shapes = plan.shapes()
        self.scales: dict[str, float] = {INPUT: self._scale(INPUT)}
        self.programs: dict[str, StageProgram] = {}

    def add(self, stage: Stage) -> None:
        if stage.kind == "max_pool":
            self.scales[stage.name] = self.scales[stage.terms[0].source]
            return
        # An averaging amplifier inverts: its scale is negative, and the next crossbar's signs make up for it.
        self.scales[stage.name] = self._scale(stage.name) * (-1.0 if stage.kind == "average" else 1.0)
        if stage.kind == "crossbar":
            program = self._program(stage, self.scales[stage.name])
            shrink = self._middle_excess(stage, program)
            if shrink > 1.0:
                self.scales[stage.name] /= shrink
                program = replace(program, scale_v=self.scales[stage.name])
            self.programs[stage.name] = program

    def _scale(self, name: str) -> float:
        """Volts per activation unit that put the largest training activation at the read limit over MARGIN."""
        return self.technology.memristor.read_limit_v / MARGIN / (self.peaks[name] or 1.0)

    def _row_scales(self, source: str) -> Floats:
        return np.concatenate([np.full(self.shapes[part][0], self.scales[part]) for part in self.plan.parts(source)])

    def _program(self, stage: Stage, scale: float) -> StageProgram:
        kernels: dict[str, Floats] = {}
        bias = np.zeros(stage.shape[0])
        fixed = 0.0  # activation units per volt of the strongest scale resistor
        for term in stage.terms:
            rows = self._row_scales(term.source)
            if term.kind != "weights":
                fixed = max(fixed, float((1.0 / rows).max()))
                continue
            layer = self.folded[term.layer]
            per_row = rows[None, :, None] if term.window.dense else rows[:, None, None]
            kernels[term.unit] = layer.kernel / per_row
            bias += layer.bias
        return quantise_stage(
            kernels, bias, scale, self.technology, least_limit=fixed * (0.25 if kernels else 1.0), bias_rows=None
        )

    def _middle_excess(self, stage: Stage, program: StageProgram) -> float:
        """How far the first TIA of the worst column exceeds saturation over MARGIN, as a ratio (1 or less: it does not)."""
        middle = middle_volts(stage, program, self.plan, self.scales, self.values, self.technology)
        return MARGIN * float(np.abs(middle).max(initial=0.0)) / self.technology.opamp.saturation_v


def middle_volts(
    stage: Stage, program: StageProgram, plan: Plan, scales: Mapping[str, float], values: Mapping[str, Floats],
    technology: Technology,
) -> Floats:  # fmt: skip
    """Return the output of the first TIA of every pair, -Rf sum(G+ v), for ideal amplifiers.

    Parameters
    ----------
    values : activations by layer, (n, channels, height, width)

    Returns
    -------
    (columns, n) volts
    """
    from scipy.sparse import csr_array

    device = technology.memristor
    step = (device.g_max_siemens - device.g_min_siemens) / (2**device.bits - 1)
    shapes = plan.shapes()
    channels, height, width = stage.shape
    feedback = program.feedback_ohm(technology)
    columns = channels * height * width
    bias = (device.g_min_siemens + step * program.bias.plus).sum(axis=1) * bias_voltage(technology)
    total = np.repeat(bias * feedback, height * width)[:, None]
    for term in stage.terms:
        volts = source_volts(term, plan, scales, values)
        taps = unroll(term.window, shapes[term.source], stage.shape)
        if term.kind == "weights":
            gain = device.g_min_siemens + step * program.pairs[term.unit].plus.reshape(-1)[taps.weight]
            gain = gain * feedback[taps.output // (height * width)]
        else:
            gain = copy_gain(term, taps.output, columns) * program.scale_v
            gain = gain / _channel_scales(term, plan, scales, shapes)[taps.input]
        matrix = csr_array((gain, (taps.output, taps.input)), shape=(columns, volts.shape[0]))
        total = total + matrix @ volts
    return -np.asarray(total)


def source_volts(
    term: Term, plan: Plan, scales: Mapping[str, float], values: Mapping[str, Floats]
) -> Floats:
    """Return the volts on the rows of a term, (rows, n), from the activations of its source."""
    parts = []
    for part in plan.parts(term.source):
        value = values[part] if part in values else _pooled(part, plan, values)
        parts.append(value.reshape(len(value), -1) * scales[part])
    volts = np.concatenate(parts, axis=1).T
    return np.maximum(volts, 0.0) if term.rectified else volts


def _pooled(stage_name: str, plan: Plan, values: Mapping[str, Floats]) -> Floats:
    """Return the activations of a shared max pool, which is no layer of its own in the network, from its source."""
    stage = plan.stage(stage_name)
    source = values[stage.terms[0].source]
    shape = plan.shapes()[stage.terms[0].source]
    taps = unroll(stage.terms[0].window, shape, stage.shape)
    flat = source.reshape(len(source), -1)
    starts = np.flatnonzero(np.r_[True, np.diff(taps.output) > 0])
    return np.maximum.reduceat(flat[:, taps.input], starts, axis=1).reshape(len(source), *stage.shape)


def _channel_scales(
    term: Term, plan: Plan, scales: Mapping[str, float], shapes: Mapping[str, tuple[int, int, int]]
) -> Floats:
    return np.concatenate([np.full(int(np.prod(shapes[part])), scales[part]) for part in plan.parts(term.source)])


def copy_gain(term: Term, output: npt.NDArray[np.int64], columns: int) -> Floats:
    """Return the share of each crossing of a scale-resistor term: 1 for a copy, 1/n of the n taps of an average."""
    if term.kind == "copy":
        return np.ones(len(output))
    counts = np.bincount(output, minlength=columns)
    return np.asarray(1.0 / counts[output])


def place(deployment: Deployment) -> Placement:
    """Return where each memristor stands and which level it holds."""
    device = deployment.technology.memristor
    blocks = tuple(
        _place_block(deployment, stage, deployment.programs[stage.name])
        for stage in deployment.plan.stages
        if stage.name in deployment.programs
    )
    return Placement(
        bits=device.bits, g_min_siemens=device.g_min_siemens, g_max_siemens=device.g_max_siemens, blocks=blocks
    )


def _place_block(deployment: Deployment, stage: Stage, program: StageProgram) -> BlockPlacement:
    shapes = deployment.plan.shapes()
    channels, height, width = stage.shape
    pixels = height * width
    step = program.weight_limit / (2**deployment.technology.memristor.bits - 1)
    layers: list[str] = [BIAS]
    columns: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("layer", "weight", "channel", "row", "column", "side", "level", "unit")
    }

    def append(layer: int, weight: npt.NDArray[np.int64], row: npt.NDArray[np.int64], column: npt.NDArray[np.int64],
               plus: npt.NDArray[np.int16], minus: npt.NDArray[np.int16], unit: Floats) -> None:  # fmt: skip
        for side, level in ((1, plus), (-1, minus)):
            values = (np.full(len(weight), layer), weight, column // pixels, row, column, np.full(len(weight), side))
            for name, value in zip(columns, (*values, level, unit), strict=True):
                columns[name].append(value)

    for term in stage.terms:
        if term.kind != "weights":
            continue
        layers.append(term.layer)
        taps = unroll(term.window, shapes[term.source], stage.shape)
        pair = program.pairs[term.unit]
        channel_in = taps.input // (shapes[term.source][1] * shapes[term.source][2])
        unit = step[taps.output // pixels] * deployment.row_scales(term.source)[channel_in]
        append(len(layers) - 1, taps.weight, taps.input, taps.output,
               pair.plus.reshape(-1)[taps.weight], pair.minus.reshape(-1)[taps.weight], unit)  # fmt: skip
    rows = program.bias.plus.shape[1]
    if rows:
        column = np.repeat(np.arange(channels * pixels), rows)
        row = np.tile(np.arange(rows), channels * pixels)
        unit = step[column // pixels] * bias_voltage(deployment.technology)
        append(0, row, row, column, program.bias.plus[column // pixels, row],
               program.bias.minus[column // pixels, row], unit)  # fmt: skip
    kinds = {"layer": np.int32, "weight": np.int64, "channel": np.int32, "row": np.int64, "column": np.int64,
             "side": np.int8, "level": np.int16, "unit": np.float64}  # fmt: skip
    arrays = {name: np.concatenate(parts or [np.zeros(0)]).astype(kinds[name]) for name, parts in columns.items()}
    return BlockPlacement(block=stage.name, layers=tuple(layers), **arrays)
