# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions for errors that a user can correct, each with the exit status of the command line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MemnetError(Exception):
    """Base class of all errors that memnet raises on purpose; the message says what is wrong, where and what to do.

    `exit_status` is what the command line returns: 2 when the call or its input is wrong, 1 when the job failed.

    Examples
    --------
    >>> try:
    ...     load_technology("hfox")
    ... except MemnetError as error:
    ...     print(type(error).__name__, error.exit_status)
    TechnologyError 2
    """

    exit_status = 2


class SetupError(MemnetError):
    """A call whose options contradict each other or lie out of range."""


class GenotypeError(MemnetError):
    """A genotype that is unknown, malformed or outside the eight-operation DARTS space."""


class GenotypeWarning(UserWarning):
    """What was left out of a text, or chosen in it, to read a genotype from it; the command line prints it too."""


class LimitWarning(UserWarning):
    """The inputs of a crossbar put more than the read limit on its rows, or let op-amps saturate."""


class NetworkError(MemnetError):
    """A network that cannot be built: too few cells, a map of odd size where it has to be halved, a width below 1."""


class WeightsError(MemnetError):
    """Weights that do not fit the network: tensors that are missing, unknown, of another shape or not finite."""


class DataError(MemnetError):
    """A data set whose files are missing, truncated or mislabelled, or contain Python classes other than arrays."""


class TechnologyError(MemnetError):
    """A technology file with unknown keys, wrong units or impossible values."""


class MappingError(MemnetError):
    """Weights that no conductance in the range of the device can represent."""


class OutputError(MemnetError):
    """A result that could not be written; an earlier file of that name is unchanged."""

    exit_status = 1


class DeviationError(MemnetError):
    """A circuit that differs from its reference by more than the error bound, where `--strict` was given."""

    exit_status = 1


class EngineNotFound(MemnetError):
    """A simulator that is not installed or too old; the message names the command that installs it."""

    exit_status = 1


class UnknownEngine(EngineNotFound):
    """A name that no simulator has here or elsewhere: a wrong call, where a missing simulator is a failed job."""

    exit_status = 2


class SimulationError(MemnetError):
    """A simulation that crashed, timed out or returned no usable values; the message quotes the end of its log."""

    exit_status = 1


class ConvergenceError(SimulationError):
    """A simulation in which the simulator found no solution."""


def as_known(given: str, known: Iterable[str]) -> str:
    """Return the known name that a text is, whatever its case; the text itself where none or several names match."""
    names = list(known)
    alike = [name for name in names if name.casefold() == given.casefold()]
    return alike[0] if given not in names and len(alike) == 1 else given


def choices(given: str, known: Iterable[str]) -> str:
    """Return the hint of an error message about an unknown name: similar known names, or all if none is similar."""
    names = sorted(known)
    near = get_close_matches(given, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(names)}"
