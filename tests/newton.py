# SPDX-License-Identifier: GPL-3.0-or-later
"""Solves a small circuit at dc with a plain Newton loop; junctions of diodes are limited, as in every SPICE."""

from __future__ import annotations

import ast
import cmath
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from model_files import Element
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

KELVIN = 273.15
BOLTZMANN_PER_CHARGE = 8.617333262e-5  # V/K
MOST_STEPS = 60
_STEP = 1e-30  # imaginary: the derivative of an expression comes out exactly, kinks aside
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.GtE: lambda a, b: a.real >= b.real,
    ast.Gt: lambda a, b: a.real > b.real,
    ast.LtE: lambda a, b: a.real <= b.real,
    ast.Lt: lambda a, b: a.real < b.real,
}
_FUNCTIONS = {
    "max": lambda *values: max(values, key=lambda value: value.real),
    "min": lambda *values: min(values, key=lambda value: value.real),
    "pwl": lambda value, *points: _table(value, [each.real for each in points]),
    "choose": lambda condition, yes, no: yes if condition else no,
    "exp": cmath.exp,
    "sinh": cmath.sinh,
    "pow": pow,
}


def _table(value: complex, points: list[float]) -> complex:
    """Return the value of straight lines through points x, y, x, y, ... that go on beyond the first and the last."""
    corners, heights = points[0::2], points[1::2]
    at = min(max(int(np.searchsorted(corners, value.real)), 1), len(corners) - 1)
    slope = (heights[at] - heights[at - 1]) / (corners[at] - corners[at - 1])
    return heights[at - 1] + slope * (value - corners[at - 1])


class NoConvergenceError(Exception):
    """Newton's method found no solution."""


def value_of(law: str, volts: Callable[[str], complex], names: Mapping[str, float] | None = None) -> complex:
    """Return the value of an expression in node voltages, in the words of any dialect; `names` are parameters."""
    return _value(_parsed(law), volts, names or {})


@lru_cache(maxsize=100_000)
def _parsed(law: str) -> ast.expr:
    """Return an expression as Python's grammar has it."""
    text = re.sub(r"\bif\(", "choose(", law.translate({ord("{"): "(", ord("}"): ")"}))
    text = re.sub(r"\bv\(([^()]*)\)", lambda found: f"v({','.join(map(repr, found[1].split(',')))})", text)
    return ast.parse(_conditions(f"({text})"), mode="eval").body


def _conditions(text: str) -> str:
    """Return an expression with `b if a else c` in place of each `a ? b : c`, from the innermost brackets out."""
    groups: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        groups.append(re.sub(r"^(.*?)\?(.*?):(.*)$", r"\2 if \1 else \3", found[1]))
        return f"[{len(groups) - 1}]"

    while "(" in text:
        text = re.sub(r"\(([^()]*)\)", numbered, text)
    while "[" in text:
        text = re.sub(r"\[(\d+)\]", lambda found: f"({groups[int(found[1])]})", text)
    return text


