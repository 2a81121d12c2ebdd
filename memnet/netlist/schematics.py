# SPDX-License-Identifier: GPL-3.0-or-later
"""The testbench of an export as a drawing for a schematic editor, and the symbols that an export has besides.

The drawing netlists to the circuit of the testbench: the values of its sources and its commands are those that the
templates of the dialect make for the netlists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from memnet.circuit import Block, Circuit
from memnet.netlist.contents import Export
from memnet.netlist.dialects import find_dialect
from memnet.netlist.hierarchy import HierarchyWriter, rail_volts
from memnet.netlist.places import identifier
from memnet.netlist.symbols import MOST_PINS, Editor, Symbol, editor_of, part_files, refuse_pins, symbol_text
from memnet.netlist.templates import Rendered, outside_text, render

FOLDER = "symbols"  # of those of the blocks
IMAGE = "image"  # the net whose voltage is the number of the image in a dc sweep


def schematic_files(
    export: Export, writer: HierarchyWriter, stimuli: Iterable[bytes], commands: str
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield the testbench's schematic, the network's symbol and those of its blocks: names of files, and contents.

    Parameters
    ----------
    stimuli : the file with the sources of the images
    commands : what the schematic has as text: includes, options, analysis

    Raises
    ------
    DialectError, SetupError
        nothing is drawn for the dialect; the network has too many pins
    """
    editor, symbol = editor_of(export.dialect), network_symbol(export.name, writer)
    yield f"{export.name}.{editor.symbol}", [symbol_text(symbol, editor).encode()]
    elements = elements_of(b"".join(stimuli).decode()) | {
        net: (net if net.startswith("v") else f"v{net}", volts) for net, volts in rail_volts(export.circuit).items()
    }
    drawing = _testbench(export, symbol, editor, elements, commands)
    yield f"testbench.{editor.schematic}", [drawing.encode()]
    for file, text in part_files(editor):
        yield file, [text.encode()]
    for block in export.circuit.blocks:
        symbol = block_symbol(writer, block)
        if symbol.pins <= MOST_PINS:
            yield f"{FOLDER}/{symbol.subcircuit}.{editor.symbol}", [symbol_text(symbol, editor).encode()]


def refuse_undrawn(circuit: Circuit, dialect: str) -> None:
    """Raise `SetupError` where a circuit cannot be drawn: for this dialect, or with so many pins."""
    editor_of(dialect)
    refuse_pins(network_symbol("network", HierarchyWriter(circuit, find_dialect(dialect), transient=False)))


def network_symbol(name: str, writer: HierarchyWriter) -> Symbol:
    """Return the symbol of the subcircuit around all blocks."""
    inputs, outputs = writer.inputs(), writer.outputs()
    supplies = writer.ports()[len(inputs) + len(outputs) :]
    return Symbol(subcircuit=name, inputs=tuple(inputs), outputs=tuple(outputs), supplies=tuple(supplies))


def block_symbol(writer: HierarchyWriter, block: Block) -> Symbol:
    """Return the symbol of a block's subcircuit; the bias rail is among its inputs."""
    inputs, outputs, supplies = writer.block_ports(block)
    return Symbol(
        subcircuit=identifier(block.name), inputs=tuple(inputs), outputs=tuple(outputs), supplies=tuple(supplies)
    )


def elements_of(text: str) -> dict[str, tuple[str, str]]:
    """Return the sources in a file of stimuli by their nets: the name of each, and what stands behind its nodes."""
    joined = text.replace("\n+", "")
    lines = [line.split(maxsplit=3) for line in joined.splitlines() if line and not line.startswith("*")]
    return {net: (name, value) for name, net, _, value in lines}


def _testbench(
    export: Export, symbol: Symbol, editor: Editor, elements: Mapping[str, tuple[str, str]], commands: str
) -> str:
    """Return the drawing: sources on the left, the network, its outputs on the right, and the commands below."""
    left, right = symbol.left(editor), symbol.right(editor)
    longest = max(len(pin.name) for pin in (*left, *right))
    wire = -(-longest * editor.character // editor.pitch) * editor.pitch  # with place for the name of a net above it
    bottom = symbol.bottom(editor)
    ends = [(pin.name, pin.x, pin.y) for pin in left]
    if IMAGE in elements:  # drives no pin, only the expressions of the other sources
        ends.append((IMAGE, left[0].x, bottom + editor.pitch))
    sources = []
    for net, end, y in ends:
        name, value = elements[net]
        shown = f"{len(export.images_v)} images" if net in symbol.inputs else value
        element = {"name": Rendered(name), "net": Rendered(net), "value": editor.escaped(value)}
        sources.append(element | {"shown": Rendered(shown), "x": end - wire - editor.reach, "y": y, "end": end})
    first_x = left[0].x - wire - 4 * editor.pitch
    return render(
        editor.template(f"testbench.{editor.schematic}"),
        title=editor.escaped(outside_text(f"memnet testbench of {export.title}")),
        name=export.name,
        sources=sources,
        outputs=[(pin.name, pin.x, pin.y, pin.x + wire) for pin in right],
        commands=editor.escaped(commands.strip()),
        first_x=first_x,
        below=bottom + 3 * editor.pitch,
        pitch=editor.pitch,
        width=right[0].x + wire - first_x,
        height=bottom + (len(commands.splitlines()) + 8) * editor.pitch,
    )
