# SPDX-License-Identifier: GPL-3.0-or-later
"""A memristor by what a call says: a model's name, a set of it, a file with parameters, or a file with a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.own_file import register_file
from memnet.devices.memristors.own_subcircuit import read_subcircuit
from memnet.devices.memristors.parameter_file import read_parameters
from memnet.devices.memristors.parameters import ParameterSet
from memnet.devices.memristors.registry import DEFAULT_MODEL, MODELS
from memnet.devices.memristors.subcircuit_model import MEASURED, SubcircuitModel
from memnet.errors import SetupError, as_known, choices
from memnet.sections import SUBCIRCUIT_FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenMemristor:
    """A model with parameters, the set that they come from, and what the set is called."""

    model: MemristorModel
    parameters: ParameterSet
    set_name: str


def choose_memristor(name: str = DEFAULT_MODEL) -> ChosenMemristor:
    """Return the memristor that a text names.

    Parameters
    ----------
    name : `NAME`, with the model's default parameters; `NAME:SET`; a file `*.toml` that `memnet memristor fit` has
        written; a file `*.py` that adds a model to `MODELS`; or a file of a subcircuit with a table, `*.cir` or another
        of SUBCIRCUIT_FILES

    Raises
    ------
    SetupError
        there is no such model or set, with similar names or all; or the file is none of these
    """
    if name.endswith(".toml"):
        model, parameters = read_parameters(Path(name))
        return ChosenMemristor(model=model, parameters=parameters, set_name=name)
    if name.endswith(SUBCIRCUIT_FILES):
        return _own(Path(name))
    if name.endswith(".py"):
        name = register_file(Path(name))
    known, colon, chosen = known_memristor(name).partition(":")
    if known not in MODELS:
        raise SetupError(
            f"unknown memristor model {known!r}: {choices(known, MODELS)}, or give a .toml file with parameters, a "
            ".py file with a model or a .cir file with a subcircuit"
        )
    kind = MODELS[known]
    set_name = chosen if colon else next(iter(kind.sets))
    return ChosenMemristor(model=kind.of(set_name), parameters=kind.sets[set_name], set_name=set_name)


def known_memristor(name: str) -> str:
    """Return `NAME` or `NAME:SET` as they are registered, whatever their case; any other text as it is."""
    model, colon, chosen = name.partition(":")
    model = as_known(model, MODELS)
    return f"{model}:{as_known(chosen, MODELS[model].sets)}" if colon and model in MODELS else f"{model}{colon}{chosen}"


def _own(path: Path) -> ChosenMemristor:
    """Return the subcircuit of a file as a model, with what was measured of it."""
    own = read_subcircuit(path)
    model = SubcircuitModel(own=own, measured=MEASURED.get(own))
    start = own.states[len(own.states) // 2]
    chosen = ParameterSet(values={}, source=path.name, licence="the file's", start=start)
    return ChosenMemristor(model=model, parameters=chosen, set_name=str(path))


def beyond_measured(chosen: ChosenMemristor, siemens: tuple[float, float], read_limit_v: float) -> str:
    """Return in words what of a chip's conductances and voltages nobody measured; '' where all is within, or unknown.

    Parameters
    ----------
    siemens : least and largest conductance of the chip's levels
    read_limit_v : largest voltage that its rows are to have, of either sign
    """
    found, volts = chosen.parameters.measured_siemens, chosen.parameters.measured_v
    said = []
    if found and (siemens[0] < 0.99 * found[0] or siemens[1] > 1.01 * found[-1]):
        said.append(
            f"levels are {siemens[0]:.3g} to {siemens[1]:.3g} S and the curves had {found[0]:.3g} to {found[-1]:.3g} S"
        )
    if volts and (-read_limit_v < 1.01 * volts[0] or read_limit_v > 1.01 * volts[-1]):
        said.append(f"rows have up to {read_limit_v:g} V of either sign and the curves {volts[0]:g} to {volts[-1]:g} V")
    return f"{Path(chosen.set_name).name} is used beyond what was measured: {'; '.join(said)}" if said else ""


def memristor_model(name: str = DEFAULT_MODEL) -> MemristorModel:
    """Return the model that a text names; see `choose_memristor`."""
    return choose_memristor(name).model
