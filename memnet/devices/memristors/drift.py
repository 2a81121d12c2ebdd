# SPDX-License-Identifier: GPL-3.0-or-later
"""How far reads move the states of many devices: rates averaged over the voltages that each sees, then carried on.

A read moves a state by little, so the images of a data set act like their mean: dx/dt = mean of rate(V_i, x). The rate
of a row is tabulated over states and linear between two of them; there a state moves as
x(t) = x0 + r0 (exp(k t) - 1)/k, k the slope of the rate, from one state of the table to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.devices.memristors.base import MemristorModel
from memnet.units import Floats

STEP_V = 1e-3  # of the table of voltages; a rate that grows tenfold in 20 mV is 0.2 % off between them
_STATES, _CONDUCTANCES, _NEAR_END = 400, 600, 200  # states of the table: evenly spaced, by conductance, near each end
_LEAST = 1e-6  # share of the range, and of the largest conductance, at which the finest of these begin


@dataclass(frozen=True, eq=False)
class RateTable:
    """How fast states of a model move, at a grid of voltages and states.

    Attributes
    ----------
    volts, states : (voltages,), (states,) that rise
    rates : (voltages, states), units of the state a second
    """

    volts: Floats
    states: Floats
    rates: Floats

    @staticmethod
    def of(model: MemristorModel, most_v: float) -> RateTable:
        """Return the rates of a model at voltages from -most_v to most_v."""
        steps = int(np.ceil(most_v / STEP_V)) + 1
        volts = np.arange(-steps, steps + 1, dtype=np.float64) * STEP_V
        states = _states(model)
        rates = model.rate(volts[:, None], states[None, :])
        return RateTable(volts=volts, states=states, rates=np.asarray(rates, dtype=np.float64))

    def means(self, volts: Floats) -> Floats:
        """Return the mean rates under some voltages, (rows, states).

        Parameters
        ----------
        volts : (rows, images)
        """
        from scipy.sparse import csr_array

        place = (volts - self.volts[0]) / STEP_V
        below = np.clip(place.astype(np.int64), 0, len(self.volts) - 2)
        above = (place - below) / volts.shape[1]
        weights = np.concatenate([1.0 / volts.shape[1] - above, above], axis=1)
        columns = np.concatenate([below, below + 1], axis=1)
        starts = np.arange(len(volts) + 1) * columns.shape[1]
        shares = csr_array((weights.ravel(), columns.ravel(), starts), shape=(len(volts), len(self.volts)))
        return np.asarray(shares @ self.rates)


def _states(model: MemristorModel) -> Floats:
    """Return the states of a table: evenly spaced ones, by conductance, and denser towards both ends of the range."""
    low, high = model.limits()
    near = (high - low) * np.geomspace(_LEAST, 0.02, _NEAR_END)
    least, most = model.conductances()
    by_siemens = model.state_of(np.geomspace(max(least, most * _LEAST), most, _CONDUCTANCES))
    states = np.concatenate([np.linspace(low, high, _STATES), by_siemens, low + near, high - near])
    return np.unique(np.clip(states, low, high))


def carried(states: Floats, rows: npt.NDArray[np.int64], table: Floats, rates: Floats, seconds: float) -> Floats:
    """Return the states of devices after a time, (devices,).

    Parameters
    ----------
    states : (devices,) at the beginning
    rows : (devices,) which row of `rates` a device has
    table : (states,) that rise, at which rates are given; linear between them
    rates : (rows, states) units of the state a second
    seconds : how long
    """
    states, left = np.array(states, dtype=np.float64), np.full(len(states), float(seconds))
    cells = np.clip(np.searchsorted(table, states, side="right") - 1, 0, len(table) - 2)
    moving = np.arange(len(states))
    while len(moving):
        moving = _through_cells(states, left, cells, moving, rows, table, rates)
    return states


def _through_cells(
    states: Floats,
    left: Floats,
    cells: npt.NDArray[np.int64],
    moving: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    table: Floats,
    rates: Floats,
) -> npt.NDArray[np.int64]:
    """Move devices to the end of their cell of the table or their time; return which have time left and still move."""
    row, cell, start = rows[moving], cells[moving], states[moving]
    low, high, first, last = table[cell], table[cell + 1], rates[row, cell], rates[row, cell + 1]
    slope = (last - first) / (high - low)
    rate = first + slope * (start - low)
    up = rate > 0
    ahead = np.where(up, high, low)
    away, there = ahead - start, np.where(up, last, first)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = there / rate  # 0 or less where the state comes to rest before the end of the cell
        needed = np.where(ratio > 0, away / rate * _log_mean(ratio), np.inf)
    needed = np.where(away == 0, 0.0, needed)
    stays = (rate == 0) | (needed >= left[moving])
    time = left[moving]
    grown = slope * time
    with np.errstate(over="ignore", invalid="ignore"):
        factor = np.where(np.abs(grown) > _LEAST * _LEAST, np.expm1(grown) / np.where(grown == 0, 1.0, grown), 1.0)
        inside = start + rate * time * factor
    inside = np.clip(inside, np.minimum(start, ahead), np.maximum(start, ahead))
    states[moving] = np.where(rate == 0, start, np.where(stays, inside, ahead))
    left[moving] = np.where(stays, 0.0, left[moving] - needed)
    next_cell = cell + np.where(up, 1, -1)
    ended = stays | (next_cell < 0) | (next_cell > len(table) - 2)
    cells[moving] = np.clip(next_cell, 0, len(table) - 2)
    return np.asarray(moving[~ended])


def _log_mean(ratio: Floats) -> Floats:
    """Return ln(ratio) / (ratio - 1), 1 at a ratio of 1: the time through a cell is away / rate times this."""
    apart = ratio - 1.0
    near = np.abs(apart) < 1e-6
    return np.where(near, 1.0 - 0.5 * apart, np.log(ratio) / np.where(near, 1.0, apart))
