# SPDX-License-Identifier: GPL-3.0-or-later
"""Every technology that is shipped carries a trained network, in SPICE and in the numeric engine alike."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.flow import Chip
from memnet.technology import technology_names


@pytest.fixture(scope="module")
def pdarts():
    return Chip.of("PDARTS")


@pytest.mark.parametrize("name", technology_names())
def test_it_classifies_digits(pdarts, name):
    found = pdarts.change(technology=name).evaluate(references=20)
    assert found.figures()["accuracy"] > 0.93
    assert found.figures()["agreement"] > 0.95


@pytest.mark.parametrize("name", technology_names())
def test_simulation_and_numeric_engine_agree(small_genotype, small_digits, name):
    chip = Chip.of(small_genotype, channels=1, dataset=small_digits, technology=name)
    found, expected = chip.simulate(images=2).logits, chip.evaluate(images=2).samples[0].logits
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-4 * np.abs(expected).max())
