# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws whose shape moves with the state, as sums of products: against the laws themselves, at random places."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from memnet.devices import expand, memristor_model
from memnet.devices.memristors.expansion import BOUND, BOUND_BEYOND, MOST_TERMS, Expansion
from memnet.devices.memristors.read_law import ReadLaw
from memnet.errors import SetupError

LIMIT = 0.2
CASES = {
    "jart, both signs": ("jart-vcm-v1b", (2e-5, 2e-4), (-0.8, 0.8), 5),
    "jart, rectified": ("jart-vcm-v1b", (2e-5, 2e-4), (0.0, 0.8), 2),
    "jart, all its states": ("jart-vcm-v1b", (1.39e-5, 6.4e-4), (-0.8, 0.8), 8),
    "milo": ("milo", (5e-5, 2.25e-4), (-0.8, 0.8), 3),
}


def made(case: str) -> Expansion:
    name, siemens, volts, _ = CASES[case]
    return expand(memristor_model(name), siemens, volts, LIMIT)


def errors_of(each: Expansion, case: str, dtype: type = np.float64) -> tuple[float, float]:
    """Return the largest errors within the read limit and beyond it, over the largest current of a read."""
    _, (low, high), volts, _ = CASES[case]
    random = np.random.default_rng(3)
    siemens = random.uniform(low, high, 300)
    errors = []
    for least, most in ((max(volts[0], -LIMIT), LIMIT), volts):
        at = random.uniform(least, most, 3000).astype(dtype)
        found = np.stack(each.read(at), axis=1) @ np.stack(each.parts(siemens.astype(dtype)))
        law = each.model.current_a(at.astype(np.float64)[:, None], siemens.astype(dtype).astype(np.float64))
        errors.append(np.abs(found - law).max() / (LIMIT * high))
    return errors[0], errors[1]


@pytest.mark.parametrize("case", CASES)
def test_a_few_products_make_up_a_law_whose_shape_moves(case):
    each = made(case)
    assert len(each.at_v) == CASES[case][3]
    read, beyond = errors_of(each, case)
    assert read < BOUND and beyond < BOUND_BEYOND
    assert each.error < BOUND and each.error_beyond < BOUND_BEYOND
    assert max(read / each.error, beyond / each.error_beyond) < 2.0  # what it says of itself
    assert errors_of(each, case, np.float32)[0] < 5e-6


@pytest.mark.parametrize("case", CASES)
def test_altered_products_are_noticed(case):
    each = made(case)
    table = each.tables[np.dtype(float)]
    wrong_sign, wrong_factor = table.copy(), table.copy()
    wrong_sign[:, -1] *= -1.0
    wrong_factor[:, 0] *= 1.0001
    altered = {
        "sign": replace(each, tables={np.dtype(float): wrong_sign}),
        "factor": replace(each, tables={np.dtype(float): wrong_factor}),
        "state": replace(each, at_v=np.roll(each.at_v, 1)),
        "one product less": replace(each, mix_parts=each.mix_parts[:-1], tables={np.dtype(float): table[:, :-1]}),
    }
    assert {name for name, wrong in altered.items() if errors_of(wrong, case)[1] < 10 * BOUND} == set()


def test_no_device_has_no_current_and_beyond_the_table_curves_are_straight_lines():
    each = made("jart, both signs")
    assert all(part[0] == 0.0 and part[1] != 0.0 for part in each.parts(np.array([0.0, 5e-5])))
    for f in each.read(np.array([0.8, 0.9, 1.0, 1.1])):
        assert np.diff(f, 2)[1:] == pytest.approx(0.0, abs=1e-12)


def test_a_conductance_that_the_model_cannot_have_is_refused():
    with pytest.raises(SetupError, match=r"no state has a conductance of 0\.001 S"):
        made("jart, both signs").parts(np.array([5e-5, 1e-3]))


@dataclass(frozen=True, kw_only=True)
class Kinked(ReadLaw):
    """I = G V up to a voltage that depends on G, and a current of its own from there on."""

    name = "kinked"

    def current(self, volts, state):
        return state * np.minimum(volts, 1e3 * state)

    def limits(self):
        return 2e-5, 2e-4


def test_a_law_with_a_kink_that_moves_is_refused():
    with pytest.raises(SetupError, match=f"memristor kinked: {MOST_TERMS} curves .* has a kink"):
        expand(Kinked(), (2e-5, 2e-4), (-0.8, 0.8), LIMIT)
