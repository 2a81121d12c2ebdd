# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits a model's law for reading to measured current-voltage curves of a device in several states."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.curves import Curves
from memnet.errors import DataError, SetupError
from memnet.units import Floats

POOR = 0.05  # of each curve's largest current: a root mean square above which a model does not follow the curves
_AT_END = 1e-3  # of the logarithmic range of a parameter: this near to an end it has no value of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model fitted to curves.

    Attributes
    ----------
    siemens : (states,) conductance of each curve
    fitted_a : (points, states) the model's currents, amperes
    error : (states,) root mean square of the differences, as a share of each curve's largest current
    """

    model: MemristorModel
    curves: Curves
    siemens: Floats
    fitted_a: Floats
    error: Floats

    @property
    def rms(self) -> float:
        """Return the root mean square of the differences of all curves, as a share of each one's largest current."""
        return float(np.sqrt(np.mean(self.error**2)))

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what a user should know of the fit: that the model does not follow, or a value says nothing."""
        found = []
        if self.rms > POOR:
            found.append(
                f"{self.model.name} does not follow these curves: differences are {self.rms:.1%} rms of the largest "
                "current; try another model"
            )
        for name in self.model.fitted:
            low, high = _ends(self.model, name)
            if abs(_position(getattr(self.model, name), low, high) - 0.5) > 0.5 - _AT_END:
                found.append(f"{name} came to the end of its range: the curves do not determine it")
        return tuple(found)


def fit_model(model: MemristorModel, curves: Curves) -> Fit:
    """Return a model whose parameters `fitted` follow the curves best, with a conductance for each curve.

    The law is I = G f(V) with one f for all curves. Differences count as shares of each curve's largest current, and
    the best G of a curve is sum(I f) / sum(f^2); so scipy's least squares look for the parameters of f alone, from
    several starting points. All other parameters, such as those of how the state moves, stay.

    Raises
    ------
    SetupError
        the law is not I = G f(V)
    DataError
        the model reaches no state with a conductance that a curve has
    """
    if not model.separable:
        raise SetupError(
            f"memristor model {model.name}: its curves have another shape in each state, which is no fit of a few "
            "parameters; choose a model with I = G f(V)"
        )
    best = _least_squares(model, curves) if model.fitted else model
    best = best.scaled_to(float(_conductances(best, curves).max()))
    siemens = _conductances(best, curves)
    try:
        best.programmed(siemens)
    except SetupError as error:
        raise DataError(f"{curves.name}: {error}") from None
    fitted = siemens * best.shape(curves.volts)[:, None]
    shares = np.sqrt(np.mean((fitted - curves.amperes) ** 2, axis=0)) / np.abs(curves.amperes).max(axis=0)
    return Fit(model=best, curves=curves, siemens=siemens, fitted_a=fitted, error=shares)


def _least_squares(model: MemristorModel, curves: Curves) -> MemristorModel:
    from scipy.optimize import least_squares

    ends = [_ends(model, name) for name in model.fitted]
    largest = np.abs(curves.amperes).max(axis=0)

    def at(places: Floats) -> MemristorModel:
        values = {
            name: _value(float(place), low, high)
            for name, place, (low, high) in zip(model.fitted, places, ends, strict=True)
        }
        return replace(model, **values)  # type: ignore[type-var] # models are dataclasses

    def differences(places: Floats) -> Floats:
        candidate = at(places)
        with np.errstate(over="ignore", invalid="ignore"):
            found = _conductances(candidate, curves) * candidate.shape(curves.volts)[:, None]
            share = np.nan_to_num((found - curves.amperes) / largest, nan=1e3, posinf=1e3, neginf=-1e3)
        return np.asarray(np.clip(share, -1e3, 1e3).ravel())

    own = np.array([_position(getattr(model, name), *each) for name, each in zip(model.fitted, ends, strict=True)])
    starts = [own, *(np.clip(own + shift, 0.02, 0.98) for shift in (-0.25, -0.1, 0.1, 0.25))]
    exact = {"bounds": (0.0, 1.0), "xtol": 1e-12, "ftol": 1e-12, "gtol": 1e-12}
    tries = [least_squares(differences, start, **exact) for start in starts]
    return at(min(tries, key=lambda found: float(found.cost)).x)


def _conductances(model: MemristorModel, curves: Curves) -> Floats:
    """Return the best conductance of each curve, (states,) siemens."""
    shape = model.shape(curves.volts)
    return np.asarray(shape @ curves.amperes / (shape @ shape))


def _ends(model: MemristorModel, name: str) -> tuple[float, float]:
    facts = next(each.metadata for each in fields(model) if each.name == name)  # type: ignore[arg-type]
    return float(facts["low"]), float(facts["high"])


def _position(value: float, low: float, high: float) -> float:
    """Return where a value lies in its range, 0 to 1: by its logarithm, if the range is of positive numbers."""
    if low > 0:
        return float(np.log(value / low) / np.log(high / low))
    return (value - low) / (high - low)


def _value(position: float, low: float, high: float) -> float:
    """Return the value at a position in its range; the inverse of `_position`."""
    return low * (high / low) ** position if low > 0 else low + position * (high - low)
