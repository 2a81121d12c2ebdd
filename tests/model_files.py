# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the models file of an export, or all of it, in any dialect: elements of few kinds, for `newton`.

It reads what the templates use of each dialect and refuses all else. It shares no code with what writes the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_SUBCIRCUIT = re.compile(r"\.?subckt\s+(\w+)\s*\(?([\w\s]+?)\)?(?: (?:params: )?(\w+)=\S+)?")
_INCLUDE = re.compile(r'\.?include "(\S+)"')
_STEP = re.compile(r"(\w+) 0 t pwl\(0 0 1e-15 1\)")  # 0 A at dc, in a memristor whose state moves
_EXPRESSION = re.compile(r"(\w+) (\w+) (\w+) (?:bsource )?(i|v|cur|vol)=(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element: its kind, its nodes in SPICE's order, and its values by name; `law` is an expression."""

    kind: str
    name: str
    nodes: tuple[str, ...]
    values: dict[str, float] = field(default_factory=dict)
    law: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcircuit:
    """A subcircuit: the names of its ports, and its elements."""

    ports: tuple[str, ...]
    elements: tuple[Element, ...]

    def placed(self, instance: str, nodes: tuple[str, ...], given: dict[str, float] | None = None) -> list[Element]:
        """Return the elements of an instance between the given nodes; inner nodes are called after the instance.

        `given` are the instance's parameters, which go into the values of the elements that an expression gives.
        """
        names = {"0": "0", **dict(zip(self.ports, nodes, strict=True))}

        def net(name: str) -> str:
            return names.get(name, f"{instance}.{name}")

        def voltage(found: re.Match[str]) -> str:
            return "v(" + ",".join(net(name.strip()) for name in found[1].split(",")) + ")"

        return [
            Element(
                kind=each.kind,
                name=f"{instance}.{each.name}",
                nodes=tuple(map(net, each.nodes)),
                values=each.values | (given or {}) if each.law else each.values,
                law=re.sub(r"\bv\(([^()]*)\)", voltage, each.law),
            )
            for each in self.elements
        ]


def read_models(text: str, dialect: str) -> dict[str, Subcircuit]:
    """Return the subcircuits of a models file.

    Raises
    ------
    ValueError
        a line is none of those that the templates write
    """
    lines = _lines(text)
    models = dict(_model(line) for line in lines if re.match(r"\.?model ", line))
    found: dict[str, Subcircuit] = {}
    inside: list[Element] = []
    name, ports = "", ()
    for line in lines:
        head = _SUBCIRCUIT.fullmatch(line)
        if head:
            name, ports, inside = head[1], tuple(head[2].split()), []
        elif re.match(r"\.?ends ", line):
            found[name] = Subcircuit(ports=ports, elements=tuple(inside))
        elif inner := _instance(line, found):
            inside += inner
        elif not re.match(r"\.?model |parameters ", line):
            inside.append(_spectre(line, models) if dialect == "spectre" else _spice(line, models))
    return found


def read_network(folder: Path, dialect: str, suffix: str) -> Subcircuit:
    """Return the network of an export with all that it includes, as one subcircuit without others inside."""
    return read_models(_inlined(folder, f"network.{suffix}"), dialect)["network"]


def _inlined(folder: Path, name: str) -> str:
    """Return a file with its includes in place of them."""
    text = (folder / name).read_text().replace("\n+", " ").replace("\\\n", " ")
    return _INCLUDE.sub(lambda found: _inlined(folder, found[1]), text)


def _lines(text: str) -> list[str]:
    """Return the lines of a file without comments; a subcircuit stands before those that have instances of it."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] not in "*/"]
    return [line for line in lines if not line.startswith("simulator")]


def _instance(line: str, known: dict[str, Subcircuit]) -> list[Element]:
    """Return the elements of an instance of a subcircuit that stands before it; none where the line is no instance."""
    words = line.replace("(", " ").replace(")", " ").split()
    given = _values(words.pop()) if "=" in words[-1] and line[0] == "x" else {}
    return known[words[-1]].placed(words[0], tuple(words[1:-1]), given) if words[-1] in known else []


def _values(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"(\w+)=([-+]?\d[-+\w.]*)", text)}


def _model(line: str) -> tuple[str, dict[str, float]]:
    found = re.fullmatch(r"\.?model (\w+) (\w+)[ (](.*?)\)?", line)
    assert found, line
    values = _values(found[3])
    if found[2] == "vswitch":  # Xyce: on and off voltages
        return found[1], {**values, "vsmooth": 1.0}
    if found[2] == "sw" and values["vh"] < 0:  # LTspice: a smooth transition of half the width -vh
        middle, half = values["vt"], -values["vh"]
        return found[1], {**values, "von": middle + half, "voff": middle - half, "vsmooth": 1.0}
    if found[2] == "sw":
        return found[1], {**values, "von": values["vt"] + values["vh"], "voff": values["vt"] - values["vh"]}
    return found[1], values


def _expression(line: str) -> Element | None:
    """Return a source that an expression gives: SPICE's b, HSPICE's e and g, Spectre's bsource."""
    found = _EXPRESSION.fullmatch(line)
    if not found:
        return None
    name, p, n, what, law = found.groups()
    kind = "current" if what in ("i", "cur") else "voltage"
    enclosed = law[0] == "'" or law.startswith("{ ")  # HSPICE and Xyce put the whole expression between marks
    return Element(kind=kind, name=name, nodes=(p, n), law=law[1:-1].strip() if enclosed else law)


def _spice(line: str, models: dict[str, dict[str, float]]) -> Element:
    name, *rest = line.split()
    table = re.fullmatch(r"(\w+) (\w+) (\w+) vcr pwl\(1\) (\w+) (\w+) (\S+),(\S+) (\S+),(\S+)", line)
    if _expression(line):
        return _expression(line)
    if _STEP.fullmatch(line):
        return Element(kind="i", name=name, nodes=("0", "t"), values={"value": 0.0})
    if table:  # HSPICE's switch: a resistance that a table gives
        off_v, off, on_v, on = map(float, table.groups()[5:])
        values = {"voff": off_v, "roff": off, "von": on_v, "ron": on, "vsmooth": 1.0}
        return Element(kind="switch", name=name, nodes=table.groups()[1:5], values=values)
    if name[0] in "rci" and len(rest) == 3:
        return Element(kind=name[0], name=name, nodes=tuple(rest[:2]), values={"value": float(rest[2])})
    if name[0] in "ge" and len(rest) == 5:
        return Element(kind=name[0], name=name, nodes=tuple(rest[:4]), values={"value": float(rest[4])})
    if name[0] == "m" and len(rest) == 7:
        values = models[rest[4]] | _values(" ".join(rest[5:]))
        return Element(kind="m", name=name, nodes=tuple(rest[:4]), values=values)
    if name[0] == "d" and len(rest) == 3:
        return Element(kind="d", name=name, nodes=tuple(rest[:2]), values=models[rest[2]])
    if name[0] == "s" and len(rest) == 5:
        return Element(kind="switch", name=name, nodes=tuple(rest[:4]), values=models[rest[4]])
    raise ValueError(f"no template writes such a line: {line}")


def _spectre(line: str, models: dict[str, dict[str, float]]) -> Element:
    found = re.fullmatch(r"(\w+) \(([\w ]+)\) (\w+) ?(.*)", line)
    if not found:
        raise ValueError(f"no template writes such a line: {line}")
    name, nodes, master, rest = found[1], tuple(found[2].split()), found[3], found[4]
    if master == "bsource":
        return _expression(f"{name} {' '.join(nodes)} {rest}")
    if master in models:
        values = models[master] | _values(rest)
        return Element(kind="m" if len(nodes) == 4 else "d", name=name, nodes=nodes, values=values)
    values = _values(rest)
    if master == "relay":
        values = {"von": values["vt2"], "voff": values["vt1"], "ron": values["rclosed"], "roff": values["ropen"]}
        return Element(kind="switch", name=name, nodes=nodes, values={**values, "vsmooth": 1.0})
    kinds = {"resistor": "r", "capacitor": "c", "isource": "i", "vccs": "g", "vcvs": "e"}
    return Element(kind=kinds[master], name=name, nodes=nodes, values={"value": next(iter(values.values()))})
