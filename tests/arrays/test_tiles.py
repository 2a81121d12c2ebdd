# SPDX-License-Identifier: GPL-3.0-or-later
"""Every device of a stage stands on one crosspoint of a tile that fits on the array, whatever the stage reads."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from deployments import deployed, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet.arrays import ArraySize, StageTiles, lay_out
from memnet.arrays.tiles import part_of, part_sizes
from memnet.circuit.counting import tally_plan
from memnet.deployment import BIAS_RAIL, Plan, Stage, Term, individual_plan, term_crossings
from memnet.deployment.stages import bias_window
from memnet.errors import SetupError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.operators import Window

PAIR = np.array([0, 1])


@st.composite
def stages(draw: st.DrawFn) -> tuple[Stage, Plan]:
    """Draw a stage of one or two weight terms, dense or depthwise or of one tap each, some with bias rows."""
    channels, height, width = draw(st.tuples(st.sampled_from((2, 3, 4)), st.integers(1, 3), st.integers(1, 4)))
    stride = draw(st.integers(1, 2))
    terms, sources = [], []
    for number in range(draw(st.integers(1, 2))):
        kind, kernel = draw(st.sampled_from(("dense", "depthwise", "per output"))), draw(st.sampled_from((1, 3)))
        read = draw(st.integers(1, 3)) if kind != "depthwise" else channels
        window = Window.square(kernel, stride=stride, padding=kernel // 2, dense=kind == "dense")
        if kind == "per output":
            window = Window(offsets=((0, 0), (1, 1)), stride=stride, dense=True, per_output=True)
        shape = (read, height * stride - draw(st.integers(0, stride - 1)), width * stride)
        sources.append(Stage(name=f"source{number}", kind="max_pool", terms=(), shape=shape))
        terms.append(Term(unit=f"unit{number}", source=f"source{number}", rectified=False, window=window))
        if draw(st.booleans()):
            rows = draw(st.integers(0, 3))
            bias = Term(
                unit=f"bias{number}", source=BIAS_RAIL, rectified=False, window=bias_window(rows), kind="bias",
                bias_rows=rows,
            )  # fmt: skip
            terms.append(bias)
    stage = Stage(name="stage", kind="crossbar", terms=tuple(terms), shape=(channels, height, width))
    return stage, Plan(image_shape=(1, 1, 1), stages=(*sources, stage))


def check_tiles(tiles: StageTiles) -> None:
    """Hold the crosspoints of all devices against the rules, device by device."""
    taken: set[tuple[int, int, int]] = set()
    row_net: dict[tuple[int, int], tuple[str, int]] = {}
    column_net: dict[tuple[int, int], tuple[int, int]] = {}
    extent: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for term in tiles.stage.memristor_terms:
        crossings = term_crossings(tiles.stage, term, tiles.plan, tiles.program)
        found = tiles.crosspoints(term)
        rows_of_bias = max(1, len(term.window.offsets)) if tiles.program is None else None
        for at, (tile, row, plus) in enumerate(zip(found.tile, found.row, found.column, strict=True)):
            net = int(crossings.rows[at])
            if term.kind == "bias":  # all are on one rail, each on a row of its own
                each = rows_of_bias or tiles.program.pairs[term.unit].plus.shape[2]
                net = int(crossings.weight[at] % each)
            assert row_net.setdefault((int(tile), int(row)), (term.unit, net)) == (term.unit, net)
            for side in PAIR:
                column = int(plus + side)
                end = (int(crossings.columns[at]), int(side))
                assert column_net.setdefault((int(tile), column), end) == end
                assert (int(tile), int(row), column) not in taken
                taken.add((int(tile), int(row), column))
                high, wide = extent[int(tile)]
                extent[int(tile)] = (max(high, int(row) + 1), max(wide, column + 1))
    for nets in (row_net, column_net):  # and no net is on two lines of a tile
        assert len({(tile, net) for (tile, _), net in nets.items()}) == len(nets)
    assert all(high <= tiles.size.rows and wide <= tiles.size.columns for high, wide in extent.values())
    assert sorted(extent) == list(range(len(extent)))
    assert Counter(extent.values()) == tiles.shapes()


@settings(max_examples=40, deadline=None)
@given(stages(), st.integers(2, 20), st.integers(2, 9))
def test_every_device_stands_on_one_crosspoint(drawn, rows, columns):
    stage, plan = drawn
    check_tiles(StageTiles.of(stage, plan, None, ArraySize(rows, columns)))


@settings(max_examples=20, deadline=None)
@given(stages(), st.tuples(st.integers(1, 3), st.integers(1, 3)))
def test_pixels_of_a_patch_share_rows(drawn, patch):
    stage, plan = drawn
    check_tiles(StageTiles.of(stage, plan, None, ArraySize(1000, 1000), patch))


@pytest.mark.parametrize("structure", ["", "shared", "slotted", "duplicated"])
def test_whole_chips_are_laid_out(structure):
    """Bias rows that the weights decided, lent amplifiers and scale resistors are on these chips."""
    deployment = deployed(whole(channels=1), structure=structure).deployment
    for stage in deployment.plan.stages:
        if stage.memristor_terms:
            check_tiles(StageTiles.of(stage, deployment.plan, deployment.programs[stage.name], ArraySize(8, 6)))


def test_one_pixel_a_tile_leaves_no_crosspoint_empty():
    """PDARTS at C=4, L=3 on digits; its classifier has the longest columns: 64 channels and one bias row."""
    plan = individual_plan(build_network(read_genotype("PDARTS"), channels=4, image_shape=(1, 8, 8), classes=10))
    chip = lay_out(plan, {}, ArraySize(128, 128))
    assert (chip.tiles, chip.utilisation) == (5097, 1.0)
    assert chip.crosspoints == chip.devices == tally_plan(plan).memristors
    assert chip.shapes[9, 2] == 1520
    assert chip.shapes[65, 20] == 1
    halved = lay_out(plan, {}, ArraySize(64, 128))
    assert (halved.tiles, halved.shapes[33, 20], halved.shapes[32, 20]) == (5098, 1, 1)


@given(st.integers(0, 300), st.integers(1, 20))
def test_lines_are_split_evenly(count, parts):
    index = np.arange(count)
    part, place = part_of(index, np.full(count, count), np.full(count, parts))
    expected = np.array_split(index, parts)
    assert [index[part == each].tolist() for each in range(parts)] == [each.tolist() for each in expected]
    assert place.tolist() == [at for each in expected for at in range(len(each))]
    assert Counter(part_sizes(count, parts)) == Counter(Counter(len(each) for each in expected))


def test_129_rows_are_two_tiles_of_65_and_64():
    window = Window(offsets=((0, 0),), dense=True)
    sources = Stage(name="source", kind="max_pool", terms=(), shape=(128, 1, 1))
    terms = (
        Term(unit="unit", source="source", rectified=False, window=window),
        Term(unit="bias", source=BIAS_RAIL, rectified=False, window=bias_window(1), kind="bias"),
    )
    stage = Stage(name="stage", kind="crossbar", terms=terms, shape=(64, 1, 1))
    plan = Plan(image_shape=(1, 1, 1), stages=(sources, stage))
    assert StageTiles.of(stage, plan, None, ArraySize(128, 128)).shapes() == {(65, 128): 1, (64, 128): 1}
    assert StageTiles.of(stage, plan, None, ArraySize(256, 48)).shapes() == {(129, 44): 1, (129, 42): 2}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("1x8", "too small"), ("8x1", "too small"), ("128", "no size"), ("-4x4", "no size"), ("99999x2", "too large")],
)
def test_arrays_that_hold_no_pair_are_refused(text, wrong):
    with pytest.raises(SetupError, match=wrong):
        ArraySize.of(text)


def test_sizes_are_read_as_they_are_written():
    assert str(ArraySize.of(" 128 x 64")) == "128x64"


@pytest.mark.parametrize(
    ("structure", "size"), [("", ArraySize(32, 16)), ("", ArraySize(6, 8)), ("shared", ArraySize(32, 16))]
)
def test_patches_are_taken_where_they_cost_less(structure, size):
    deployment = deployed(whole(channels=1), structure=structure).deployment
    plan, programs = deployment.plan, deployment.programs
    single, patched = (lay_out(plan, programs, size, patches=patches) for patches in (False, True))
    assert patched.devices == single.devices
    assert patched.lines < single.lines
    shared = 0
    for one, stage in zip(single.stages, patched.stages, strict=True):
        assert stage.cost == stage.crosspoints + 20 * stage.lines <= one.cost
        tiles = StageTiles.of(plan.stage(stage.stage), plan, programs[stage.stage], size, stage.patch)
        check_tiles(tiles)
        assert tiles.shapes() == stage.shapes
        shared += stage.patch != (1, 1)
    assert shared
