# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures over a grid of settings, one row for each combination: `sweep`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import TYPE_CHECKING, Any

from memnet.devices import DeviceSpread
from memnet.errors import MemnetError, SetupError
from memnet.flow.chip import OF_THE_NETWORK, Chip
from memnet.flow.fields import unknown
from memnet.flow.settings import EvaluationSettings, Run, Setup
from memnet.flow.tables import as_pandas, rows_html

if TYPE_CHECKING:
    from pandas import DataFrame

_SPREAD = tuple(each.name for each in fields(DeviceSpread) if each.name != "seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The rows of a sweep; `over` names the settings that were swept, the slowest first.

    Each row has the values of these settings and the plain figures of `Simulation` or `Evaluation` by name, in SI
    units: numbers and texts, without lists and tables.

    >>> found = sweep("DARTS_V1", {"bits": [2, 8]}, channels=1, images=10)
    >>> found.over, len(found)
    (('bits',), 2)
    """

    over: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]

    def to_pandas(self) -> DataFrame:
        """Return the rows as a pandas table, a column for each setting and figure.

        Raises
        ------
        SetupError
            pandas is not installed

        Examples
        --------
        >>> found.to_pandas()["bits"].tolist()
        [2, 8]
        """
        return as_pandas(self.rows)

    def _repr_html_(self) -> str:
        """Return what notebooks show: all rows."""
        return rows_html(f"Sweep over {', '.join(self.over)}", self.rows)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)


def sweep(
    genotype: Any,  # noqa: ANN401 - whatever `Chip.of` takes
    over: Mapping[str, Sequence[Any]],
    *,
    spice: bool = False,
    progress: Callable[[str, float], None] | None = None,
    **settings: Any,  # noqa: ANN401 - of Setup, DeviceSpread, and Run or EvaluationSettings
) -> Sweep:
    """Return the figures of a chip for every combination of some settings.

    Parameters
    ----------
    over : values by the name of a setting: a field of `Setup` (`genotype` too), of `DeviceSpread`, or of the settings
        of the run; the first name varies slowest
    spice : simulate in SPICE (`Chip.simulate`) instead of the numeric engine (`Chip.evaluate`)
    progress : called with what is being done and which share of the sweep is done
    settings : those that stay the same

    Raises
    ------
    SetupError
        a setting is unknown or given twice, or there is nothing to sweep
    MemnetError
        a combination cannot be computed; the message begins with it

    Examples
    --------
    >>> found = sweep("DARTS_V1", {"bits": [2, 8]}, channels=1, images=10)
    >>> [(row["bits"], row["memristors"]) for row in found.rows]
    [(2, 20968), (8, 20968)]
    """
    kind = Run if spice else EvaluationSettings
    running = {each.name for each in fields(kind)} - {"progress"}
    known = {each.name for each in fields(Setup)} | set(_SPREAD) | running
    for name in (*over, *settings):
        if name not in known or name == "devices":
            raise SetupError(unknown(name, known - {"devices"}))
        if name in over and name in settings:
            raise SetupError(f"{name} is swept and given, too; leave one of them out")
    if not over or not all(len(values) for values in over.values()):
        raise SetupError("nothing to sweep: give at least one setting with at least one value")
    rows = _rows({"genotype": genotype, **settings}, over, running, spice, progress)
    return Sweep(over=tuple(over), rows=tuple(rows))


def _rows(
    same: Mapping[str, Any],
    over: Mapping[str, Sequence[Any]],
    running: set[str],
    spice: bool,
    progress: Callable[[str, float], None] | None,
) -> Iterator[dict[str, Any]]:
    """Yield the row of each combination; chips whose network is that of the one before share it."""
    points, before = list(product(*over.values())), None
    for index, values in enumerate(points):
        point = dict(zip(over, values, strict=True))
        words = ", ".join(f"{name}={value}" for name, value in point.items())
        if progress is not None:
            progress(words, index / len(points))
        given = {**same, **point}
        run = {name: value for name, value in given.items() if name in running}
        try:
            chip = before = _chip({name: given[name] for name in given if name not in running}, before)
            figures = (chip.simulate(**run) if spice else chip.evaluate(**run)).figures()
        except MemnetError as error:
            raise type(error)(f"{words}: {error}") from error
        yield point | {name: value for name, value in figures.items() if _plain(value) and name not in point}


def _chip(given: dict[str, Any], before: Chip | None) -> Chip:
    """Return the chip of some settings; `before` is one whose network it may share."""
    spread = DeviceSpread(**{name: given.pop(name) for name in _SPREAD if name in given})
    setup = Setup(**given, devices=spread)
    return Chip(setup, like=before if before is not None and _alike(setup, before.setup) else None)


def _alike(one: Setup, other: Setup) -> bool:
    """Tell whether two setups have the same network, data and weights; arrays and objects are compared by identity."""
    pairs = ((getattr(one, name), getattr(other, name)) for name in OF_THE_NETWORK)
    return all(a is b or (isinstance(a, str | int | type(None)) and a == b) for a, b in pairs)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
