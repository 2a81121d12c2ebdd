# SPDX-License-Identifier: GPL-3.0-or-later
"""Symbols of subcircuits for schematic editors: a box with a pin for each port, which netlists to an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from memnet.devices.memristors import MemristorModel
from memnet.errors import SetupError
from memnet.netlist.dialects import DIALECTS, find_dialect
from memnet.netlist.memristors import starting_state
from memnet.netlist.templates import Rendered, render

MOST_PINS = 512  # of a symbol: a taller box is of no use in a drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """How symbols and schematics are written for one schematic editor.

    Attributes
    ----------
    name : what `Dialect.editor` calls it, and the folder of its templates below `schematics`
    tool : the editor's own name
    symbol, schematic : suffixes of its files, without the dot
    pitch, character : distance of two pins, and width of a letter of their names, in the editor's units
    reach : from the middle of a source to each of its pins, in the same units
    escapes : characters that stand for something else in its files, and how they are written there
    parts : symbols and settings that a schematic needs besides, by the name of their file
    command : shell command that opens the testbench's schematic, from inside the exported directory
    netlists : what then makes the netlist and runs it, for the README of the export
    """

    name: str
    tool: str
    symbol: str
    schematic: str
    pitch: int
    character: int
    reach: int
    escapes: Mapping[str, str]
    parts: tuple[str, ...]
    command: str
    netlists: str

    def template(self, file: str) -> str:
        """Return the path of one of its templates, below `templates/`."""
        return f"schematics/{self.name}/{file}.j2"

    def escaped(self, text: str) -> Rendered:
        """Return text as its files have it."""
        return Rendered("".join(self.escapes.get(letter, letter) for letter in text))


_XSCHEM = """\
`Netlist` there, or `xschem -q -x -n -s testbench.sch`, writes `testbench.spice`, which the simulator runs like
`testbench`; `xschemrc` says that netlists go into this directory, where their includes are found."""
_LTSPICE = (
    "Run it there: LTspice writes the netlist `testbench.net` and the results `testbench.raw` into this directory."
)
EDITORS: dict[str, Editor] = {
    editor.name: editor
    for editor in (
        Editor(
            name="xschem",
            tool="xschem",
            symbol="sym",
            schematic="sch",
            pitch=40,
            character=8,
            reach=40,
            escapes={"{": "\\{", "}": "\\}", '"': "'"},
            parts=("memnet_source.sym", "memnet_label.sym", "memnet_ground.sym", "memnet_commands.sym", "xschemrc"),
            command="xschem testbench.sch",
            netlists=_XSCHEM,
        ),
        Editor(
            name="ltspice",
            tool="LTspice",
            symbol="asy",
            schematic="asc",
            pitch=48,
            character=12,
            reach=32,
            escapes={"\n": "\\n"},
            parts=("memnet_source_v.asy", "memnet_source_b.asy"),
            command="LTspice testbench.asc",
            netlists=_LTSPICE,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin of a symbol: where it is, and its place among the ports of the subcircuit, from 1."""

    name: str
    x: int
    y: int
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A subcircuit as a box: inputs and, below them, supplies on the left, outputs on the right.

    The ports of the subcircuit are `inputs`, `outputs` and `supplies`, in this order.

    Attributes
    ----------
    subcircuit : its name
    parameter, start : its parameter, and the value that an instance gives it at first; '' where it has none
    """

    subcircuit: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    supplies: tuple[str, ...] = ()
    parameter: str = ""
    start: str = ""

    @property
    def pins(self) -> int:
        """Return how many pins it has."""
        return len(self.inputs) + len(self.outputs) + len(self.supplies)

    def half_width(self, editor: Editor) -> int:
        """Return half the width of the box, a multiple of the pitch: names of both sides fit in."""
        left, right = (max(map(len, names), default=0) for names in (self.inputs + self.supplies, self.outputs))
        widest = max(left + right + 4, len(self.subcircuit) + 2)
        return -(-widest * editor.character // (2 * editor.pitch)) * editor.pitch

    def bottom(self, editor: Editor) -> int:
        """Return where the box ends, in units from its first pins; it begins one pitch above them."""
        rows = max(len(self.inputs) + bool(self.supplies) + len(self.supplies), len(self.outputs))
        return rows * editor.pitch

    def left(self, editor: Editor) -> list[Pin]:
        """Return the pins on the left, with a gap between inputs and supplies."""
        x, inputs, after = -self.half_width(editor) - editor.pitch, len(self.inputs), len(self.outputs)
        pins = [Pin(name, x, at * editor.pitch, 1 + at) for at, name in enumerate(self.inputs)]
        for at, name in enumerate(self.supplies, start=inputs):
            pins.append(Pin(name, x, (at + 1) * editor.pitch, 1 + at + after))
        return pins

    def right(self, editor: Editor) -> list[Pin]:
        """Return the pins on the right."""
        x, first = self.half_width(editor) + editor.pitch, 1 + len(self.inputs)
        return [Pin(name, x, at * editor.pitch, first + at) for at, name in enumerate(self.outputs)]


def editor_of(dialect: str) -> Editor:
    """Return the schematic editor that draws for a dialect.

    Raises
    ------
    DialectError, SetupError
        there is no such dialect; nothing is drawn for it
    """
    found = find_dialect(dialect)
    if not found.editor:
        drawn = ", ".join(each.name for each in DIALECTS.values() if each.editor)
        raise SetupError(f"symbols: no schematics are drawn for the dialect {dialect}, only for {drawn}")
    return EDITORS[found.editor]


def refuse_pins(symbol: Symbol) -> None:
    """Raise `SetupError` for a symbol with more than MOST_PINS pins."""
    if symbol.pins > MOST_PINS:
        raise SetupError(
            f"symbols: the subcircuit {symbol.subcircuit} has {symbol.pins:,} pins and a symbol at most {MOST_PINS}; "
            "export it without symbols, and place it as text as testbench does"
        )


def symbol_text(symbol: Symbol, editor: Editor) -> str:
    """Return the file of a symbol.

    Raises
    ------
    SetupError
        it has more than MOST_PINS pins
    """
    refuse_pins(symbol)
    half = symbol.half_width(editor)
    # pins in the order of the ports, which some editors go by
    placed = sorted([*symbol.left(editor), *symbol.right(editor)], key=lambda pin: pin.order)
    return render(
        editor.template(f"symbol.{editor.symbol}"),
        subcircuit=symbol.subcircuit,
        parameter=symbol.parameter,
        start=symbol.start,
        pins=[(Rendered(pin.name), pin.x, pin.y, pin.order, "left" if pin.x < 0 else "right") for pin in placed],
        half=half,
        pitch=editor.pitch,
        bottom=symbol.bottom(editor),
    )


def part_files(editor: Editor) -> Iterator[tuple[str, str]]:
    """Yield the symbols and settings that a schematic needs besides: the name of each file, and its text."""
    for file in editor.parts:
        yield file, render(editor.template(file))


def memristor_symbol(model: MemristorModel, file: Path) -> str:
    """Return the symbol of a memristor's subcircuit for the editor whose suffix the file has, `.sym` or `.asy`.

    Raises
    ------
    SetupError
        another suffix
    """
    for editor in EDITORS.values():
        if file.suffix == f".{editor.symbol}":
            symbol = Symbol(
                subcircuit=model.subcircuit,
                inputs=("p",),
                outputs=("n",),
                parameter=model.state.parameter,
                start=starting_state(model),
            )
            return symbol_text(symbol, editor)
    known = ", ".join(f"FILE.{editor.symbol} ({editor.tool})" for editor in EDITORS.values())
    raise SetupError(f"{file}: is no symbol of an editor that memnet writes for; name it {known}")