def _value(node: ast.expr, volts: Callable[[str], complex], names: Mapping[str, float]) -> complex:
    if isinstance(node, ast.Constant):
        return complex(node.value)
    if isinstance(node, ast.Name):
        return complex(names[node.id])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, volts, names)
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, volts, names), _value(node.right, volts, names))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, volts, names) else node.orelse, volts, names)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        sides = _value(node.left, volts, names), _value(node.comparators[0], volts, names)
        return _OPERATORS[type(node.ops[0])](*sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "v":
            first, *second = (volts(str(each.value)) for each in node.args if isinstance(each, ast.Constant))
            return first - (second[0] if second else 0.0)
        return _FUNCTIONS[node.func.id](*(_value(each, volts, names) for each in node.args))
    raise ValueError(ast.dump(node))


def saturation(values: dict[str, float], celsius: float) -> float:
    """Return the saturation current of a diode at a temperature, by SPICE's law; 27 degrees are nominal."""
    nominal, ratio = 27.0 + KELVIN, (celsius + KELVIN) / (27.0 + KELVIN)
    gap = values.get("eg", 1.11) / (BOLTZMANN_PER_CHARGE * nominal) * (1.0 - 1.0 / ratio)
    return values["is"] * np.exp((values.get("xti", 3.0) * np.log(ratio) + gap) / values["n"])


class Solver:
    """A circuit of elements; unknowns are node voltages, and the currents of voltage sources."""

    def __init__(self, elements: Sequence[Element], celsius: float = 27.0) -> None:
        self.elements = [each for each in elements if each.kind != "c"]
        nodes = dict.fromkeys(node for each in self.elements for node in each.nodes if node != "0")
        self.index = {node: number for number, node in enumerate(nodes)}
        sources = [each for each in self.elements if each.kind in ("e", "v", "voltage")]
        self.branch = {each.name: len(nodes) + number for number, each in enumerate(sources)}
        self.size, self.celsius = len(nodes) + len(sources), celsius
        self.closed: dict[str, bool] = {}
        self.junction: dict[str, float] = {}
        self.steps = 0

    def solve(self, start: np.ndarray | None = None) -> np.ndarray:
        """Return the solution, by `index`.

        Raises
        ------
        NoConvergenceError
            after MOST_STEPS steps
        """
        x = np.zeros(self.size) if start is None else start.copy()
        for self.steps in range(1, MOST_STEPS + 1):
            self.limited = False
            right, matrix = np.zeros(self.size), np.zeros((self.size, self.size))
            for each in self.elements:
                self._stamp(each, x, right, matrix)
            new = spsolve(csc_array(matrix), right)  # on one core, unlike NumPy's
            if not self.limited and np.all(np.abs(new - x) <= 1e-9 * np.abs(new) + 1e-12):
                return new
            x = new
        raise NoConvergenceError(f"no solution in {MOST_STEPS} steps")

    def volts(self, x: np.ndarray, node: str) -> float:
        """Return the voltage of a node in a solution."""
        return 0.0 if node == "0" else float(x[self.index[node]])

    def _across(self, x: np.ndarray, nodes: tuple[str, ...]) -> float:
        return self.volts(x, nodes[0]) - self.volts(x, nodes[1])

    def _add(self, matrix: np.ndarray, row: str | int, column: str | int, value: float) -> None:
        places = [self.index.get(each) if isinstance(each, str) else each for each in (row, column)]
        if None not in places:
            matrix[places[0], places[1]] += value

    def _current(
        self, each: Element, x: np.ndarray, right: np.ndarray, matrix: np.ndarray, now: float, by: dict[str, float]
    ) -> None:
        """Stamp a current from the first node to the second: its value now, and its derivative by each node."""
        constant = now - sum(slope * self.volts(x, node) for node, slope in by.items())
        for node, sign in zip(each.nodes[:2], (1.0, -1.0), strict=True):
            for other, slope in by.items():
                self._add(matrix, node, other, sign * slope)
            if node != "0":
                right[self.index[node]] -= sign * constant

    def _source(self, each: Element, right: np.ndarray, matrix: np.ndarray, volts: float, by: dict[str, float]) -> None:
        """Stamp a voltage source of a constant and of a share of each node's voltage."""
        row = self.branch[each.name]
        for node, sign in zip(each.nodes[:2], (1.0, -1.0), strict=True):
            self._add(matrix, row, node, sign)
            self._add(matrix, node, row, sign)
        for node, share in by.items():
            self._add(matrix, row, node, -share)
        right[row] += volts

    def _stamp(self, each: Element, x: np.ndarray, right: np.ndarray, matrix: np.ndarray) -> None:
        p, n, value = each.nodes[0], each.nodes[1], each.values.get("value", 0.0)
        if each.kind == "r":
            self._current(each, x, right, matrix, self._across(x, (p, n)) / value, _pair(p, n, 1.0 / value))
        elif each.kind == "i":
            self._current(each, x, right, matrix, value, {})
        elif each.kind == "g":
            now = value * self._across(x, each.nodes[2:])
            self._current(each, x, right, matrix, now, _pair(*each.nodes[2:], value))
        elif each.kind == "v":
            self._source(each, right, matrix, value, {})
        elif each.kind == "e":
            self._source(each, right, matrix, 0.0, _pair(*each.nodes[2:], value))
        elif each.kind == "d":
            self._diode(each, x, right, matrix)
        elif each.kind == "m":
            self._transistor(each, x, right, matrix)
        elif each.kind == "switch":
            self._switch(each, x, right, matrix)
        else:
            self._law(each, x, right, matrix)

    def _transistor(self, each: Element, x: np.ndarray, right: np.ndarray, matrix: np.ndarray) -> None:
        """Stamp an NMOS transistor of level 1 without body effect: drain, gate, source; its substrate takes nothing."""
        ends, values = each.nodes[:3], each.values
        volts = [self.volts(x, node) for node in ends]

        def current(drain: complex, gate: complex, source: complex) -> complex:
            if drain.real < source.real:
                return -current(source, gate, drain)
            over, across = gate - source - values["vto"], drain - source
            if over.real <= 0.0:
                return 0.0 * across
            square = over * across - across * across / 2 if across.real < over.real else over * over / 2
            return values["kp"] * values["w"] / values["l"] * square * (1 + values["lambda"] * across)

        by: dict[str, float] = {}
        for at, node in enumerate(ends):
            moved = current(*(v + _STEP * 1j if at == number else v + 0j for number, v in enumerate(volts)))
            by[node] = by.get(node, 0.0) + moved.imag / _STEP
        now = current(*(v + 0j for v in volts)).real
        self._current(replace(each, nodes=(ends[0], ends[2])), x, right, matrix, now, by)

    def _law(self, each: Element, x: np.ndarray, right: np.ndarray, matrix: np.ndarray) -> None:
        """Stamp a source that an expression gives."""
        read = {name for pair in re.findall(r"\bv\(([^()]*)\)", each.law) for name in pair.split(",")}

        def volts(changed: str) -> Callable[[str], complex]:
            return lambda node: self.volts(x, node) + (1j * _STEP if node == changed else 0.0)

        now = value_of(each.law, volts(""), each.values).real
        by = {node: value_of(each.law, volts(node), each.values).imag / _STEP for node in read - {"0"}}
        if each.kind == "current":
            self._current(each, x, right, matrix, now, by)
        else:
            self._source(each, right, matrix, now - sum(s * self.volts(x, node) for node, s in by.items()), by)

    def _diode(self, each: Element, x: np.ndarray, right: np.ndarray, matrix: np.ndarray) -> None:
        """Stamp a diode; its junction moves as far as SPICE's `pnjlim` lets it."""
        thermal = each.values["n"] * BOLTZMANN_PER_CHARGE * (self.celsius + KELVIN)
        current = saturation(each.values, self.celsius)
        asked, before = self._across(x, each.nodes), self.junction.get(each.name, 0.0)
        critical, across = thermal * np.log(thermal / (np.sqrt(2.0) * current)), asked
        if asked > critical and abs(asked - before) > 2.0 * thermal:
            across = (
                before + thermal * np.log1p((asked - before) / thermal) if before > 0 < asked - before else critical
            )
        self.limited |= abs(across - asked) > 1e-9
        self.junction[each.name] = across
        slope = current / thermal * np.exp(across / thermal) + 1e-15
        now = current * np.expm1(across / thermal) + 1e-15 * across + slope * (asked - across)
        self._current(each, x, right, matrix, now, _pair(*each.nodes, slope))

    def _switch(self, each: Element, x: np.ndarray, right: np.ndarray, matrix: np.ndarray) -> None:
        """Stamp a switch: abrupt with hysteresis, or smooth between two voltages."""
        values, control = each.values, self._across(x, each.nodes[2:])
        if "vsmooth" not in values:
            state = self.closed.get(each.name, False)
            state = control > values["von"] if not state else control >= values["voff"]
            self.limited |= state != self.closed.get(each.name, False)
            self.closed[each.name] = state
            ohm = values["ron"] if state else values["roff"]
            self._current(each, x, right, matrix, self._across(x, each.nodes) / ohm, _pair(*each.nodes[:2], 1.0 / ohm))
            return
        width = values["von"] - values["voff"]
        share = min(max((control - values["voff"]) / width, 0.0), 1.0)
        decades = np.log(values["roff"] / values["ron"])
        siemens = np.exp(decades * share**2 * (3.0 - 2.0 * share)) / values["roff"]
        slope = siemens * decades * 6.0 * share * (1.0 - share) / width * self._across(x, each.nodes)
        by: dict[str, float] = {}
        for node, part in [*_pair(*each.nodes[:2], siemens).items(), *_pair(*each.nodes[2:], slope).items()]:
            by[node] = by.get(node, 0.0) + part
        self._current(each, x, right, matrix, siemens * self._across(x, each.nodes), by)


def _pair(p: str, n: str, value: float) -> dict[str, float]:
    return {p: value, n: -value} if p != n else {}
