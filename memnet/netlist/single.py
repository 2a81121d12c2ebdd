# SPDX-License-Identifier: GPL-3.0-or-later
"""A circuit, or a block of it, as one SPICE text: the main netlist of an export with its files in place of includes."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from memnet.circuit import Circuit
from memnet.netlist.contents import Export
from memnet.netlist.dialects import DECK_DIALECT, find_dialect
from memnet.netlist.export import export_files

_NETWORK = re.compile(r"^\.?subckt network\b", re.MULTILINE)  # the subcircuit around those of all blocks
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


def block_text(circuit: Circuit, name: str, title: str, dialect: str = DECK_DIALECT) -> str:
    """Return one block of a circuit as its subcircuit and all that it needs; nothing instantiates it.

    Parameters
    ----------
    name : of the block, such as `cell0/node2`; the subcircuit is called `cell0_node2`
    title : what the block is, for the comment at the top

    Raises
    ------
    DialectError
        there is no such dialect, or it cannot express the memristors
    """
    block = circuit.block(name)
    text = single_text(replace(circuit, blocks=(block,), output=block.outputs[0]), title, dialect)
    around = _NETWORK.search(text)
    assert around is not None
    return text[: around.start()]
