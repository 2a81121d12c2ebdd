# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of a memristor in a TOML file: what `memnet memristor fit` writes and `--memristor` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.parameters import ParameterSet, parameter_units
from memnet.devices.memristors.registry import MODELS
from memnet.errors import SetupError, choices
from memnet.files import one_line, read_text

MOST_CHARACTERS = 200_000
_KEYS = ("model", "source", "parameters", "measured")


def parameters_toml(
    model: MemristorModel, source: str, measured_siemens: Sequence[float], measured_v: Sequence[float] = ()
) -> str:
    """Return a model's parameters as the text of a TOML file.

    Parameters
    ----------
    source : where they come from, in a sentence
    measured_siemens : conductances of the curves that they were fitted to
    measured_v : their least and largest voltage; empty where nobody knows them
    """
    import json

    units = parameter_units(type(model))
    lines = [f"model = {json.dumps(model.name)}", f"source = {json.dumps(one_line(source))}", "", "[parameters]"]
    for each in fields(model):  # type: ignore[arg-type] # models are dataclasses
        value = getattr(model, each.name)
        text = json.dumps(value) if isinstance(value, str) else f"{float(value):.9g}"
        number = text if isinstance(value, str) or "." in text or "e" in text else f"{text}.0"
        unit = f"  # {units[each.name]}" if units[each.name] else ""
        lines.append(f"{each.name} = {number}{unit}")
    lines += ["", "[measured]", f"siemens = [{', '.join(f'{value:.6e}' for value in measured_siemens)}]"]
    if len(measured_v):
        lines.append(f"volts = [{', '.join(f'{value:.6g}' for value in measured_v)}]")
    return "\n".join([*lines, ""])


def read_parameters(path: Path) -> tuple[MemristorModel, ParameterSet]:
    """Return the model of a file, and its parameters as a set, with the test voltages of the model's default set.

    Raises
    ------
    SetupError
        there is no such file, it is no TOML, has an unknown key or lacks one, or a parameter is unknown or impossible
    """
    if not path.is_file():
        raise SetupError(f"memristor file {str(path)!r} does not exist")
    data = _read(path)
    for key in data:
        if key not in _KEYS:
            raise SetupError(f"{path}: unknown key {key!r}: {choices(key, _KEYS)}")
    name, values = data.get("model"), data.get("parameters")
    if not isinstance(name, str) or name not in MODELS:
        known = choices(name, MODELS) if isinstance(name, str) else f"choose one of {', '.join(sorted(MODELS))}"
        raise SetupError(f'{path}: needs a line model = "NAME" with the name of a memristor model: {known}')
    if not isinstance(values, dict):
        raise SetupError(f"{path}: needs a section [parameters] with those of {name}")
    try:
        model = MODELS[name].given(values, name)
    except SetupError as error:
        raise SetupError(f"{path}: {error}") from None
    default = next(iter(MODELS[name].sets.values()))
    low, high = model.limits()
    start = default.start if low <= default.start <= high else 0.5 * (low + high)
    source = one_line(str(data.get("source", "not given")))
    found = data.get("measured")
    measured = found if isinstance(found, dict) else {}
    siemens, volts = (_numbers(measured.get(key)) for key in ("siemens", "volts"))
    return model, replace(
        default,
        values=values,
        source=source,
        licence="the file's own",
        start=start,
        measured_siemens=siemens,
        measured_v=volts,
    )


def _numbers(values: object) -> tuple[float, ...]:
    """Return the numbers of a list, rising; none where it is something else."""
    listed = values if isinstance(values, list) else []
    return tuple(sorted(float(value) for value in listed if isinstance(value, int | float)))


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(read_text(path, SetupError, most=MOST_CHARACTERS))
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path}: not TOML: {error}") from error
