# SPDX-License-Identifier: GPL-3.0-or-later
"""The maps of wired tiles of curved devices, against nodal equations and against tiles with another conductance."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.arrays import curved_tiles, device_volts, wired_tiles

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("both_ends", [False, True])
@pytest.mark.parametrize(
    ("rows", "columns", "row_ohm", "column_ohm"),
    [(5, 4, 2.5, 4.0), (3, 8, 40.0, 25.0), (9, 2, 0.0, 3.0), (4, 6, 3.0, 0.0)],
)
def test_maps_are_those_of_the_nodal_equations(
    rows: int, columns: int, row_ohm: float, column_ohm: float, both_ends: bool
) -> None:
    siemens = RANDOM.uniform(1e-6, 1e-4, (2, rows, columns))
    siemens[0, 1, 1] = 0.0
    maps, volts = curved_tiles(siemens, row_ohm, column_ohm, both_ends=both_ends), RANDOM.normal(size=rows)
    linear = wired_tiles(siemens, row_ohm, column_ohm, both_ends=both_ends)
    for tile in range(2):
        across = device_volts(siemens[tile], volts, row_ohm, column_ohm, both_ends=both_ends)
        np.testing.assert_allclose(
            volts[:, None] - (maps.drops[tile] @ volts).reshape(rows, columns), across, atol=1e-8
        )
        # One device that conducts a little more is the same device and an excess current beside it.
        changed = siemens.copy()
        changed[tile, 2, 1] += 1e-9
        now = wired_tiles(changed, row_ohm, column_ohm, both_ends=both_ends).effective[tile]
        amperes = (now - linear.effective[tile]).T @ volts
        expected = maps.excess[tile, :, 2 * columns + 1] / siemens[tile, 2, 1] * 1e-9 * across[2, 1]
        np.testing.assert_allclose(expected, amperes, rtol=1e-4, atol=1e-6 * np.abs(amperes).max())
        # What a volt at a virtual ground drives through the devices of a column comes out of its own column's end.
        through = (siemens[tile][..., None] * maps.lifts[tile].reshape(rows, columns, columns)).sum(axis=0)
        np.testing.assert_allclose(np.diag(through), np.diag(linear.sinks[tile]), rtol=1e-9)
        np.testing.assert_allclose(through, linear.sinks[tile], atol=1e-12 * through.max())
