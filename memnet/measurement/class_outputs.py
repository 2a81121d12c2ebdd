# SPDX-License-Identifier: GPL-3.0-or-later
"""Accuracy, agreement and error of class outputs, from arrays of logits and labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.units import Floats

Labels = npt.NDArray[np.int64]
ERROR_BOUND = 0.01  # largest permitted `logit_error` of a circuit with the default op-amp


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How often class outputs name the right class, and how closely they follow the numeric references.

    Attributes
    ----------
    accuracy : share of images whose largest output is the true class
    agreement : share of images where circuit and quantised reference name the same class
    float_agreement : share of images where circuit and float network name the same class
    logit_error : largest deviation from the quantised reference, as a share of the reference's largest magnitude
    error_bound : the permitted `logit_error`
    close_images : images whose reference margin is under twice the error bound, so that a circuit within the bound may
        name either of the two classes
    differing_images : images where circuit and quantised reference name different classes

    Examples
    --------
    >>> result = simulate("DARTS_V1", channels=1, images=1)
    >>> result.accuracy.agreement, result.accuracy.differing_images
    (1.0, ())
    """

    accuracy: float
    agreement: float
    float_agreement: float
    logit_error: float
    error_bound: float
    close_images: tuple[int, ...]
    differing_images: tuple[int, ...]


def judge(
    outputs: Floats, reference: Floats, float_reference: Floats, labels: Labels, *, error_bound: float = ERROR_BOUND
) -> Accuracy:
    """Compare class outputs with labels and with both references.

    Parameters
    ----------
    outputs, reference, float_reference : (images, classes) logits of the circuit, of the numeric reference with the
        same quantised conductances, and of the float network
    labels : (images,) true classes
    error_bound : the permitted logit_error; it also decides which margins are close
    """
    close = margins(reference) < 2 * error_bound * np.abs(reference).max(initial=0.0)
    return Accuracy(
        accuracy=accuracy(outputs, labels),
        agreement=agreement(outputs, reference),
        float_agreement=agreement(outputs, float_reference),
        logit_error=logit_error(outputs, reference),
        error_bound=error_bound,
        close_images=tuple(np.flatnonzero(close).tolist()),
        differing_images=tuple(np.flatnonzero(outputs.argmax(axis=1) != reference.argmax(axis=1)).tolist()),
    )


def accuracy(outputs: Floats, labels: Labels) -> float:
    """Return the share of images (images, classes) whose largest output is the true class (images,)."""
    return float(np.mean(outputs.argmax(axis=1) == labels))


def agreement(outputs: Floats, reference: Floats) -> float:
    """Return the share of images for which both (images, classes) name the same class."""
    return float(np.mean(outputs.argmax(axis=1) == reference.argmax(axis=1)))


def logit_error(outputs: Floats, reference: Floats) -> float:
    """Return max abs(outputs - reference) / max abs(reference) over images and classes; infinite over zeros."""
    deviation = float(np.abs(outputs - reference).max(initial=0.0))
    scale = float(np.abs(reference).max(initial=0.0))
    if scale == 0.0:
        return 0.0 if deviation == 0.0 else float("inf")
    return deviation / scale


def margins(outputs: Floats) -> Floats:
    """Return by how much the largest of an image's outputs (images, classes) exceeds the second largest, (images,)."""
    if outputs.shape[1] < 2:
        return np.full(len(outputs), np.inf)
    ordered = np.sort(outputs, axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def confusion(outputs: Floats, labels: Labels) -> npt.NDArray[np.int64]:
    """Return how many images of each true class (rows) were taken for each class (columns), (classes, classes)."""
    classes = outputs.shape[1]
    return np.bincount(labels * classes + outputs.argmax(axis=1), minlength=classes**2).reshape(classes, classes)
