# SPDX-License-Identifier: GPL-3.0-or-later
"""Max pools, averages and rectified copies of the numeric engine; arrays are (channels, pixels, images).

Each call takes `noise`, a generator of the noise of its amplifiers, or None for a read without it; the technology then
has a section [noise].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import AVERAGE_OHM, compensated_feedback
from memnet.deployment import ChipDevices, Stage, shares
from memnet.numeric.laws import AmplifierLaw, clamp, transresistance
from memnet.numeric.noise import Path, add_noise, follower_v2, noise_of
from memnet.operators import (
    PLAIN,
    ChannelMap,
    Extremes,
    Finish,
    Shape,
    extremes,
    finished,
    max_pool,
    unroll,
    weighted_sum,
)

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
        self.finish = _follower(self.law.follower(), offset, dtype) if stage.buffered else PLAIN
        switch = technology.switch
        self.leak = switch.ron_ohm / (switch.ron_ohm + switch.roff_ohm)
        self.technology = technology

    def __call__(self, values: Values, noise: np.random.Generator | None = None) -> tuple[Values, Extremes]:
        """Return the output volts (channels, pixels, images) for those of the source, and their extremes."""
        out, found = self._selected(values)
        if not self.stage.buffered:
            return out, found
        if noise is not None:
            add_noise(out, follower_v2(self.technology), noise)
            found = extremes(out)
        return out, clamp(out, found, self.law, self.law.follower_loop())[0]

    def _selected(self, values: Values) -> tuple[Values, Extremes]:
        """Return what the selectors and followers pass on, (channels, pixels, images) volts, and its extremes."""
        window = self.stage.terms[0].window
        return max_pool(values, window, self.source, self.stage.shape, leak=self.leak, finish=self.finish)


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
        self.finish = Finish(constant=(ohm * offset * (total + feedback)).astype(dtype))
        wide = np.broadcast_to(ohm, (stage.shape[0], pixels)).reshape(-1)
        factors = -siemens * wide[crossings.columns]
        factors = factors.astype(dtype).reshape(stage.shape[0], -1)
        self.map = ChannelMap(term.window, factors, source, stage.shape, each=True)
        self.technology, self.ohm, self.siemens = deployment.technology, ohm, total + feedback

    def __call__(self, values: Values, noise: np.random.Generator | None = None) -> tuple[Values, Extremes, int]:
        """Return the output volts (channels, pixels, images), their extremes, and how many outputs saturate."""
        out, found = weighted_sum([self.map], [values], self.finish)
        if noise is not None:
            gain = self.ohm * self.siemens
            pole = self.technology.opamp.gbw_hz / gain
            path = Path(ohm=self.ohm, gain=gain, siemens=self.siemens, pole=pole)
            add_noise(out, path.white(noise_of(self.technology))[:, :, None], noise)
            found = extremes(out)
        return out, *clamp(out, found, self.law, self.loop)


class RectifiedCopy:
    """Rectified copies of raw outputs: followers with a rectifying output stage."""

    def __init__(self, stage: Stage, devices: ChipDevices, dtype: npt.DTypeLike) -> None:
        technology = devices.deployment.technology
        self.law = AmplifierLaw.of(technology)
        pixels = stage.shape[1] * stage.shape[2]
        offset = devices.offsets(stage, "copy", (stage.shape[0], pixels))
        self.technology = technology
        above, below = self.law.rectifying_follower()
        self.finish = _follower(above, offset, dtype, slope=np.full((stage.shape[0], 1), below / above, dtype=dtype))

    def __call__(self, raw: Values, noise: np.random.Generator | None = None) -> tuple[Values, Extremes]:
        """Return the rectified volts of raw ones, (channels, pixels, images), and their extremes."""
        if noise is not None:
            raw = raw.copy()
            add_noise(raw, follower_v2(self.technology), noise)
        out, found = finished(raw, self.finish)
        return out, clamp(out, found, self.law, self.law.follower_loop())[0]


def _follower(gain: float, offset_v: Values, dtype: npt.DTypeLike, slope: Values | None = None) -> Finish:
    """Return the finishing pass of followers with offsets (channels, pixels), volts: (volts + offset) * gain."""
    constant = (offset_v * gain).astype(dtype) if np.any(offset_v) else None
    return Finish(gain=gain, constant=constant, slope=slope)
