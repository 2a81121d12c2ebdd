# SPDX-License-Identifier: GPL-3.0-or-later
"""Interprets the models file of an export by the rules of its dialect: dc voltages inside one subcircuit.

It shares no code with memnet's templates and engines. Elements are branches that carry a current or hold a voltage; a
node is solved when all nodes that its branches depend on are known, which orders these subcircuits.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scipy.optimize import brentq

Volts = dict[str, float]
THERMAL_V = 0.0258649  # kT/q at 27 degrees Celsius
NUMBER = r"[-+]?\d[\d.]*(?:e[-+]?\d+)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """From `plus` to `minus`: amperes that flow that way, or with `holds` the volts of plus over minus."""

    plus: str
    minus: str
    value: Callable[[Volts], float]
    reads: frozenset[str]  # nodes that the value depends on
    holds: bool = False


class ModelsFile:
    """The subcircuits and models of one file."""

    def __init__(self, text: str, dialect: str) -> None:
        self.dialect, self.cells, self.models = dialect, dict[str, tuple[list[str], list[str]]](), dict[str, str]()
        inside: list[str] = []
        for line in text.splitlines():
            word, *rest = re.sub(r"^\.", "", line).replace("(", " ( ").replace(")", " ) ").split() or ["*"]
            if word == "subckt":
                inside = []
                self.cells[rest[0]] = ([port for port in rest[1:] if port not in "()"], inside)
            elif word == "model":
                self.models[rest[0]] = line
            elif word not in ("ends", "simulator") and not word.startswith(("*", "//")):
                inside.append(line)

    def volts(self, cell: str, given: Mapping[str, float]) -> Volts:
        """Return the voltages of all nodes of a subcircuit, volts, where some are given."""
        branches, known = self._branches(cell, {}), {"0": 0.0, **given}
        pending = {node for each in branches for node in (each.plus, each.minus)} - set(known)
        while pending:
            node = next(node for node in sorted(pending) if self._needs(branches, node) <= known.keys() | {node})
            known[node] = self._solved(branches, node, known)
            pending.remove(node)
        return known

    @staticmethod
    def _needs(branches: list[Branch], node: str) -> set[str]:
        held = [each for each in branches if each.holds and each.plus == node]
        touching = held or [each for each in branches if node in (each.plus, each.minus) and not each.holds]
        return {read for each in touching for read in (each.plus, each.minus, *each.reads)}

    @staticmethod
    def _solved(branches: list[Branch], node: str, known: Volts) -> float:
        for each in branches:
            if each.holds and each.plus == node:
                return known[each.minus] + each.value(known)

        def into(volts: float) -> float:
            at = known | {node: volts}
            carried = [each for each in branches if not each.holds and node in (each.plus, each.minus)]
            return sum(each.value(at) * (1.0 if each.minus == node else -1.0) for each in carried)

        return float(brentq(into, -3.0, 3.0, xtol=1e-13))

    def _branches(self, cell: str, names: Mapping[str, str]) -> list[Branch]:
        found = []
        for line in self.cells[cell][1]:
            head, *words = line.split()
            if head.startswith("x"):
                nodes, master = (words[:-1], words[-1]) if self.dialect != "spectre" else _spectre_instance(line)
                inner = dict(zip(self.cells[master][0], [names.get(node, node) for node in nodes], strict=True))
                found += self._branches(master, inner)
            elif (each := self._spectre(line) if self.dialect == "spectre" else self._spice(line)) is not None:
                found.append(_renamed(each, names))
        return found

    def _spice(self, line: str) -> Branch | None:
        name, plus, minus, *rest = line.split()
        text = " ".join(rest)
        if written := re.match(r"(i|v|cur|vol)=(.*)$", text):
            return _behavioural(plus, minus, written[2], holds=written[1] in ("v", "vol"))
        if name[0] == "c":
            return None
        if name[0] in "ri":
            return _linear(plus, minus, float(rest[0]), source=name[0] == "i")
        if name[0] == "d":
            return _diode(plus, minus, self.models[rest[0]])
        if rest[0] == "vcr":  # HSPICE: pairs of control voltage and resistance
            (low_v, low), (high_v, high) = (tuple(map(float, pair.split(","))) for pair in rest[-2:])
            return _switch(plus, minus, rest[2], rest[3], (low_v, low), (high_v, high))
        if name[0] == "s":
            return _switch(plus, minus, rest[0], rest[1], *_states(self.models[rest[2]]))
        return _controlled(plus, minus, rest[0], rest[1], float(rest[2]), holds=name[0] == "e")

    def _spectre(self, line: str) -> Branch | None:
        (plus, minus, *controls), master = _spectre_instance(line)
        value = {name: float(text) for name, text in re.findall(rf"(\w+)=({NUMBER})(?= |$)", line)}
        if master == "bsource":
            written = re.search(r" (i|v)=(.*)$", line)
            return _behavioural(plus, minus, written[2], holds=written[1] == "v")
        if master in ("resistor", "isource"):
            return _linear(plus, minus, value["r" if master == "resistor" else "dc"], source=master == "isource")
        if master in ("vccs", "vcvs"):
            amount = value["gm" if master == "vccs" else "gain"]
            return _controlled(plus, minus, controls[0], controls[1], amount, holds=master == "vcvs")
        if master == "relay":
            states = (value["vt1"], value["ropen"]), (value["vt2"], value["rclosed"])
            return _switch(plus, minus, controls[0], controls[1], *states)
        return None if master == "capacitor" else _diode(plus, minus, self.models[master])


def _spectre_instance(line: str) -> tuple[list[str], str]:
    found = re.match(r"\S+ \(([^)]*)\) (\w+)", line)
    return found[1].split(), found[2]


def _renamed(each: Branch, names: Mapping[str, str]) -> Branch:
    if not names:
        return each
    back = {outer: inner for inner, outer in names.items()}

    def value(volts: Volts) -> float:
        return each.value({back.get(node, node): volt for node, volt in volts.items()} | {"0": 0.0})

    ends = names.get(each.plus, each.plus), names.get(each.minus, each.minus)
    reads = frozenset(names.get(node, node) for node in each.reads)
    return Branch(plus=ends[0], minus=ends[1], value=value, reads=reads, holds=each.holds)


def _linear(plus: str, minus: str, amount: float, *, source: bool) -> Branch:
    def value(volts: Volts) -> float:
        return amount if source else (volts[plus] - volts[minus]) / amount

    return Branch(plus=plus, minus=minus, value=value, reads=frozenset())


def _controlled(plus: str, minus: str, high: str, low: str, amount: float, *, holds: bool) -> Branch:
    def value(volts: Volts) -> float:
        return amount * (volts[high] - volts[low])

    return Branch(plus=plus, minus=minus, value=value, reads=frozenset((high, low)), holds=holds)


def _diode(plus: str, minus: str, model: str) -> Branch:
    saturation, emission = (float(re.search(rf"\b{name}=({NUMBER})", model)[1]) for name in ("is", "n"))

    def value(volts: Volts) -> float:
        return saturation * math.expm1(min((volts[plus] - volts[minus]) / (emission * THERMAL_V), 600.0))

    return Branch(plus=plus, minus=minus, value=value, reads=frozenset())


def _states(model: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the control voltages, volts, and resistances, ohm, of a switch at its lower and its upper threshold."""
    value = {name: float(text) for name, text in re.findall(rf"(\w+)=({NUMBER})", model)}
    if "vt" in value:  # ngspice's hysteresis and LTspice's transition are around vt
        return (value["vt"] - abs(value["vh"]), value["roff"]), (value["vt"] + abs(value["vh"]), value["ron"])
    states = sorted(((value["von"], value["ron"]), (value["voff"], value["roff"])))
    return states[0], states[1]


