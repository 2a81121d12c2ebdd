# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the newest ngspice library and the newest executable on this machine, with version and abilities."""

from __future__ import annotations

import ctypes.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from memnet.errors import EngineNotFound
from memnet.simulation.engines.base import INSTALL_HINT, EngineInfo

Kind = Literal["library", "executable"]
_PATTERNS: dict[Kind, tuple[str, ...]] = {
    "library": tuple(
        f"{folder}libngspice{suffix}"
        for folder in ("", "lib/", "lib/*-linux-gnu*/", "lib64/", "usr/lib/", "usr/lib/*-linux-gnu*/", "usr/lib64/")
        for suffix in (".so", ".so.0", ".dylib", ".0.dylib")
    ),
    "executable": ("ngspice", "bin/ngspice", "usr/bin/ngspice"),
}
# The variables by which a user chooses an ngspice, and the kinds that each decides; the first comes before the other.
_CHOSEN_BY: dict[str, tuple[Kind, ...]] = {
    "MEMNET_NGSPICE": ("library", "executable"),
    "NGSPICE_LIBRARY_PATH": ("library",),
}
_SYSTEM = ("/usr", "/usr/local", "/opt/homebrew", "/opt/local")
_PROBE_TIMEOUT_S = 20
# Loading a library cannot be undone and may crash, so a separate process loads it and prints its version.
_PROBE_LIBRARY = """
import ctypes, sys
line = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
show = line(lambda text, ident, user: print(text.decode(errors="replace")) or 0)
quiet = line(lambda text, ident, user: 0)
library = ctypes.CDLL(sys.argv[1])
library.ngSpice_Init(show, quiet, None, None, None, None, None)
library.ngSpice_Command(b"version -f")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One installed ngspice library or executable."""

    path: str  # of the library or the executable
    version: int  # 0 if it cannot run
    klu: bool  # whether it has the solver KLU
    data: str  # its folder share/ngspice, for SPICE_LIB_DIR; '' if unknown
    complaint: str  # why it cannot run; '' if it can


@cache
def find_ngspice(kind: Kind) -> Installation | None:
    """Return the newest ngspice of that kind; one that cannot run if no other is found; None if none is found.

    If MEMNET_NGSPICE (a folder, a library or an executable) is set, only that is considered; for libraries the same
    holds for NGSPICE_LIBRARY_PATH. Otherwise the folders of the repository, of the virtual environment and of the
    system are searched.

    Raises
    ------
    EngineNotFound
        If MEMNET_NGSPICE or NGSPICE_LIBRARY_PATH names something that is not there or does not run, or MEMNET_NGSPICE a
        folder without any ngspice: another one in its place would be one that the user did not choose.
    """
    found = _newest(kind)
    for variable, kinds in _CHOSEN_BY.items():
        chosen = os.environ.get(variable)
        if chosen and kind in kinds:
            here = [each for each in (found if other == kind else _newest(other) for other in kinds) if each]
            if all(each.complaint for each in here):
                raise EngineNotFound(
                    f"{variable} names {chosen}, but {missing_note(kind, here[0])}: correct or unset it"
                )
            break
    return found


def _newest(kind: Kind) -> Installation | None:
    installations = [_probed(kind, path) for path in dict.fromkeys(_candidates(kind))]
    return max(installations, key=lambda installation: installation.version, default=None)


def environment(installation: Installation) -> dict[str, str]:
    """Return the environment variables that a process must have before it starts or loads that ngspice."""
    variables = {"SPICE_ASCIIRAWFILE": "0"}
    if installation.data and "SPICE_LIB_DIR" not in os.environ:
        variables["SPICE_LIB_DIR"] = installation.data
    return variables


def _candidates(kind: Kind) -> Iterator[str]:
    """Yield the paths, or the name for the dynamic linker, of all libraries or executables to consider."""
    chosen = os.environ.get("MEMNET_NGSPICE")
    if chosen:
        yield from _chosen(kind, Path(chosen))
        return
    library = os.environ.get("NGSPICE_LIBRARY_PATH")
    if library and kind == "library":
        if os.sep in library and not Path(library).exists():
            raise EngineNotFound(f"NGSPICE_LIBRARY_PATH names {library}, which is not there: correct or unset it")
        yield library
        return
    for prefix in _prefixes():
        yield from _in_prefix(kind, prefix)
    if kind == "executable":
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            if folder and (Path(folder) / "ngspice").is_file():
                yield str(Path(folder) / "ngspice")
    elif not any(_in_prefix(kind, prefix) for prefix in _prefixes()):
        soname = ctypes.util.find_library("ngspice")  # slow if there is none, so it is tried last
        if soname:
            yield soname


