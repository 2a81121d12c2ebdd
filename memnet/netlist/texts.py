# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of many devices at a time: few distinct ones, and for each device which of them it has.

The devices of a bank share rows, columns and levels, so a line of a netlist is put together from a few parts that stand
in tables: `bytes.join` over the parts of some thousand devices at a time takes some 20 ns a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.units import Floats, number

Index = npt.NDArray[np.intp]
BATCH_PARTS = 2**14  # in a piece of text, which then has some hundred kB: what the processor's cache holds
# Parts beside each other are put together in their tables, before the rows are, if each text stands in as many rows.
_WORTH_JOINING = 3
_THOUSAND = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A text for each device: `texts[index]`; texts (distinct,) are bytes objects, index is (devices,)."""

    texts: npt.NDArray[np.object_]
    index: Index


Text = tuple[bytes | Column, ...]  # of many devices: parts one after the other, bytes the same in each device


def column(texts: list[bytes], index: Index) -> Column:
    """Return a column of the distinct texts given as a list."""
    return Column(objects(texts), index)


def objects(texts: list[bytes]) -> npt.NDArray[np.object_]:
    """Return a list of texts as an array of objects."""
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def rows(text: Text, count: int) -> Iterator[bytes]:
    """Yield the texts of `count` devices, one after the other, in pieces of some BATCH_PARTS parts."""
    parts = compact(text, count)
    size = max(1, BATCH_PARTS // len(parts))
    for start in range(0, count, size):
        page = np.empty((min(size, count - start), len(parts)), dtype=object)
        for at, part in enumerate(parts):
            page[:, at] = part.texts[part.index[start : start + size]] if isinstance(part, Column) else part
        yield b"".join(page.reshape(-1).tolist())


def lengths(text: Text, count: int) -> Index:
    """Return how many bytes the text of each device has, (devices,)."""
    total = np.zeros(count, dtype=np.intp)
    for part in text:
        total += np.array([len(each) for each in part.texts])[part.index] if isinstance(part, Column) else len(part)
    return total


def compact(text: Text, count: int) -> list[bytes | Column]:
    """Return the same text of `count` devices in fewer parts, where putting their tables together costs less."""
    parts: list[bytes | Column] = []
    for part in text:
        given = part.texts[0] if isinstance(part, Column) and len(part.texts) == 1 else part
        last = parts[-1] if parts else None
        if isinstance(given, bytes) and isinstance(last, bytes):
            parts[-1] = last + given
        else:
            parts.append(given)
    joined = parts[:1]
    for part in parts[1:]:
        both = _joined(joined[-1], part, count)
        joined[-1:] = [*joined[-1:], part] if both is None else [both]
    return joined


def _joined(first: bytes | Column, second: bytes | Column, count: int) -> Column | None:
    """Return two parts, of which one or both are columns, as one; None where that is not possible or not worth it."""
    table, *others = (part for part in (first, second) if isinstance(part, Column))
    if len(table.texts) * _WORTH_JOINING > count:
        return None
    for other in others:
        if len(other.texts) != len(table.texts) or not np.array_equal(other.index, table.index):
            return None
    left, right = (part.texts if isinstance(part, Column) else objects([part]) for part in (first, second))
    return Column(left + right, table.index)


def strings(text: Text, count: int) -> list[str]:
    """Return the texts of `count` devices as strings; none has a line break."""
    return b"".join(rows((*text, b"\n"), count)).decode().splitlines()


def digits(numbers: npt.NDArray[np.int64], prefix: bytes = b"") -> tuple[Column, Column]:
    """Return a prefix and a number of at least 0 for each of one or more devices: the thousands, and the rest."""
    thousands, rest = np.divmod(numbers, _THOUSAND)
    least, most = int(thousands.min()), int(thousands.max())
    heads = [b"%s%d" % (prefix, each) if each else prefix for each in range(least, most + 1)]
    return column(heads, thousands - least), Column(_RESTS, np.where(thousands > 0, rest + _THOUSAND, rest))


_RESTS = objects([form % each for form in (b"%d", b"%03d") for each in range(_THOUSAND)])


def shortest(values: Floats) -> Column:
    """Return values as `units.number` writes them."""
    distinct, index = np.unique(np.ascontiguousarray(values).view(np.int64), return_inverse=True)  # -0 is not 0 here
    return column([number(value).encode() for value in distinct.view(np.float64).tolist()], index)


def numbers(values: Floats, *, plus: bool = True) -> Column:
    """Return values as texts `d.ddddddddde+xx`: one digit, nine decimals, and an exponent of two digits or more.

    Parameters
    ----------
    plus : whether positive values have a sign too where any value is negative
    """
    distinct, index = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)
    form = b"%+.9e" if plus and len(distinct) and distinct[0] < 0 else b"%.9e"
    return column([form % value for value in distinct.tolist()], index.reshape(-1))
