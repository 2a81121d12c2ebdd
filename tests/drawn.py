# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads schematics of xschem and LTspice and makes netlists of them by where wires, pins and labels touch.

It shares nothing with what writes them, and knows of both file formats what schematics of memnet use: symbols that are
neither turned nor mirrored, straight wires, labels, text of commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

Point = tuple[float, float]


@dataclass
class Instance:
    """A symbol in a schematic: where it stands, where its pins are in the order of its netlist line, its attributes."""

    name: str
    at: Point
    pins: list[Point]
    value: str
    prefix: str = ""  # of its symbol in LTspice, which puts it before a name that begins otherwise


@dataclass
class Drawing:
    """What a schematic holds."""

    wires: list[tuple[Point, Point]] = field(default_factory=list)
    labels: list[tuple[Point, str]] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    def netlist(self) -> dict[str, list[str]]:
        """Return the nodes and the value of each element by its name in lower case; a net must have one name."""
        return {each.name.lower(): [*map(self._net, each.pins), each.value.lower()] for each in self.instances}

    def _net(self, pin: Point) -> str:
        touching = [wire for wire in self.wires if _on(pin, wire)]
        names = {name for at, name in self.labels if at == pin or any(_on(at, wire) for wire in touching)}
        assert len(names) == 1, f"pin at {pin} is on nets {names}"
        return names.pop()


def read_drawing(path: Path) -> Drawing:
    """Read a .sch or an .asc file, with the symbols beside it."""
    return _xschem(path) if path.suffix == ".sch" else _ltspice(path)


def _on(point: Point, wire: tuple[Point, Point]) -> bool:
    (x, y), (left, top), (right, bottom) = point, *wire
    return left <= x <= right and top <= y <= bottom


def _xschem(path: Path) -> Drawing:
    drawing, text = Drawing(), path.read_text("utf-8")
    for found in re.finditer(r"^N (\S+) (\S+) (\S+) (\S+) \{", text, re.MULTILINE):
        x, y, end_x, end_y = map(float, found.groups())
        drawing.wires.append(((x, y), (end_x, end_y)))
    for found in re.finditer(r"^C \{(\w+)\.sym\} (\S+) (\S+) 0 0 \{((?:\\.|[^{}\\])*)\}", text, re.MULTILINE):
        symbol, x, y, attributes = found[1], float(found[2]), float(found[3]), _attributes(found[4])
        head = (path.parent / f"{symbol}.sym").read_text("utf-8")
        if "type=label" in head:
            drawing.labels.append(((x, y), attributes["lab"]))
        elif "type=netlist_commands" in head:
            drawing.commands += attributes["value"].splitlines()
        else:
            pins = re.findall(r"^B 5 (\S+) (\S+) (\S+) (\S+) \{name=", head, re.MULTILINE)
            corners = [tuple(map(float, pin)) for pin in pins]
            middles = [(x + (a + c) / 2, y + (b + d) / 2) for a, b, c, d in corners]
            format_ = re.search(r'format="@name @pinlist (\S+)"', head)[1]
            value = attributes["value"] if format_ == "@value" else format_
            drawing.instances.append(Instance(attributes["name"], (x, y), middles, value))
    return drawing


def _attributes(text: str) -> dict[str, str]:
    found = re.findall(r'(\w+)=(?:"([^"]*)"|(\S+))', text)
    return {name: re.sub(r"\\([{}])", r"\1", quoted or plain) for name, quoted, plain in found}


def _ltspice(path: Path) -> Drawing:
    drawing, lines = Drawing(), path.read_text("utf-8").splitlines()
    assert lines[0] == "Version 4" and lines[1].startswith("SHEET 1 ")
    for line in lines[2:]:
        kind, _, rest = line.partition(" ")
        words = rest.split()
        if kind == "WIRE":
            x, y, end_x, end_y = map(float, words)
            drawing.wires.append(((x, y), (end_x, end_y)))
        elif kind == "FLAG":
            drawing.labels.append(((float(words[0]), float(words[1])), words[2]))
        elif kind == "SYMBOL":
            assert words[3] == "R0"
            drawing.instances.append(_placed(path.parent / f"{words[0]}.asy", (float(words[1]), float(words[2]))))
        elif kind == "SYMATTR":
            attribute, _, value = rest.partition(" ")
            setattr(drawing.instances[-1], {"InstName": "name", "Value": "value"}[attribute], value)
        elif kind == "TEXT" and "!" in rest:
            drawing.commands += rest.partition("!")[2].split("\\n")
        else:
            assert kind in ("TEXT", "WINDOW"), line
    assert all(each.name.startswith(each.prefix) for each in drawing.instances)
    for x, y in _points(drawing):
        assert x % 16 == 0 and y % 16 == 0, f"{x}, {y} is off LTspice's grid"
    return drawing


def _placed(symbol: Path, at: Point) -> Instance:
    text = symbol.read_text("utf-8")
    assert text.startswith("Version 4\nSymbolType CELL\n")
    pins = re.findall(r"^PIN (\S+) (\S+) \w+ \d+\nPINATTR PinName \S+\nPINATTR SpiceOrder (\d+)", text, re.MULTILINE)
    ordered = sorted(pins, key=lambda pin: int(pin[2]))
    assert [int(pin[2]) for pin in ordered] == list(range(1, len(pins) + 1))
    places = [(at[0] + float(x), at[1] + float(y)) for x, y, _ in ordered]
    prefix, value = (re.search(rf"^SYMATTR {name} (.+)$", text, re.MULTILINE)[1] for name in ("Prefix", "Value"))
    return Instance("", at, places, value, prefix)


def _points(drawing: Drawing) -> Iterable[Point]:
    yield from (point for wire in drawing.wires for point in wire)
    yield from (at for at, _ in drawing.labels)
    yield from (point for each in drawing.instances for point in each.pins)
