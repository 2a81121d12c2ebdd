# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the schematics of docs/circuit.md with schemdraw (extra docs).

python scripts/schematics.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import schemdraw
from schemdraw import elements as elm
from schemdraw import flow

FOLDER = Path(__file__).parent.parent / "docs" / "schematics"


def column(d: schemdraw.Drawing, x: float, y: float, conductances: tuple[str, ...]) -> None:
    """Draw memristors from rows at the left of x to a column that ends at (x, y)."""
    for index, name in enumerate(conductances):
        level = y + 1.2 * (len(conductances) - 1 - index)
        d += elm.Memristor().at((x - 3, level)).to((x, level)).label(name, fontsize=11)
        d += elm.Line().at((x, level)).to((x, y))


def amplifier(d: schemdraw.Drawing, x: float, y: float, *, grounded: bool = True) -> tuple[float, float]:
    """Draw an op-amp whose inverting input is at (x, y), with its feedback Rf; return where its output is."""
    d += (opamp := elm.Opamp(leads=True).right().anchor("in1").at((x, y)))
    end = opamp.out
    if grounded:
        d += elm.Ground().at(opamp.in2)
    d += elm.Dot().at((x, y))
    d += elm.Line().at((x, y)).to((x, y + 1.4))
    d += elm.Resistor().at((x, y + 1.4)).to((end[0], y + 1.4)).label("Rf", fontsize=11)
    d += elm.Line().at((end[0], y + 1.4)).to(end)
    d += elm.Dot().at(end)
    return float(end[0]), float(end[1])


def pair(d: schemdraw.Drawing) -> None:
    """Draw a differential column: two columns of memristors and two amplifiers."""
    column(d, 0, 0, ("G1+", "G2+"))
    x, y = amplifier(d, 0, 0)
    d += elm.Resistor().at((x, y)).to((x + 3, y)).label("Rf", fontsize=11)
    minus, top = x + 3.5, y + 2.6
    d += elm.Line().at((x + 3, y)).to((minus, y))
    column(d, minus, top, ("G1-", "G2-"))
    d += elm.Line().at((minus, top)).to((minus, y))
    x, y = amplifier(d, minus, y)
    d += elm.Line().at((x, y)).to((x + 0.8, y)).label("out", "right")
    for level, name in ((1.2, "v1"), (0.0, "v2")):
        d += elm.Label().at((-3.3, level)).label(name)
        d += elm.Label().at((minus - 3.3, level + top)).label(name)


def macro_model(d: schemdraw.Drawing) -> None:
    """Draw what an op-amp is in a netlist."""
    d += elm.SourceControlledI().up().at((0, 0)).label("gm (inp - inn)", "top")
    d += elm.Line().at((0, 3)).to((7.5, 3))
    for x, part, name in ((1.5, elm.Resistor, "r"), (3.0, elm.Capacitor, "c")):
        d += part().at((x, 3)).to((x, 0)).label(name)
        d += elm.Dot().at((x, 3))
    d += elm.Diode().at((4.5, 3)).to((4.5, 5.4)).label("vclp", "right")
    d += elm.Diode().at((4.5, 0.6)).to((4.5, 3)).label("vcln", "left")
    d += elm.Dot().at((4.5, 3))
    d += elm.Diode().at((6.0, 0)).to((6.0, 3)).label("rectified\nonly", "right", fontsize=10)
    d += elm.Dot().at((6.0, 3))
    d += elm.Label().at((7.7, 3)).label("x", "right")
    d += elm.Line().at((0, 0)).to((6, 0))
    d += elm.Ground().at((1.5, 0))
    d += elm.SourceControlledV().up().at((10, 0)).label("v(x)", "right")
    d += elm.Ground().at((10, 0))
    d += elm.Line().at((10, 3)).to((11, 3)).label("out", "right")


def follower(d: schemdraw.Drawing) -> None:
    """Draw the rectified copy of a state: a buffer whose output stage lets no negative voltage through."""
    d += (opamp := elm.Opamp(leads=True))
    d += elm.Line().at(opamp.in2).left(1).label("state", "left")
    d += elm.Line().at(opamp.in1).up(1.2)
    d += elm.Line().tox(opamp.out)
    d += elm.Line().toy(opamp.out).dot()
    d += elm.Line().at(opamp.out).right(1).label("max(0, state)", "right")


def scale(d: schemdraw.Drawing, inputs: tuple[str, ...], resistor: str) -> None:
    """Draw resistors from a state into a column of a node's sum."""
    for index, name in enumerate(inputs):
        level = 1.2 * (len(inputs) - 1 - index)
        d += elm.Resistor().at((-3, level)).to((0, level)).label(resistor, fontsize=11)
        d += elm.Label().at((-3.3, level)).label(name, halign="right")
        d += elm.Line().at((0, level)).to((0, 0))
    x, y = amplifier(d, 0, 0)
    d += elm.Line().at((x, y)).to((x + 0.8, y)).label("middle", "right")


def skip(d: schemdraw.Drawing) -> None:
    """Draw a skip connection of stride 1."""
    scale(d, ("state",), "Rs")


