# SPDX-License-Identifier: GPL-3.0-or-later
"""Genotypes: texts and files as programs write them, with slips, with code in them, and damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzzing.damage import damaged, other_file
from fuzzing.trial import Random, Trial
from memnet.genotype import PRIMITIVES, Genotype, random_derived_genotype, random_genotype, read_genotype

_SUFFIXES = (".txt", ".json", ".log", ".yaml", ".py", ".TXT", "", ".geno type", ".1")
_KINDS = ("normal", "reduce")
_PREFIX = "NetworkSelectorDatasetInfo:darts:"


def trial(random: Random, folder: Path) -> Trial:
    """Return a genotype that is right, one with a slip, one that is damaged, or a file that is something else."""
    genotype = _genotype(random)
    make = random.choices((_right, _slip, _damaged, _code, _other), (4, 3, 4, 1, 1))[0]
    return make(genotype, random, folder)


def _genotype(random: Random) -> Genotype:
    sample = random_derived_genotype if random.random() < 0.7 else random_genotype
    return sample(random.randrange(10**6))


def _given(text: str | bytes, random: Random, folder: Path) -> Callable[[], Genotype]:
    """Return a call that reads a text, or a file that holds it, given as text or as a path."""
    data = text.encode() if isinstance(text, str) else text
    path = folder / f"arch{random.choice(_SUFFIXES)}"
    path.write_bytes(random.choice((b"", b"", b"\xef\xbb\xbf")) + data)
    how = random.randrange(3)
    if how == 0 and isinstance(text, str):
        return lambda: read_genotype(text)
    return (lambda: read_genotype(path)) if how == 1 else (lambda: read_genotype(str(path)))


def _right(genotype: Genotype, random: Random, folder: Path) -> Trial:
    name = random.choice(tuple(_FORMS))
    read = _given(_FORMS[name](genotype, random), random, folder)
    return Trial(about=name, read=read, right=lambda value: bool(value == genotype), must="be read")


def _slip(genotype: Genotype, random: Random, folder: Path) -> Trial:
    document = json.loads(genotype.to_json())
    kind = random.choice(_KINDS)
    node = random.randrange(4)
    name = random.choice(tuple(_SLIPS))
    _SLIPS[name](document, kind, node, random)
    text = json.dumps(document)
    if random.random() < 0.5 and "name" not in name:
        document.pop("name", None)
        text = f"Genotype({', '.join(f'{key}={value!r}' for key, value in document.items())})"
    return Trial(about=name, read=_given(text, random, folder), must="be refused")


def _damaged(genotype: Genotype, random: Random, folder: Path) -> Trial:
    name = random.choice(("printed", "named", "log line", "whole log", "JSON"))
    text = _FORMS[name](genotype, random)
    data = damaged(text.encode(), random)
    said = data.decode(errors="ignore")
    about = f"damaged {name}"
    return Trial(about=about, read=_given(data, random, folder), right=lambda value: _says(said, value), must="either")


def _code(genotype: Genotype, random: Random, folder: Path) -> Trial:
    """Return a genotype with something to evaluate in it; it would write a file."""
    sprung = folder / "sprung"
    call = random.choice(
        (
            f"open({str(sprung)!r}, 'w')",
            f"__import__('pathlib').Path({str(sprung)!r}).touch()",
            f"[open({str(sprung)!r}, 'w') for _ in 'x']",
            "range(2, 10**9)",
            "(lambda: 2)()",
            "'a' * 10**9",
            "f'{exit()}'",
            "().__class__",
        )
    )
    text = genotype.to_text()
    place = random.choice(list(re.finditer(r"range\(2, 6\)|\b[0-4]\b(?=\))|'\w+'", text)))
    text = text[: place.start()] + call + text[place.end() :]
    read = _given(text, random, folder)

    def unevaluated() -> Genotype:
        try:
            return read()
        finally:
            if sprung.exists():
                raise AssertionError(f"evaluated: {call}")

    return Trial(about="code", read=unevaluated, must="be refused")


def _other(genotype: Genotype, random: Random, folder: Path) -> Trial:
    return Trial(about="another file", read=_given(other_file(random), random, folder), must="be refused")


def _log(genotype: Genotype, random: Random) -> str:
    lines = ["11/24 10:20:01 PM gpu device = 0", "11/24 10:20:03 PM param size = 1.930842MB"]
    for epoch in range(random.randrange(1, 4)):
        lines += [f"11/24 10:2{epoch}:04 PM epoch {epoch} lr 2.5e-02 (of 50"]
        lines += [f"11/24 10:2{epoch}:04 PM genotype = {_genotype(random).to_text()}"]
    lines += [f"11/24 10:29:13 PM genotype = {genotype.to_text()}", "tensor([[0.12, 0.13]])", "valid_acc 53.9"]
    return "\n".join(lines) + "\n"


def _weighted(genotype: Genotype, random: Random) -> str:
    weights = re.sub(r"(\('\w+', \d)\)", lambda match: f"{match[1]}, {random.random():.6f})", genotype.to_text())
    return f"GDAS = {weights}"


def _configspace(genotype: Genotype, random: Random) -> str:
    document: dict[str, Any] = {f"{_PREFIX}init_channels": 36}
    for kind, cell in zip(_KINDS, (genotype.normal, genotype.reduce), strict=True):
        if any(len(edges) != 2 for edges in cell.nodes):  # which the form cannot say
            return genotype.to_json()
        for node, edges in enumerate(cell.nodes, start=2):
            document |= {f"{_PREFIX}edge_{kind}_{sum(range(2, node)) + e.source}": e.op for e in edges}
            if node > 2:
                document[f"{_PREFIX}inputs_node_{kind}_{node}"] = "_".join(str(edge.source) for edge in edges)
    return json.dumps(document)


def _nni(genotype: Genotype, random: Random) -> str:
    document: dict[str, Any] = {}
    for kind, cell in zip(_KINDS, (genotype.normal, genotype.reduce), strict=True):
        for node, edges in enumerate(cell.nodes, start=2):
            for index, edge in enumerate(edges):
                document[f"{kind}/op_{node}_{index}"] = edge.op
                document[f"{kind}/input_{node}_{index}"] = random.choice((edge.source, [edge.source]))
    return json.dumps(document)


def _triples(genotype: Genotype, random: Random) -> str:
    document: dict[str, Any] = {}
    for kind, cell in zip(_KINDS, (genotype.normal, genotype.reduce), strict=True):
        document[kind] = [[edge.op, node, edge.source] for node, edge in cell.edges()]
        document[f"{kind}_concat"] = cell.concat
    return json.dumps(document, indent=random.choice((None, 1)))


_FORMS: dict[str, Callable[[Genotype, Random], str]] = {
    "printed": lambda genotype, random: genotype.to_text(),
    "named": lambda genotype, random: f"\n# mine\nMINE = {genotype.to_text()}\n",
    "attribute": lambda genotype, random: f"gt.{genotype.to_text()}",
    "python file": lambda genotype, random: f"from gt import Genotype\nOPS = ['none']\nMINE = {genotype.to_text()}\n",
    "log line": lambda genotype, random: f"2019-07-16 13:39:20,853 genotype = {genotype.to_text()}",
    "whole log": _log,
    "weights": _weighted,
    "NumPy": lambda genotype, random: re.sub(r"', (\d)\)", r"', np.int64(\1))", genotype.to_text()),
    "list(range)": lambda genotype, random: genotype.to_text().replace("range(2, 6)", "list(range(2, 6))"),
    "JSON": lambda genotype, random: genotype.to_json(),
    "triples": _triples,
    "NAS-Bench-301": _configspace,
    "NNI": _nni,
}

_SLIPS: dict[str, Callable[[dict[str, Any], str, int, Random], Any]] = {
    "unknown operation": lambda d, kind, node, r: d[kind][node][0].__setitem__(
        0, r.choice(("sep_conv_7x7", "", "x" * 99))
    ),
    "later source": lambda d, kind, node, r: d[kind][node][0].__setitem__(1, node + 2 + r.randrange(5)),
    "negative source": lambda d, kind, node, r: d[kind][node][0].__setitem__(1, -1 - r.randrange(3)),
    "source of another type": lambda d, kind, node, r: d[kind][node][0].__setitem__(1, r.choice((None, "0", True, []))),
    "node without edges": lambda d, kind, node, r: d[kind].__setitem__(node, []),
    "node missing": lambda d, kind, node, r: d[kind].pop(node),
    "node too many": lambda d, kind, node, r: d[kind].append([["none", 0]]),
    "edge twice": lambda d, kind, node, r: d[kind][node].append(["none", d[kind][node][0][1]]),
    "field missing": lambda d, kind, node, r: d.pop(r.choice((kind, f"{kind}_concat"))),
    "field unknown": lambda d, kind, node, r: d.__setitem__(r.choice(("norml", "", "a b")), 1),
    "field empty": lambda d, kind, node, r: d.__setitem__(kind, r.choice(([], None, 7, "none", {}))),
    "concat of no node": lambda d, kind, node, r: d[f"{kind}_concat"].append(r.choice((0, 6, 99, -1))),
    "concat twice": lambda d, kind, node, r: d[f"{kind}_concat"].append(2),
    "concat empty": lambda d, kind, node, r: d.__setitem__(f"{kind}_concat", r.choice(([], None, 4, "2", [2.5]))),
    "name unfit": lambda d, kind, node, r: d.__setitem__(
        "name", r.choice(("../x", "a b", "\n.end", "x" * 200, 7, [1]))
    ),
}


def _says(text: str, genotype: Genotype) -> bool:
    """Return whether a text names just these operations and sources in this order, and these nodes as outputs.

    The last genotype of the text counts. It is read here by patterns alone, as a person would look for them.
    """
    last = text.rpartition("Genotype(")[2]
    lists = list(re.finditer(r"_concat\W{1,4}([^\])]*)[\])]", last))[:2]
    own = last[: lists[-1].end()] if lists else last
    pairs = re.findall(r"""["']([^"']*)["']\s*,\s*(-?\d+)\s*[)\],]""", own.partition('"normal"')[2] or own)
    cells = (genotype.normal, genotype.reduce)
    edges = [(edge.op, edge.source) for cell in cells for _, edge in cell.edges()]
    outputs = [int(number) for found in lists for number in re.findall(r"\d+", found[1])]
    as_ranges = [number for cell in cells for number in (cell.concat[0], cell.concat[-1] + 1)]
    as_lists = [number for cell in cells for number in cell.concat]
    known = all(op in PRIMITIVES for op, _ in edges)
    return known and [(op, int(source)) for op, source in pairs] == edges and outputs in (as_ranges, as_lists)
