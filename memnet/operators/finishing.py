# SPDX-License-Identifier: GPL-3.0-or-later
"""The finishing pass over values (channels, pixels, images): gain, constant and rectifier, and each channel's extremes.

Every pass over values that do not fit into the processor's cache costs as much as the sums themselves, so one pass
does all of it.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.operators.kernels import FinishStruct, library_for, plain, pointer

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is done to every value x: y = x * gain + constant, then y * slope where y is below 0.

    Attributes
    ----------
    gain : one number for all values
    constant : (channels, pixels) or (channels, 1); None for 0
    slope : (channels, pixels) or (channels, 1), from 0 (a rectifier) to 1; None leaves negative values as they are
    """

    gain: float = 1.0
    constant: Values | None = None
    slope: Values | None = None


PLAIN = Finish()  # changes nothing, and finds extremes


@dataclass(frozen=True, slots=True, kw_only=True)
class Extremes:
    """The least and the largest value of each channel, over all pixels and images, (channels,) each; 0 is among them.

    Channels that are joined have joined extremes: see `joined`.
    """

    low: Values
    high: Values

    @property
    def peaks(self) -> Values:
        """Return the largest magnitude of each channel, (channels,)."""
        return np.maximum(-self.low, self.high)

    @property
    def peak(self) -> float:
        """Return the largest magnitude of all."""
        return float(self.peaks.max(initial=0.0))

    @staticmethod
    def joined(parts: list[Extremes]) -> Extremes:
        """Return the extremes of the channels of all parts, one part after the other."""
        if len(parts) == 1:
            return parts[0]
        return Extremes(low=np.concatenate([p.low for p in parts]), high=np.concatenate([p.high for p in parts]))


def no_extremes(channels: int) -> Extremes:
    """Return the extremes of channels in which nothing but 0 was seen, which kernels lower and raise."""
    return Extremes(low=np.zeros(channels, dtype=np.float32), high=np.zeros(channels, dtype=np.float32))


def extremes(values: Values) -> Extremes:
    """Return the extremes of each channel of values (channels, pixels, images)."""
    flat = values.reshape(len(values), -1)
    return Extremes(low=flat.min(axis=1, initial=0.0), high=flat.max(axis=1, initial=0.0))


def finished(values: Values, finish: Finish, *, out: Values | None = None) -> tuple[Values, Extremes]:
    """Return values (channels, pixels, images) after the finishing pass, and their extremes.

    Parameters
    ----------
    out : array that takes the result, which may be `values`; None for a new one
    """
    library = library_for(values)
    if library is None:
        return _finished(values, finish, out)
    values, found = plain(values), no_extremes(len(values))
    out = np.empty_like(values) if out is None else out
    struct, kept = finish_struct(finish, found, slice(0, len(values)))
    library.finish_values(pointer(values), pointer(out), *values.shape, ctypes.byref(struct))
    del kept
    return out, found


def _finished(values: Values, finish: Finish, out: Values | None) -> tuple[Values, Extremes]:
    kind = values.dtype.type
    result = values
    if finish.gain != 1.0:
        result = out = np.multiply(result, kind(finish.gain), out=out)
    if finish.constant is not None:
        result = out = np.add(result, finish.constant.astype(kind, copy=False)[:, :, None], out=out)
    if finish.slope is not None:
        result = out = np.maximum(result, finish.slope.astype(kind, copy=False)[:, :, None] * result, out=out)
    if result is values and out is not values:
        result = values.copy() if out is None else out
        np.copyto(result, values)
    return result, extremes(result)


def finish_struct(
    finish: Finish | None, found: Extremes, channels: slice
) -> tuple[FinishStruct, tuple[Values | None, ...]]:
    """Return a finishing pass over some channels as the kernels read it, and the arrays that must be kept alive.

    Parameters
    ----------
    finish : None for a pass that changes nothing and finds no extremes
    found : extremes of all channels, which the pass lowers and raises
    """
    if finish is None:
        return FinishStruct(1.0, 0, 0, None, None, None, None), ()
    constant, slope = (None if each is None else plain(each[channels]) for each in (finish.constant, finish.slope))
    low, high = found.low[channels], found.high[channels]
    wide = [int(each is not None and each.shape[1] > 1) for each in (constant, slope)]
    kept = (constant, slope, low, high)
    return FinishStruct(finish.gain, *wide, *(pointer(each) for each in kept)), kept
