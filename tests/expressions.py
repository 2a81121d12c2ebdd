# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the subcircuit of a memristor in any dialect and computes its sources from their expressions.

It shares no code with what writes them, so that dialects whose simulator is not here are checked all the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

_TOKEN = re.compile(r"\s*(\d+\.?\d*(?:e[-+]?\d+)?|\w+|\*\*|[<>]=|[-+*/()<>?:,{}])")
_LEVELS = (("<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
_BINARY: dict[str, Callable[[float, float], float]] = {
    "<": lambda a, b: float(a < b),
    ">": lambda a, b: float(a > b),
    "<=": lambda a, b: float(a <= b),
    ">=": lambda a, b: float(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
# What each dialect calls the functions that expressions use. HSPICE's pow() takes the whole part of an exponent only.
_EVERYWHERE = {"exp": math.exp, "sinh": math.sinh, "cosh": math.cosh, "sqrt": math.sqrt, "abs": abs, "min": min,
               "max": max, "asin": math.asin}  # fmt: skip
_POW = {"pow": math.pow}
_LOG10 = {"log10": math.log10}
FUNCTIONS = {
    "ngspice": _EVERYWHERE | _POW | _LOG10,
    "ltspice": _EVERYWHERE | _POW | _LOG10 | {"if": lambda condition, yes, no: yes if condition else no},
    "xyce": _EVERYWHERE | _POW | _LOG10,
    "hspice": _EVERYWHERE | _LOG10,
    "spectre": _EVERYWHERE | _POW | _LOG10,
    "veriloga": _EVERYWHERE | _POW | {"log": math.log10},  # ln() is the natural one there
}
_SOURCE = {
    "hspice": r"g(\w+) (\w+) (\w+) cur='(.*)'",
    "xyce": r"b(\w+) (\w+) (\w+) i=\{ (.*) \}",
    "spectre": r"b(\w+) \((\w+) (\w+)\) bsource i=(.*)",
}
_ANY_SOURCE = r"b(\w+) (\w+) (\w+) i=(.*)"


class _Parser:
    """Computes an expression while it reads it; `names` are values of parameters, `volts` those of nets."""

    def __init__(self, text: str, dialect: str, names: dict[str, float], volts: Callable[[str], float]) -> None:
        self.tokens = [found[1] for found in _TOKEN.finditer(text)]
        assert "".join(self.tokens) == re.sub(r"\s", "", text), text
        self.dialect, self.names, self.volts, self.at = dialect, names, volts, 0

    def take(self, *wanted: str) -> str:
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if wanted and token not in wanted:
            return ""
        self.at += 1
        return token

    def whole(self) -> float:
        condition = self.level(0)
        if not self.take("?"):
            return condition
        assert self.dialect != "ltspice", "LTspice has if(), and ?: in newer versions only"
        yes = self.whole()
        assert self.take(":")
        no = self.whole()
        return yes if condition else no

    def level(self, depth: int) -> float:
        if depth == len(_LEVELS):
            return self.power()
        value = self.level(depth + 1)
        while operator := self.take(*_LEVELS[depth]):
            value = _BINARY[operator](value, self.level(depth + 1))
        return value

    def power(self) -> float:
        if self.take("-"):
            return -self.power()
        base = self.atom()
        if self.take("**"):
            assert self.dialect == "hspice"
            return base ** self.power()
        return base

    def atom(self) -> float:
        token = self.take()
        if token == "{":
            assert self.dialect in ("ngspice", "ltspice")
            value = self.names[self.take()]
            assert self.take("}")
        elif token == "(":
            value = self.whole()
            assert self.take(")")
        elif token == "v":
            start = self.at
            while not self.take(")"):
                self.at += 1
            value = self.volts("".join(self.tokens[start + 1 : self.at - 1]))
        elif token in FUNCTIONS[self.dialect]:
            assert self.take("(")
            values = [self.whole()]
            while self.take(","):
                values.append(self.whole())
            assert self.take(")")
            value = FUNCTIONS[self.dialect][token](*values)
        elif token[0].isdigit():
            value = float(token)
        else:
            assert self.dialect not in ("ngspice", "ltspice"), f"{token}: a parameter needs braces"
            value = self.names[token]
        return value


class Subcircuit:
    """The sources of a subcircuit, by the end of their names."""

    def __init__(self, text: str, dialect: str) -> None:
        pattern = _SOURCE.get(dialect, _ANY_SOURCE)
        found = [re.fullmatch(pattern, line) for line in text.splitlines()]
        self.dialect, self.sources = dialect, {each[1]: each.groups()[1:] for each in found if each}
        self.parameter = re.search(r"(\w+)=", text)[1]

    def value(self, name: str, volts: float, state: float, flag: float = 1.0) -> float:
        """Return the current of a source; `flag` is the voltage of the net that is 1 V in a transient."""

        def net(which: str) -> float:
            known = {"p,n": volts, "x": state, "t": flag}
            if which in known:
                return known[which]
            assert self.sources[which][:2] == ("0", which)  # into 1 ohm
            return self.value(which, volts, state, flag)

        parser = _Parser(self.sources[name][2], self.dialect, {self.parameter: state}, net)
        value = parser.whole()
        assert parser.at == len(parser.tokens)
        return value

    def values(self, name: str, volts: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Return the currents of a source at all voltages (rows) and states (columns)."""
        return np.array([[self.value(name, v, x) for x in states.tolist()] for v in volts.tolist()])
