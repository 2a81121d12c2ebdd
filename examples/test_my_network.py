# SPDX-License-Identifier: GPL-3.0-or-later
"""A regression test of a circuit: run it with pytest, or copy it into a test suite.

pytest examples/test_my_network.py
"""

import numpy as np
import pytest

from memnet import simulate
from memnet.testing import assert_matches_reference


@pytest.fixture(scope="module")
def result():
    """Deploy and simulate once for all tests."""
    return simulate("DARTS_V1", channels=1, images=3)


def test_circuit_follows_its_reference(result):
    """Every class output within 1 mV, every block by itself within 0.2 mV."""
    assert_matches_reference(result, tolerance_v=1e-3, block_tolerance_v=2e-4, images=1)


def test_nothing_comes_near_its_limits(result):
    """No device sees more than the read limit, no amplifier saturates."""
    assert result.headroom.warnings(result.chip.technology) == ()


def test_costs_stay_as_they_are(result):
    """What the chip is made of changes on purpose only."""
    assert result.counts.memristors < 25_000
    assert np.isfinite(result.outputs_v).all()
