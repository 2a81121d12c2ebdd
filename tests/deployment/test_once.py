# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment computes once: shapes of a plan, unrolled windows, scales; and stages that a bound settles."""

from __future__ import annotations

import gc
import pickle
import time
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
from deployments import CELL, deployed, hypercell, whole

from memnet.deployment import mapping
from memnet.deployment.activations import stage_activations
from memnet.deployment.first_amplifiers import FirstAmplifiers, middle_bound
from memnet.deployment.hypernetwork.plan import hypernetwork_plan
from memnet.deployment.individual import individual_plan
from memnet.deployment.scales import Scales
from memnet.deployment.stages import INPUT, bias_window, middle_of
from memnet.network.fast_forward import images_last
from memnet.network.reference import fold, forward
from memnet.operators import Window, count_crossings, unroll, windows

SHAPE = (3, 6, 8)


@pytest.fixture
def kept(monkeypatch):
    """Give an empty cache of unrolled windows."""
    monkeypatch.setattr(windows, "_KEPT", windows._Kept())
    return windows._KEPT


def test_a_plan_knows_its_shapes_after_any_change():
    plan = hypernetwork_plan(hypercell(), "shared")
    assert plan.shape(INPUT) == plan.image_shape
    stage = next(stage for stage in plan.stages if stage.follows)
    assert plan.stage(stage.name) is stage and plan.driver(middle_of(stage.name)) is stage
    assert plan.shape(middle_of(stage.name)) == stage.shape
    for name, drivers in plan.joins.items():
        assert plan.shape(name)[0] == sum(plan.shape(driver)[0] for driver in drivers)
    off = replace(plan, selects=dict.fromkeys(plan.selects, False))
    assert off.shapes() == plan.shapes() and off != plan and not any(map(off.on, plan.selects))
    wider = replace(plan, stages=(replace(plan.stages[0], shape=(9, 1, 1)), *plan.stages[1:]))
    assert wider.shape(plan.stages[0].name) == (9, 1, 1) != plan.shape(plan.stages[0].name)
    again = pickle.loads(pickle.dumps(plan))  # noqa: S301 - made here
    assert again == plan and again.shapes() == plan.shapes()


def test_a_window_is_unrolled_once_while_it_is_used(kept, monkeypatch):
    calls = []
    real = windows._unrolled
    monkeypatch.setattr(windows, "_unrolled", lambda *call: calls.append(call) or real(*call))
    monkeypatch.setattr(windows, "KEPT_BYTES", 0)
    first = unroll(Window.square(3, padding=1), SHAPE, SHAPE)
    assert unroll(Window.square(3, padding=1), SHAPE, SHAPE) is first and len(calls) == 1
    assert unroll(Window.square(3, padding=1, dense=True), SHAPE, SHAPE) is not first
    assert unroll(Window.square(3, padding=1), SHAPE, (3, 5, 8)) is not first
    assert kept.nbytes == 0 and not kept.last
    del first
    gc.collect()
    unroll(Window.square(3, padding=1), SHAPE, SHAPE)
    assert len(calls) == 4


def test_kept_windows_take_bounded_memory(kept, monkeypatch):
    sizes = [unroll(Window.square(1), (channels, 4, 4), (channels, 4, 4)).nbytes for channels in range(1, 9)]
    assert kept.nbytes == sum(sizes) == sum(each.nbytes for each in kept.last.values())
    monkeypatch.setattr(windows, "KEPT_BYTES", sizes[-1] + sizes[0])
    unroll(Window.square(1), (1, 4, 4), (1, 4, 4))  # used last, so it stays
    assert [key[1][0] for key in kept.last] == [8, 1] and kept.nbytes == sizes[-1] + sizes[0]
    monkeypatch.setattr(windows, "KEPT_BYTES", sizes[-1] - 1)
    unroll(Window.square(1), (8, 4, 4), (8, 4, 4))
    assert not kept.last and kept.nbytes == 0