def average_pool(d: schemdraw.Drawing) -> None:
    """Draw an average pool: a resistor for each pixel of the window."""
    scale(d, ("pixel 1", "pixel 2", "...", "pixel 9"), "9 Rs")


def selector(d: schemdraw.Drawing) -> None:
    """Draw the larger of two voltages: a comparator and two switches."""
    for level, name in ((2.4, "first"), (0.0, "second")):
        d += elm.Line().at((0, level)).to((3, level)).label(name, "left")
        d += elm.Switch().at((3, level)).to((6, level))
    d += elm.Line().at((6, 2.4)).to((6, 0))
    d += elm.Line().at((6, 1.2)).to((7, 1.2)).label("larger one", "right").dot(open=False)
    d += (comparator := elm.Opamp(leads=False).flip().scale(0.5).right().anchor("center").at((2.1, 1.2)))
    for level, terminal in ((2.4, comparator.in2), (0.0, comparator.in1)):
        d += elm.Dot().at((0.7, level))
        d += elm.Line().at((0.7, level)).to((0.7, terminal[1]))
        d += elm.Line().at((0.7, terminal[1])).to(terminal)
    d += elm.Line().at(comparator.out).to((4.5, 1.2)).linestyle(":")
    d += elm.Line().at((4.5, 2.4)).to((4.5, 0)).linestyle(":")


def lent(d: schemdraw.Drawing) -> None:
    """Draw the first amplifier of a unit's pair, lent to a max pool."""
    d += elm.Memristor().at((-5.5, 0)).to((-2.5, 0)).label("G+", fontsize=11)
    d += elm.Switch().at((-2.5, 0)).to((0, 0)).label("open while it buffers", fontsize=9)
    x, y = amplifier(d, 0, 0, grounded=False)
    d += elm.Line().at((0, -1.25)).to((-1, -1.25)).dot()
    d += elm.Switch().at((-1, -1.25)).to((-1, -3.5)).label("convolves, idles", "bottom", fontsize=10)
    d += elm.Ground().at((-1, -3.5))
    d += elm.Switch().at((-1, -1.25)).to((-4, -1.25)).label("buffers", "bottom", fontsize=10)
    d += elm.Label().at((-4.2, -1.25)).label("max pool", halign="right")
    d += elm.Resistor().at((x, y)).to((x + 3, y)).label("Rs", fontsize=11)
    d += elm.Label().at((x + 3.2, y)).label("node's column", halign="left")


def chain(d: schemdraw.Drawing, boxes: tuple[str, ...]) -> None:
    """Draw boxes in a row with arrows between them."""
    for index, text in enumerate(boxes):
        x = 3.8 * index
        if index:
            d += flow.Arrow().at((x - 0.9, 0)).to((x, 0))
        d += flow.Box(w=2.9, h=1.6).anchor("W").at((x, 0)).label(text, fontsize=11)


def separable(d: schemdraw.Drawing) -> None:
    """Draw a separable convolution."""
    first = ("rectified\ncopy", "depthwise\npairs", "pointwise pairs,\nrectified")
    chain(d, (*first, "depthwise\npairs", "pointwise in\nnode's columns"))


def dilated(d: schemdraw.Drawing) -> None:
    """Draw a dilated convolution."""
    chain(d, ("rectified\ncopy", "depthwise pairs,\ndilation 2", "pointwise in\nnode's columns"))


def unit(d: schemdraw.Drawing) -> None:
    """Draw a unit of a hypernetwork: a separable convolution whose second half can read the state alone."""
    first = ("rectified\ncopy", "depthwise\n5x5", "pointwise pairs,\nrectified")
    chain(d, (*first, "depthwise 5x5,\nrows of both", "pointwise in\nnode's columns"))
    d += elm.Line().at((1.45, -0.8)).to((1.45, -1.8))
    d += elm.Line().at((1.45, -1.8)).to((12.85, -1.8)).label("rows of dilation 2, switched", "bottom", fontsize=11)
    d += elm.Arrow().at((12.85, -1.8)).to((12.85, -0.8))


SCHEMATICS: dict[str, Callable[[schemdraw.Drawing], None]] = {
    "pair": pair,
    "macro_model": macro_model,
    "follower": follower,
    "skip": skip,
    "average_pool": average_pool,
    "selector": selector,
    "separable": separable,
    "dilated": dilated,
    "unit": unit,
    "lent": lent,
}


def draw(name: str) -> bytes:
    """Return a schematic as SVG: the same bytes each time, readable on light and dark pages."""
    schemdraw.use("svg")
    schemdraw.svgconfig.text = "text"
    with schemdraw.Drawing(show=False, fontsize=13) as drawing:
        drawing.config(bgcolor="white", margin=0.3)
        SCHEMATICS[name](drawing)
    return drawing.get_imagedata("svg") + b"\n"


def main(folder: Path = FOLDER) -> None:
    """Write all schematics into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCHEMATICS:
        (folder / f"{name}.svg").write_bytes(draw(name))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
