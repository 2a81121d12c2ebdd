# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary raw files read back, and broken ones refused; knows no simulator."""

from __future__ import annotations

import numpy as np
import pytest

from memnet.errors import SimulationError
from memnet.simulation.engines.rawfile import read_raw


def raw_bytes(values: np.ndarray, flags: str = "real") -> bytes:
    head = f"Title: t\nPlotname: DC transfer characteristic\nFlags: {flags}\nNo. Variables: 2\n"
    head += f"No. Points: {len(values)}\nVariables:\n\t0\tv(v-sweep)\tvoltage\n\t1\tV(Out)\tvoltage\nBinary:\n"
    return head.encode() + values.astype("<f8").tobytes()


def test_raw_files_read_back(tmp_path):
    path = tmp_path / "a.raw"
    values = np.arange(6.0).reshape(3, 2)
    path.write_bytes(raw_bytes(values) + raw_bytes(values + 1))
    first, second = read_raw(path)
    assert first.vectors == ("v(v-sweep)", "v(out)")
    np.testing.assert_array_equal(first.values, values)
    np.testing.assert_array_equal(second.values, values + 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (raw_bytes(np.ones((3, 2)))[:-8], "cut short: 3 points of 2 vectors need 48 bytes, 40 are there"),
        (raw_bytes(np.ones((3, 2)), "complex"), "cut short: 3 points of 4 vectors need 96 bytes, 48 are there"),
        (b"Title: t\nValues:\n0\t1\n", "not a binary SPICE raw file"),
        (b"", "not a binary SPICE raw file"),
    ],
)
def test_broken_raw_files_are_refused(tmp_path, content, message):
    path = tmp_path / "a.raw"
    path.write_bytes(content)
    with pytest.raises(SimulationError, match=message):
        read_raw(path)
