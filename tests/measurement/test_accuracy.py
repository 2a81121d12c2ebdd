# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy, agreement, logit error, margins against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from memnet.measurement.class_outputs import agreement, confusion, judge, logit_error, margins

REFERENCE = np.array([[1.0, 0.0, -2.0], [0.5, 0.49, 0.0], [0.0, 0.2, 1.0], [0.1, 1.0, 0.3]])
LABELS = np.array([0, 1, 2, 0])


def test_judge_counts_by_the_definitions():
    outputs = REFERENCE.copy()
    outputs[1] = [0.49, 0.5, 0.0]  # deviates by 0.01 and names another class
    found = judge(outputs, REFERENCE, -REFERENCE, LABELS)
    assert found.accuracy == 3 / 4
    assert found.agreement == 3 / 4
    assert found.float_agreement == 0 / 4
    assert found.logit_error == pytest.approx(0.01 / 2.0)
    assert found.differing_images == (1,)
    # twice one percent of the full scale of 2 is 0.04; only image 1 has a smaller margin
    assert found.close_images == (1,)
    assert judge(outputs, REFERENCE, REFERENCE, LABELS, error_bound=1e-3).close_images == ()


def test_logit_error_of_nothing_and_of_zero():
    zeros = np.zeros((2, 3))
    assert logit_error(zeros, zeros) == 0.0
    assert math.isinf(logit_error(zeros + 1e-3, zeros))


def test_margins_and_one_class():
    assert margins(REFERENCE).tolist() == pytest.approx([1.0, 0.01, 0.8, 0.7])
    assert np.isinf(margins(np.zeros((2, 1)))).all()
    assert agreement(np.zeros((2, 1)), np.ones((2, 1))) == 1.0


def test_confusion_has_true_classes_in_rows():
    assert confusion(REFERENCE, LABELS).tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]
