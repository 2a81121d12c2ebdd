# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as tables: one row an image, as CSV or for pandas."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from memnet.errors import SetupError
from memnet.units import Floats

if TYPE_CHECKING:
    from pandas import DataFrame

Row = Mapping[str, Any]


def image_rows(outputs_v: Floats, labels: npt.NDArray[Any], classes: Sequence[str], **more: Any) -> list[Row]:  # noqa: ANN401 - the same in each row
    """Return a row for each image: its number, true class, class named by the circuit, and class outputs.

    Parameters
    ----------
    outputs_v : (images, classes) volts
    labels : (images,) true classes
    classes : names of the classes; the column of each is `NAME_v`, in volts
    more : further columns, before the outputs
    """
    named = outputs_v.argmax(axis=1)
    return [
        {
            "image": image,
            "label": classes[label],
            "named": classes[name],
            **more,
            **{f"{each}_v": volts for each, volts in zip(classes, row, strict=True)},
        }
        for image, (label, name, row) in enumerate(
            zip(labels.tolist(), named.tolist(), outputs_v.tolist(), strict=True)
        )
    ]


def as_html(text: str) -> str:
    """Return the lines of a `repr` for a notebook: the first as a caption, a row of a table for each other one."""
    first, *others = text.splitlines()
    rows = "".join(f'<tr><td style="text-align:left">{escape(line.strip())}</td></tr>' for line in others)
    return f'<table><caption style="text-align:left"><b>{escape(first)}</b></caption>{rows}</table>'


def rows_html(caption: str, rows: Sequence[Row]) -> str:
    """Return rows as a table for a notebook, their names in its first line; numbers have four digits."""
    names = list(rows[0]) if rows else []
    lines = [[f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in line)}</tr>" for line in lines)
    return f'<table><caption style="text-align:left"><b>{escape(caption)}</b></caption><tr>{head}</tr>{body}</table>'


def as_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV, their names in the first line; volts have nine significant digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([f"{value:.9g}" if isinstance(value, float) else value for value in row.values()])
    return text.getvalue()


def as_pandas(rows: Sequence[Row]) -> DataFrame:
    """Return rows as a pandas table; raises `SetupError` where pandas is not installed."""
    return pandas_frame([dict(row) for row in rows])


def pandas_frame(values: Any) -> DataFrame:  # noqa: ANN401 - what pandas takes
    """Return rows, or columns by name, as a pandas table.

    Raises
    ------
    SetupError
        pandas is not installed
    """
    try:
        from pandas import DataFrame
    except ModuleNotFoundError as error:
        raise SetupError("a table needs pandas: pip install pandas, or take the rows as dictionaries") from error
    return DataFrame(values)