def _chosen(kind: Kind, path: Path) -> Iterator[str]:
    """Yield what MEMNET_NGSPICE names, if it is of that kind."""
    if not path.exists():
        raise EngineNotFound(f"MEMNET_NGSPICE names {path}, which is not there: correct or unset it")
    if path.is_dir():
        if not any(_in_prefix(each, path) for each in _PATTERNS):
            raise EngineNotFound(
                f"MEMNET_NGSPICE names the folder {path}, which has neither libngspice nor the executable ngspice: "
                "correct or unset it (memnet engines --install installs ngspice)"
            )
        yield from _in_prefix(kind, path)
    elif ("libngspice" in path.name) == (kind == "library"):
        yield str(path)


def _prefixes() -> Iterator[Path]:
    """Yield the folders that ngspice may be installed in."""
    repository = Path(__file__).parents[3]
    environment_folder = Path(sys.prefix)
    yield from (repository / ".ngspice", environment_folder.parent / ".ngspice", environment_folder / "ngspice")
    yield environment_folder  # conda puts it here
    yield from map(Path, _SYSTEM)


def _in_prefix(kind: Kind, prefix: Path) -> list[str]:
    """Return the libraries or executables in a folder, each file once."""
    files = [path for pattern in _PATTERNS[kind] for path in sorted(prefix.glob(pattern)) if path.is_file()]
    return list({path.resolve(): str(path) for path in files}.values())


def _probed(kind: Kind, path: str) -> Installation:
    """Run or load the ngspice at `path` in a separate process and read its version from what it prints."""
    data = _data_folder(path)
    command = [sys.executable, "-c", _PROBE_LIBRARY, path] if kind == "library" else [path, "--version"]
    variables = os.environ | ({"SPICE_LIB_DIR": data} if data else {})
    try:
        process = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=variables, timeout=_PROBE_TIMEOUT_S
        )
        output, errors = process.stdout, process.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        output, errors = "", str(error)
    version = re.search(r"ngspice-(\d+)", output)
    complaint = "" if version else (errors.splitlines() or ["it says no version"])[-1]
    return Installation(
        path=path,
        version=int(version.group(1)) if version else 0,
        klu=bool(version) and "KLU" in output,
        data=data,
        complaint=complaint,
    )


def _data_folder(path: str) -> str:
    """Return the folder share/ngspice that was installed with a library or executable; '' if there is none."""
    for folder in Path(path).resolve().parents:
        if (folder / "share" / "ngspice" / "scripts").is_dir():
            return str(folder / "share" / "ngspice")
    return ""


def missing_note(kind: Kind, installation: Installation | None) -> str:
    """Return one sentence on why there is no usable ngspice of that kind, or what it lacks; '' if it lacks nothing."""
    what = "libngspice" if kind == "library" else "the ngspice executable"
    if installation is None:
        return f"{what} is not here: {INSTALL_HINT}"
    if installation.complaint:
        extra = ""
        if "shared librar" in installation.complaint:
            extra = " (install the package ngspice with its X libraries; the engine ngspice needs none of them)"
        return f"{installation.path} does not run: {installation.complaint}{extra}"
    if not installation.klu:
        return f"version {installation.version} has no KLU, so crossbars with wire resistance are slow: {INSTALL_HINT}"
    return ""


def describe_ngspice(name: str, kind: Kind) -> EngineInfo:
    """Return which ngspice of a kind the engine `name` would run, and whether it works."""
    found = find_ngspice(kind)
    available = found is not None and not found.complaint
    return EngineInfo(
        name=name,
        available=available,
        version=str(found.version) if found and available else "",
        klu=bool(found and found.klu),
        path=found.path if found else "",
        note=missing_note(kind, found),
    )