def test_unrolled_windows_cannot_be_changed():
    crossings = unroll(Window.square(3, padding=1), SHAPE, SHAPE)
    for array in (crossings.starts, crossings.rows, crossings.columns, crossings.weight):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_threads_get_the_same_windows(kept, monkeypatch):
    found, real = [], windows._unrolled
    monkeypatch.setattr(windows, "_unrolled", lambda *call: time.sleep(0.01) or real(*call))
    threads = [Thread(target=lambda: found.append(unroll(Window.square(5, padding=2), SHAPE, SHAPE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1 and kept.nbytes == found[0].nbytes


@pytest.mark.parametrize("dense", [False, True])
def test_crossings_come_by_column_then_tap_then_channel(dense):
    """Circuits, tables and sampled devices list devices in this order."""
    window, (channels, height, width) = Window.square(3, padding=1, stride=2, dense=dense), SHAPE
    target = (3, 3, 4)
    expected = []
    for out, y, x in np.ndindex(target):
        for tap, (dy, dx) in enumerate(window.offsets):
            row, column = 2 * y + dy, 2 * x + dx
            if 0 <= row < height and 0 <= column < width:
                for into in range(channels) if dense else (out,):
                    weight = ((out * channels + into) if dense else out) * 9 + tap
                    expected.append(((out * 3 + y) * 4 + x, (into * height + row) * width + column, weight))
    crossings = unroll(window, SHAPE, target)
    assert list(zip(crossings.columns, crossings.rows, crossings.weight, strict=True)) == expected
    assert crossings.starts.tolist() == np.searchsorted(crossings.columns, np.arange(3 * 3 * 4 + 1)).tolist()
    assert count_crossings(window, SHAPE, target) == len(expected) and crossings.rows.dtype == np.int32


def test_a_window_without_taps_has_no_crossings():
    crossings = unroll(bias_window(0), (1, 1, 1), SHAPE)
    assert len(crossings.rows) == 0 and crossings.starts.tolist() == [0] * (np.prod(SHAPE) + 1)


def test_scales_of_channels_follow_the_volts():
    plan = individual_plan(whole())
    join = next(iter(plan.joins))
    scales = Scales(plan=plan, volts={stage.name: 0.1 for stage in plan.stages})
    first = scales.channels(join)
    assert scales.channels(join) is first and len(first) == plan.shape(join)[0]
    scales.volts[plan.joins[join][-1]] = 0.2
    assert scales.channels(join)[-1] == 0.2 and scales.channels(join)[0] == 0.1 and first[-1] == 0.1
    assert len(scales.rows(join)) == np.prod(plan.shape(join))


@pytest.mark.parametrize("structure", ["", "shared", "duplicated"])
def test_the_bound_of_first_tias_is_above_what_they_give(structure):
    case = deployed(whole(CELL, channels=1), structure=structure)
    deployment, names = case.deployment, [layer.name for layer in case.network.layers]
    parameters = case.network, fold(case.network, _weights(case.network))
    values = forward(*parameters, case.images, record=names).values
    last = {name: images_last(value, np.float64) for name, value in values.items()}
    activations = stage_activations(deployment.plan, last, images_last(case.images, np.float64))
    peaks = {name: float(np.abs(value).max()) for name, value in activations.items()}
    ratios = []
    for stage in (stage for stage in deployment.plan.stages if stage.kind == "crossbar"):
        held = stage, deployment.programs[stage.name], deployment.scale_rows()
        bound = middle_bound(*held, peaks, deployment.technology)
        first = FirstAmplifiers(*held, deployment.technology, np.float64)
        largest = float(np.abs(first(activations)).max())
        assert largest <= bound * (1 + mapping.ROUNDING)
        ratios += [largest / bound] if bound else []
    assert max(ratios) > 0.5


def _weights(network):
    from memnet.network.weights import seeded_weights

    return seeded_weights(network, 0, np.random.RandomState(0).standard_normal((64, *network.image_shape)))


@pytest.mark.parametrize("structure", ["", "shared"])
def test_stages_that_a_bound_settles_are_as_without_it(structure, monkeypatch):
    """Computing every first TIA gives the same scales to the last digit, and some stages need it."""
    network = whole(CELL, channels=2)
    full, real = set(), mapping.FirstAmplifiers
    monkeypatch.setattr(mapping, "FirstAmplifiers", lambda stage, *rest: full.add(stage.name) or real(stage, *rest))
    bounded, few = deployed(network, structure=structure).deployment, len(full)
    full.clear()
    monkeypatch.setattr(mapping, "middle_bound", lambda *_: float("inf"))
    computed = deployed(network, structure=structure).deployment
    assert bounded.scales == computed.scales
    assert 0 < few < len(full) == len(computed.programs)
