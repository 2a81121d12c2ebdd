# SPDX-License-Identifier: GPL-3.0-or-later
"""What progress says: the share of the predicted cost that is done, and the time that is left."""

import io
import time
from functools import cache

import numpy as np
import pytest
from deployments import deployed, whole
from rich.console import Console

from memnet.circuit.timing import critical_path_s
from memnet.commands import progress
from memnet.commands.progress import clock, progress_bar, time_left_s
from memnet.measurement.power import account_power
from memnet.simulation import sweep
from memnet.simulation.effort import limits, partition_s
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.partitions import partition_circuit
from memnet.simulation.sweep import sweep_images
from memnet.simulation.transient import STEP_AT_S, simulate_transitions


@cache
def case():
    made = deployed(whole("DARTS_V1", channels=1), images=2)
    return made.circuit, made.images.reshape(2, -1) * made.circuit.input_scale_v


def test_a_sweep_tells_the_share_of_the_predicted_cost(monkeypatch):
    circuit, images_v = case()
    told = []
    sweep_images(circuit, images_v, find_engine(None), progress=told.append)
    costs = [partition_s(part, 2) for part in partition_circuit(circuit, limits=limits(2))]
    assert len(told) == len(costs) > 3 and told == sorted(told) and told[-1] == pytest.approx(1.0)
    steps = sorted(np.diff([0.0, *told]).tolist())
    assert steps == pytest.approx([cost / sum(costs) for cost in sorted(costs)])
    # What is told follows the prediction, whatever that is.
    monkeypatch.setattr(sweep, "partition_s", lambda _part, _images: 1.0)
    told.clear()
    sweep_images(circuit, images_v, find_engine(None), progress=told.append)
    assert np.diff(told).tolist() == pytest.approx([1 / len(costs)] * (len(costs) - 1))


def test_a_transient_tells_it_too():
    circuit, images_v = case()
    told = []
    stop = STEP_AT_S + critical_path_s(circuit)
    simulate_transitions(
        circuit, images_v, find_engine(None), stop_s=stop, step_s=stop / 50, account=account_power, progress=told.append
    )
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    assert np.ptp(np.diff(told)) > 0.001  # decks differ in what they cost


def test_time_left_is_what_the_share_done_took_carried_on():
    assert time_left_s(0.0, 0.0, 50.0) is None
    assert time_left_s(0.25, 10.0, 10.0) == 30.0
    assert time_left_s(0.25, 10.0, 25.0) == 15.0  # it runs down until the next deck is done
    assert time_left_s(0.25, 10.0, 99.0) == 0.0
    assert (clock(5.4), clock(750), clock(7380)) == ("0:05", "12:30", "2:03:00")


def test_the_bar_shows_share_and_time_left(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(
        progress, "err", lambda: Console(file=written, force_terminal=True, width=120, legacy_windows=False)
    )
    with progress_bar() as tell:
        tell("a[b]c: sweeping 3 images", 0.0)  # brackets are no style
        time.sleep(0.3)
        tell("a[b]c: sweeping 3 images", 0.05)
        time.sleep(0.2)
    said = written.getvalue()
    assert "a[b]c: sweeping 3 images" in said and "5%" in said and "left" in said
