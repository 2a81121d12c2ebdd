# SPDX-License-Identifier: GPL-3.0-or-later
"""Max pools, averages and rectified copies of the numeric engine; arrays are (channels, pixels, images)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import AVERAGE_OHM, compensated_feedback
from memnet.deployment import ChipDevices, Shape, Stage, shares, sparse_map, unroll
from memnet.numeric.crossbar import clamp
from memnet.numeric.laws import AmplifierLaw, transresistance

Values = npt.NDArray[Any]


class MaxPool:
    """A max pool: trees of selectors, and a follower at each output unless other stages' amplifiers buffer it.

    The leakage through the open switch of a selector is modelled. The current between neighbouring windows through
    switches that they share is not; with roff / ron = 1e7 it moves outputs by less than 0.2 uV.
    """

    def __init__(self, stage: Stage, source: Shape, devices: ChipDevices, dtype: npt.DTypeLike) -> None:
        technology = devices.deployment.technology
        self.stage, self.source, self.law = stage, source, AmplifierLaw.of(technology)
        pixels = stage.shape[1] * stage.shape[2]
        offset = devices.offsets(stage, "follower", (stage.shape[0], pixels))
        self.gain = np.asarray(self.law.follower(), dtype=dtype)
        self.offset_v = offset.astype(dtype)[:, :, None] if np.any(offset) else None
        switch = technology.switch
        self.leak = np.asarray(switch.ron_ohm / (switch.ron_ohm + switch.roff_ohm), dtype=dtype)

    def __call__(self, values: Values) -> Values:
        """Return the output volts (channels, pixels, images) for those of the source."""
        channels, height, width = self.source
        _, rows, columns = self.stage.shape
        window = self.stage.terms[0].window
        offsets = np.array(window.offsets)
        grid = values.reshape(channels, height, width, -1)
        across = self._chain(grid, 2, np.unique(offsets[:, 1]), window.stride, columns)
        best = self._chain(across, 1, np.unique(offsets[:, 0]), window.stride, rows)
        out = best.reshape(channels, rows * columns, -1)
        if not self.stage.buffered:
            return out
        if self.offset_v is not None:
            out += self.offset_v
        out *= self.gain
        clamp(out, self.law, self.law.follower_loop())
        return out

    def _chain(self, grid: Values, axis: int, offsets: npt.NDArray[np.int64], stride: int, size: int) -> Values:
        """Return the maxima of windows along one axis of `grid` (channels, height, width, images).

        As in the circuit, a chain of selectors compares the inputs of a window one by one; inputs outside the map are
        left out.
        """
        lines = np.moveaxis(grid, axis, 0)
        best = np.empty((size, *lines.shape[1:]), dtype=grid.dtype)
        started = np.zeros(size, dtype=bool)
        origin = np.arange(size) * stride
        for offset in offsets:
            inside = (origin + offset >= 0) & (origin + offset < len(lines))
            both, first = np.flatnonzero(inside & started), np.flatnonzero(inside & ~started)
            if len(first):
                best[first] = lines[origin[first] + offset]
            if len(both):
                span = slice(int(both[0]), int(both[-1]) + 1)
                start = int(origin[both[0]] + offset)
                self._select(best[span], lines[start : start + stride * (len(both) - 1) + 1 : stride])
            started |= inside
        return np.ascontiguousarray(np.moveaxis(best, 0, axis))

    def _select(self, best: Values, other: Values) -> None:
        """Replace `best` by the larger of the two, less the voltage lost to leakage through the open switch."""
        apart = np.abs(best - other)
        apart *= self.leak
        np.maximum(best, other, out=best)
        best -= apart


class Average:
    """Averages of whole maps: one inverting summing amplifier for each channel."""

    def __init__(self, stage: Stage, devices: ChipDevices, dtype: npt.DTypeLike) -> None:
        deployment = devices.deployment
        term = stage.terms[0]
        source = deployment.plan.shape(term.source)
        self.stage, self.law = stage, AmplifierLaw.of(deployment.technology)
        crossings = unroll(term.window, source, stage.shape)
        share = shares(term, crossings)
        scale = deployment.scale_rows().rows(term.source)[crossings.rows]
        siemens = -deployment.scales[stage.name] * share / (AVERAGE_OHM * scale)
        columns = int(np.prod(stage.shape))
        total: Values = np.bincount(crossings.columns, weights=siemens, minlength=columns)
        total = total.reshape(stage.shape[0], -1)
        nominal = np.full(total.shape, AVERAGE_OHM, dtype=np.float64)
        feedback = 1.0 / compensated_feedback(nominal, total, deployment.technology.opamp.gain, stage.name)
        ohm = transresistance(feedback, total + feedback, self.law.gain)
        self.loop = self.law.loop_conductance(ohm, total + feedback)
        pixels = stage.shape[1] * stage.shape[2]
        offset = devices.offsets(stage, "average", total.shape)
        self.constant = (ohm * offset * (total + feedback)).astype(dtype)[:, :, None]
        wide = np.broadcast_to(ohm, (stage.shape[0], pixels)).reshape(-1)
        self.rows = int(np.prod(source))
        self.matrix = sparse_map(crossings, (-siemens * wide[crossings.columns]).astype(dtype), self.rows)

    def __call__(self, values: Values) -> tuple[Values, int]:
        """Return the output volts (channels, pixels, images), and how many outputs saturate over all images."""
        flat = values.reshape(self.rows, -1)
        out = np.asarray(self.matrix @ flat).reshape(self.stage.shape[0], -1, flat.shape[1])
        out += self.constant
        return out, clamp(out, self.law, self.loop)


class RectifiedCopy:
    """Rectified copies of raw outputs: followers with a rectifying output stage."""

    def __init__(self, stage: Stage, devices: ChipDevices, dtype: npt.DTypeLike) -> None:
        technology = devices.deployment.technology
        self.law = AmplifierLaw.of(technology)
        pixels = stage.shape[1] * stage.shape[2]
        offset = devices.offsets(stage, "copy", (stage.shape[0], pixels))
        above, below = self.law.rectifying_follower()
        self.above = np.asarray(above, dtype=dtype)
        self.ratio = np.asarray(below / above, dtype=dtype)
        self.offset_v = offset.astype(dtype)[:, :, None] if np.any(offset) else None

    def __call__(self, raw: Values) -> Values:
        """Return the rectified volts of raw ones, (channels, pixels, images)."""
        out: Values = raw * self.above if self.offset_v is None else (raw + self.offset_v) * self.above
        np.maximum(out, out * self.ratio, out=out)
        clamp(out, self.law, self.law.follower_loop())
        return out
