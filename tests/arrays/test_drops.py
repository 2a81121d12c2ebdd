# SPDX-License-Identifier: GPL-3.0-or-later
"""Voltages across devices give the currents that the recursion gives; floor plans place every tile once."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memnet.arrays import ArraySize, ChipTiles, FloorPlan, StageCount, device_volts, wired_tiles


@pytest.mark.parametrize(("rows", "columns"), [(9, 4), (3, 8), (1, 2), (16, 16)])
@pytest.mark.parametrize(("row_ohm", "column_ohm"), [(2.5, 2.5), (0.29, 0.86), (0.0, 5.0), (5.0, 0.0)])
def test_devices_at_their_voltages_carry_the_currents_of_the_recursion(rows, columns, row_ohm, column_ohm):
    random = np.random.default_rng(rows + columns)
    siemens, driven_v = random.uniform(1e-6, 1e-4, (rows, columns)), random.uniform(-0.2, 0.2, rows)
    siemens[0, 1] = 0.0
    currents = (siemens * device_volts(siemens, driven_v, row_ohm, column_ohm)).sum(axis=0)
    expected = wired_tiles(siemens[None], row_ohm, column_ohm).effective[0].T @ driven_v
    bound = 1e-12 if min(row_ohm, column_ohm) else 1e-6  # a wire without resistance is solved as a short one
    assert np.abs(currents - expected).max() <= bound * np.abs(expected).max()


counts = st.builds(
    lambda name, shapes: StageCount(stage=name, patch=(1, 1), shapes=Counter(shapes), devices=1),
    st.text("abc", min_size=1),
    st.dictionaries(st.tuples(st.integers(1, 128), st.integers(1, 64).map(lambda n: 2 * n)), st.integers(1, 5000),
                    min_size=1, max_size=3),
)  # fmt: skip


@given(st.lists(counts, min_size=1, max_size=12))
def test_a_floor_plan_has_room_for_every_tile_and_no_two_grids_overlap(stages):
    plan = FloorPlan.of(ChipTiles(size=ArraySize(128, 128), stages=tuple(stages)))
    assert [grid.stage for grid in plan.grids] == [stage.stage for stage in stages]
    for grid, stage in zip(plan.grids, stages, strict=True):
        assert grid.across * (grid.down - 1) < stage.tiles <= grid.across * grid.down
        assert all(rows <= grid.rows and columns <= grid.columns for rows, columns in stage.shapes)
        assert grid.left + grid.width <= plan.width
        assert grid.top + grid.height <= plan.height
    for one, other in combinations(plan.grids, 2):
        beside = one.left + one.width <= other.left or other.left + other.width <= one.left
        assert beside or one.top + one.height <= other.top or other.top + other.height <= one.top
