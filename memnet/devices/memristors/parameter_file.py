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


def beyond_measured(name: str, siemens: tuple[float, float], read_limit_v: float) -> str:
    """Return in words what of a chip's conductances and voltages nobody measured; '' where all is within, or unknown.

    Parameters
    ----------
    name : of a memristor; only a parameter file `*.toml` with a section [measured] says what was measured
    siemens : least and largest conductance of the chip's levels
    read_limit_v : largest voltage that its rows are to have, of either sign
    """
    path = Path(name)
    if path.suffix != ".toml" or not path.is_file():
        return ""
    measured = _read(path).get("measured")
    values = measured if isinstance(measured, dict) else {}
    found, volts = (sorted(_numbers(values.get(key))) for key in ("siemens", "volts"))
    said = []
    if found and (siemens[0] < 0.99 * found[0] or siemens[1] > 1.01 * found[-1]):
        said.append(
            f"levels are {siemens[0]:.3g} to {siemens[1]:.3g} S and the curves had {found[0]:.3g} to {found[-1]:.3g} S"
        )
    if volts and (-read_limit_v < 1.01 * volts[0] or read_limit_v > 1.01 * volts[-1]):
        said.append(f"rows have up to {read_limit_v:g} V of either sign and the curves {volts[0]:g} to {volts[-1]:g} V")
    return f"{path.name} is used beyond what was measured: {'; '.join(said)}" if said else ""


def _numbers(values: object) -> list[float]:
    """Return the numbers of a list; none where it is something else."""
    return [float(value) for value in values if isinstance(value, int | float)] if isinstance(values, list) else []


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
    return model, replace(default, values=values, source=source, licence="the file's own", start=start)


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(read_text(path, SetupError, most=MOST_CHARACTERS))
    except (ValueError, RecursionError) as error:
        raise SetupError(f"{path}: not TOML: {error}") from error
