# SPDX-License-Identifier: GPL-3.0-or-later
"""A circuit as one SPICE text: the main netlist of an export with its files in place of the lines that include them."""

from __future__ import annotations

import re

import numpy as np

from memnet.circuit import Circuit
from memnet.netlist.contents import Export
from memnet.netlist.dialects import DECK_DIALECT, find_dialect
from memnet.netlist.export import export_files

_INCLUDE = re.compile(r'^\.?include "([^"]+)"\n', re.MULTILINE)


def single_text(circuit: Circuit, title: str, dialect: str = DECK_DIALECT) -> str:
    """Return a circuit as the subcircuit `network` and all that it needs; nothing drives its inputs.

    Every device has its place in its name. For circuits that fit into memory as text, some 60 bytes a device.

    Parameters
    ----------
    title : what the circuit is, for the comment at the top

    Raises
    ------
    DialectError
        there is no such dialect, or it cannot express the memristors
    """
    inputs = len(circuit.groups["input"].nets)
    nothing = Export(
        circuit=circuit,
        title=title,
        images_v=np.zeros((1, inputs)),
        expected_v=np.zeros((1, len(circuit.groups[circuit.output].nets))),
        dialect=dialect,
    )
    main = f"{nothing.name}.{find_dialect(dialect).suffix}"
    files: dict[str, str] = {}
    for name, pieces in export_files(nothing):
        files[name] = b"".join(pieces).decode()
        if name == main:
            break
    return _INCLUDE.sub(lambda found: files[found[1]], files[main])
