# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads binary SPICE raw files, which the ngspice executable writes its results to, into arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memnet.errors import SimulationError

_BINARY = b"Binary:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPlot:
    """One plot of a raw file; of an ac analysis it has each vector twice, `imag(v(n1))` after `v(n1)`."""

    name: str  # "DC transfer characteristic"
    vectors: tuple[str, ...]  # lower case, as in the file: 'v(n1)', 'i(v1)', 'time'
    values: npt.NDArray[np.float64]  # (points, vectors); column 0 is the axis, if there is one


def read_raw(path: Path) -> tuple[RawPlot, ...]:
    """Return all plots of a binary raw file, in order.

    Raises
    ------
    SimulationError
        If the file is not a binary raw file, or is shorter than its header says.
    """
    data = path.read_bytes()
    plots: list[RawPlot] = []
    start = 0
    while start < len(data) or not plots:
        body = data.find(_BINARY, start)
        if body < 0:
            raise SimulationError(f"{path}: no 'Binary:' line after byte {start}: not a binary SPICE raw file")
        body += len(_BINARY)
        name, vectors, points = _read_header(path, data[start:body].decode(errors="replace"))
        size = 8 * points * len(vectors)
        if len(data) - body < size:
            raise SimulationError(
                f"{path}: cut short: {points} points of {len(vectors)} vectors need {size} bytes, {len(data) - body} "
                "are there; the disk may be full"
            )
        values = np.frombuffer(data, dtype="<f8", count=points * len(vectors), offset=body)
        plots.append(RawPlot(name=name, vectors=vectors, values=values.reshape(points, len(vectors))))
        start = body + size
    return tuple(plots)


def _read_header(path: Path, text: str) -> tuple[str, tuple[str, ...], int]:
    """Return the name of a plot, the names of its vectors and its number of points."""
    fields: dict[str, str] = {}
    vectors: list[str] = []
    for line in text.splitlines():
        if line.startswith("\t") and "Variables" in fields:
            vectors.append(line.split("\t")[2].lower())
        else:
            key, _, value = line.partition(":")
            fields[key.strip()] = value.strip()
    try:
        points, count = int(fields["No. Points"]), int(fields["No. Variables"])
    except (KeyError, ValueError) as error:
        raise SimulationError(f"{path}: the header gives no number of points or variables: {error}") from error
    if count != len(vectors):
        raise SimulationError(f"{path}: the header announces {count} variables and lists {len(vectors)}")
    if "complex" in fields.get("Flags", ""):
        vectors = [name for each in vectors for name in (each, f"imag({each})")]
    return fields.get("Plotname", ""), tuple(vectors), points