def _switch(
    plus: str, minus: str, high: str, low: str, below: tuple[float, float], above: tuple[float, float]
) -> Branch:
    def value(volts: Volts) -> float:
        control_v = volts[high] - volts[low]
        ohm = above[1] if control_v > above[0] else below[1]
        if below[0] < control_v <= above[0]:  # smooth, in decades
            share = (control_v - below[0]) / (above[0] - below[0])
            ohm = math.exp((1 - share) * math.log(below[1]) + share * math.log(above[1]))
        return (volts[plus] - volts[minus]) / ohm

    return Branch(plus=plus, minus=minus, value=value, reads=frozenset((high, low)))


def _behavioural(plus: str, minus: str, text: str, *, holds: bool) -> Branch:
    formula = text.strip("{}' ")
    if "?" in formula:  # condition ? yes : no, in parentheses or not
        outer = re.fullmatch(r"\((.*)\)", formula)
        formula = re.sub(r"^(.*?)\?(.*):(.*)$", r"choose(\1,\2,\3)", outer[1] if outer else formula)
    tree = ast.parse(re.sub(r"\bif\(", "choose(", formula).strip(), mode="eval").body
    reads = frozenset(name for group in re.findall(r"\bv\(([^)]*)\)", formula) for name in group.split(","))
    return Branch(plus=plus, minus=minus, value=lambda volts: _evaluated(tree, volts), reads=reads, holds=holds)


_OPERATIONS: dict[type, Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.GtE: lambda a, b: float(a >= b),
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "tanh": math.tanh,
    "max": max,
    "min": min,
    "choose": lambda condition, yes, no: yes if condition else no,
}


def _evaluated(node: ast.expr, volts: Volts) -> float:
    match node:
        case ast.Constant(value=number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_evaluated(inner, volts)
        case ast.BinOp(left=left, op=operation, right=right):
            return _OPERATIONS[type(operation)](_evaluated(left, volts), _evaluated(right, volts))
        case ast.Compare(left=left, ops=[operation], comparators=[right]):
            return _OPERATIONS[type(operation)](_evaluated(left, volts), _evaluated(right, volts))
        case ast.Call(func=ast.Name(id="v"), args=nodes):
            ends = [volts[each.id if isinstance(each, ast.Name) else "0"] for each in nodes]
            return ends[0] - (ends[1] if len(ends) > 1 else 0.0)
        case ast.Call(func=ast.Name(id=name), args=given):
            return _FUNCTIONS[name](*(_evaluated(each, volts) for each in given))
    raise ValueError(f"not understood: {ast.dump(node)}")
