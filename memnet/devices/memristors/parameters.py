# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of memristor models: fields with a unit and a range, and published sets of values with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from numbers import Real
from types import MappingProxyType
from typing import Any

from memnet.devices.memristors.stimuli import Pulses, Sine
from memnet.errors import SetupError, choices

Values = Mapping[str, float | str]
ONE_LINE = 200  # characters of a value that an error quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """Values of all parameters of a model, and the voltages that `memnet memristor` puts a device with them under.

    Attributes
    ----------
    values : by parameter
    source : where the values were published; the word assumption where nobody did
    licence : of the source, and how its figures may be used
    loop : sine under which the hysteresis loop is measured
    pulses : train of pulses that writes the device up and down
    start : state at the beginning of both
    measured_siemens : (curves,) conductances of the curves that they were fitted to, siemens; empty where unknown
    measured_v : their least and largest voltage, volts; empty where unknown

    Examples
    --------
    >>> published = MODELS["vteam"].sets["default"]
    >>> published.loop.amplitude_v
    0.5
    """

    values: Values
    source: str
    licence: str
    loop: Sine = field(default_factory=lambda: Sine(amplitude_v=0.2, hertz=1.0))
    pulses: Pulses = field(default_factory=lambda: Pulses.both(0.2, 0.02, -0.2, 0.02, count=3))
    start: float
    measured_siemens: tuple[float, ...] = ()
    measured_v: tuple[float, ...] = ()


def parameter(text: str, unit: str, low: float, high: float, **more: Any) -> Any:  # noqa: ANN401 - the field has the type
    """Return a field of a model for a number from `low` to `high`; with `default=`, sets may leave it out.

    Parameters
    ----------
    text, unit : what it is in words, and its unit, such as `V`; '' for a share
    low, high : the range, in that unit

    Examples
    --------
    >>> parameter("scale of the sinh", "V", 0.01, 10.0).metadata["unit"]
    'V'
    """
    return field(metadata={"text": text, "unit": unit, "low": low, "high": high}, **more)


def option(text: str, *names: str) -> Any:  # noqa: ANN401
    """Return a field of a model for one of several forms of its law, each with a name."""
    return field(metadata={"text": text, "unit": "", "choices": names})


def parameter_units(model: type[Any]) -> Mapping[str, str]:
    """Return the unit of each parameter of a model, by parameter; '' where it has none."""
    return MappingProxyType({each.name: str(each.metadata["unit"]) for each in fields(model) if each.metadata})


def refuse_impossible(model: object, where: str) -> None:
    """Raise SetupError for a parameter that is no number or out of its range, or no form of the law.

    Parameters
    ----------
    where : the model's name, which the message begins with
    """
    for each in fields(model):  # type: ignore[arg-type] # models are dataclasses
        value, facts = getattr(model, each.name), each.metadata
        if "choices" in facts:
            if value not in facts["choices"]:
                raise SetupError(f"{where}: {each.name} = {shown(value)}: {_names(value, facts['choices'])}")
            continue
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not number or not facts["low"] <= value <= facts["high"]:
            unit = f" {facts['unit']}" if facts["unit"] else ""
            raise SetupError(
                f"{where}: {each.name} = {shown(value)}: give a number from {facts['low']:g} to {facts['high']:g}{unit}"
                f" ({facts['text']})"
            )


def refuse_foreign(model: type[Any], given: Values, where: str) -> None:
    """Raise SetupError for values of parameters that a model does not have, and for values that are left out."""
    known = {each.name: each for each in fields(model)}
    for name in given:
        if name not in known:
            raise SetupError(f"{where}: unknown parameter {shown(name)}: {choices(name, known)}")
    from dataclasses import MISSING

    missing = [name for name, each in known.items() if name not in given and each.default is MISSING]
    if missing:
        raise SetupError(f"{where}: gives no {', '.join(missing)}")


def shown(value: object) -> str:
    """Return a value as an error quotes it."""
    text = repr(value)
    return text if len(text) <= ONE_LINE else f"{text[:ONE_LINE]}..."


def _names(value: object, known: tuple[str, ...]) -> str:
    return choices(value, known) if isinstance(value, str) else f"give one of {', '.join(known)}"
