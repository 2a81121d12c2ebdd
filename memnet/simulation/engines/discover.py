"""Finds the newest ngspice library and executable and asks them what they are; knows nothing of decks."""

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
from memnet.simulation.engines.base import INSTALL_HINT

Kind = Literal["library", "executable"]
_PATTERNS: dict[Kind, tuple[str, ...]] = {
    "library": tuple(
        f"{folder}libngspice{suffix}"
        for folder in ("", "lib/", "lib/*-linux-gnu*/", "lib64/", "usr/lib/", "usr/lib/*-linux-gnu*/", "usr/lib64/")
        for suffix in (".so", ".so.0", ".dylib", ".0.dylib")
    ),
    "executable": ("ngspice", "bin/ngspice", "usr/bin/ngspice"),
}
_SYSTEM = ("/usr", "/usr/local", "/opt/homebrew", "/opt/local")
_PROBE_TIMEOUT_S = 20
# Loading a library cannot be undone and may crash, so a process of its own asks it for its version.
_ASK_LIBRARY = """
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
    """One ngspice, as it presents itself."""

    path: str  # of the library or the executable
    version: int  # 0 where it cannot run
    klu: bool
    data: str  # its share/ngspice folder, for SPICE_LIB_DIR; '' if unknown
    complaint: str  # why it cannot run; '' if it can


@cache
def find_ngspice(kind: Kind) -> Installation | None:
    """Return the newest ngspice of that kind, one that cannot run if there is no better, None if there is none.

    MEMNET_NGSPICE (a folder, a library or an executable) or, for libraries, NGSPICE_LIBRARY_PATH decides alone where
    it is set. Otherwise the repository's and the virtual environment's own folder and the system's are compared.

    Raises
    ------
    EngineNotFound
        If MEMNET_NGSPICE or NGSPICE_LIBRARY_PATH names something that is not there.
    """
    found = [_ask(kind, path) for path in dict.fromkeys(_candidates(kind))]
    return max(found, key=lambda installation: installation.version, default=None)


def environment(installation: Installation) -> dict[str, str]:
    """Return the environment variables a process needs before it starts or loads that ngspice."""
    wanted = {"SPICE_ASCIIRAWFILE": "0"}
    if installation.data and "SPICE_LIB_DIR" not in os.environ:
        wanted["SPICE_LIB_DIR"] = installation.data
    return wanted


def _candidates(kind: Kind) -> Iterator[str]:
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
        soname = ctypes.util.find_library("ngspice")  # slow where there is none, so asked last
        if soname:
            yield soname


def _chosen(kind: Kind, path: Path) -> Iterator[str]:
    if not path.exists():
        raise EngineNotFound(f"MEMNET_NGSPICE names {path}, which is not there: correct or unset it")
    if path.is_dir():
        yield from _in_prefix(kind, path)
    elif ("libngspice" in path.name) == (kind == "library"):
        yield str(path)


def _prefixes() -> Iterator[Path]:
    repository = Path(__file__).parents[2]
    environment_folder = Path(sys.prefix)
    yield from (repository / ".ngspice", environment_folder.parent / ".ngspice", environment_folder / "ngspice")
    yield environment_folder  # conda puts it here
    yield from map(Path, _SYSTEM)


def _in_prefix(kind: Kind, prefix: Path) -> list[str]:
    found = [path for pattern in _PATTERNS[kind] for path in sorted(prefix.glob(pattern)) if path.is_file()]
    return list({path.resolve(): str(path) for path in found}.values())


def _ask(kind: Kind, path: str) -> Installation:
    data = _data_folder(path)
    command = [sys.executable, "-c", _ASK_LIBRARY, path] if kind == "library" else [path, "--version"]
    variables = os.environ | ({"SPICE_LIB_DIR": data} if data else {})
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, errors="replace", env=variables, timeout=_PROBE_TIMEOUT_S
        )
        said, wrong = asked.stdout, asked.stderr.strip()
    except (OSError, subprocess.TimeoutExpired) as error:
        said, wrong = "", str(error)
    version = re.search(r"ngspice-(\d+)", said)
    complaint = "" if version else (wrong.splitlines() or ["it says no version"])[-1]
    return Installation(
        path=path,
        version=int(version.group(1)) if version else 0,
        klu=bool(version) and "KLU" in said,
        data=data,
        complaint=complaint,
    )


def _data_folder(path: str) -> str:
    for folder in Path(path).resolve().parents:
        if (folder / "share" / "ngspice" / "scripts").is_dir():
            return str(folder / "share" / "ngspice")
    return ""


def missing_note(kind: Kind, installation: Installation | None) -> str:
    """Say in one sentence why there is no usable ngspice of that kind, or what an old one lacks; '' if all is well."""
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
