"""Errors that a user can act on; knows nothing of what raises them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MemnetError(Exception):
    """Base of all errors memnet raises on purpose; the text says what, where and what to do.

    `exit_status` is what the command line returns for it: 2 when the call or its input is wrong, 1 when the job failed.
    """

    exit_status = 2


class SetupError(MemnetError):
    """A call whose options do not go together or lie out of range."""


class GenotypeError(MemnetError):
    """A genotype that is unknown, malformed or outside the eight-operation DARTS space."""


class NetworkError(MemnetError):
    """A network that cannot be built: too few cells, odd maps at a stride, impossible widths."""


class WeightsError(MemnetError):
    """Weights that do not belong to the network: missing, foreign, of another shape, not finite."""


class DataError(MemnetError):
    """A data set that is missing, truncated, mislabelled or carries foreign classes."""


class TechnologyError(MemnetError):
    """A technology file with unknown keys, wrong units or impossible values."""


class MappingError(MemnetError):
    """Weights that no conductance in the device's range can carry."""


class OutputError(MemnetError):
    """A result that could not be written; what stood there before is intact."""

    exit_status = 1


class EngineNotFound(MemnetError):
    """No simulator, or one too old; the text names the command that installs it."""

    exit_status = 1


class SimulationError(MemnetError):
    """A simulation that crashed, timed out or returned nothing usable; the text quotes the end of the log."""

    exit_status = 1


class ConvergenceError(SimulationError):
    """A simulation that found no solution."""


def choices(given: str, known: Iterable[str]) -> str:
    """Return the half sentence that helps after an unknown word: the nearest names, else all of them."""
    names = sorted(known)
    near = get_close_matches(given, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(names)}"
