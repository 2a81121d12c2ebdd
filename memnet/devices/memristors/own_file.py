# SPDX-License-Identifier: GPL-3.0-or-later
"""A memristor model of one's own: a Python file that adds a class to `MODELS`, run because a call names it."""

from __future__ import annotations

import sys
import traceback
from dataclasses import is_dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from memnet.devices.memristors.base import MemristorModel
from memnet.devices.memristors.read_law import ReadLaw
from memnet.devices.memristors.registry import MODELS
from memnet.errors import SetupError
from memnet.files import one_line

_NEEDS = ("name", "title", "law", "source", "state", "sets")
# Methods that a class without them inherits as ones that raise.
_METHODS = {MemristorModel: ("current", "conductance", "state_of", "limits"), ReadLaw: ("shape",)}


def register_file(path: Path) -> str:
    """Run a Python file, and return the name of the model that it has added to `MODELS`.

    Raises
    ------
    SetupError
        there is no such file, it fails (with its line), or it adds no model, several, or an incomplete one
    """
    if not path.is_file():
        raise SetupError(f"memristor file {str(path)!r} does not exist")
    before = dict(MODELS)
    try:
        _run(path)
        return _added(before)
    except SetupError as error:
        MODELS.clear()
        MODELS.update(before)
        raise SetupError(f"{path}{error}") from error


def _added(before: dict[str, type[MemristorModel]]) -> str:
    """Return the name of the one model that is new in `MODELS`."""
    added = [name for name, model in MODELS.items() if before.get(name) is not model]
    if len(added) != 1:
        several = f"adds {len(added)} models to MODELS ({', '.join(added)})" if added else "adds no model to MODELS"
        raise SetupError(f": {several}; end it with MODELS[NAME] = CLASS, once")
    wrong = _incomplete(added[0], MODELS[added[0]])
    if wrong:
        raise SetupError(f": the model {added[0]!r} {wrong}")
    return added[0]


class _FromText(SourceFileLoader):
    """Loads a module from its text alone: bytecode kept beside it may be of a text that it had in the same second."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the file as it is now."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _run(path: Path) -> None:
    """Run a file as a module of its own."""
    name = f"memnet_memristor_{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # where dataclasses look their annotations up
    try:
        _FromText(name, str(path)).exec_module(module)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path.resolve()]
        line = error.lineno if isinstance(error, SyntaxError) else (own[-1] if own else None)
        where = f", line {line}" if line else ""
        raise SetupError(f"{where}: {type(error).__name__}: {one_line(str(error))}; correct the file") from error


def _incomplete(name: str, model: type[MemristorModel]) -> str:
    """Return what a class lacks that `MODELS` has; '' if nothing."""
    if not (isinstance(model, type) and issubclass(model, MemristorModel) and is_dataclass(model)):
        return "is no dataclass that inherits from MemristorModel or ReadLaw"
    missing = [each for each in _NEEDS if not hasattr(model, each)]
    if missing:
        return f"has no {', '.join(missing)}"
    if model.name != name:
        return f"calls itself {model.name!r}; register it under that name"
    if not model.sets:
        return "has no set of parameters"
    base = ReadLaw if issubclass(model, ReadLaw) else MemristorModel
    lacking = [each for each in _METHODS[base] if getattr(model, each) is getattr(base, each)]
    return f"has no method {', '.join(lacking)}; see examples/own_memristor.py" if lacking else ""
