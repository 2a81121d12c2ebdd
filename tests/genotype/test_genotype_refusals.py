# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong genotypes are refused without evaluating the text; the message has line and column, or the name of the edge."""

from __future__ import annotations

import json
import re

import pytest

from memnet.errors import GenotypeError
from memnet.genotype.read import read_genotype

FLAT = [["sep_conv_3x3", 0], ["skip_connect", 1]] * 4


def as_json(normal: object, normal_concat: object = (2, 3, 4, 5), **more: object) -> str:
    rest = {"normal_concat": normal_concat, "reduce": FLAT, "reduce_concat": [2, 3]}
    return json.dumps({"normal": normal, **rest, **more})


def refused(text: str) -> str:
    with pytest.raises(GenotypeError) as caught:
        read_genotype(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Genotype(normal=__import__('os').system('x'))", r"line 1, column 17: \"__import__.*neither a literal"),
        ("Genotype(\n  normal=[('none', x)])", r"line 2, column 20: 'x': neither a literal"),
        ("\n\n  Genotype(\n  normal=[('none', x)])", r"line 4, column 20: 'x': neither a literal"),
        ("Genotype(normal=[f'{a}'])", r"line 1, column 18: \"f'{a}'\": neither a literal"),
        ("Genotype(normal=range(6))", r"line 1, column 17: 'range\(6\)': neither a literal"),
        ("Genotype(normal=range(0, 10**9))", r"line 1, column 26: '10\*\*9': neither a literal"),
        ("Genotype(normal=range(0, 9999999999999999999999))", r"line 1, column 26: .*number larger than any"),
        ("Genotype(normal=0x" + "f" * 9000 + ")", r"line 1, column 17: .*number larger than any"),
        ("Genotype([], normal=[])", r"line 1, column 10: '\[\]': a field without its name"),
        ("Genotype(normal=[], normal=[])", r"line 1, column 21: 'normal=\[\]': give each field once"),
        ("Genotype(**{})", r"line 1, column 10: .*give each field once"),
        ("Genotype()\nimport os", r"line 2, column 1: 'import os': a second statement"),
        ("import os; f()", r"line 1, column 1: 'import os': not a genotype"),
        ("exec('x')", r"line 1, column 1: \"exec\('x'\)\": not a genotype"),
        ("Genotype(normal=[", r"line 1, column 17: not a genotype: '\[' was never closed"),
        ("# (nothing)", r"no genotype in the text"),
        ("Genotype(\0)", r"not a genotype"),
        ("Genotype(normal=" + "-" * 20000 + "1)", r"nested too deeply"),
        ("{" + '"a":{' * 15000, r"nested too deeply"),
        ("{'normal': 1}", r"line 1, column 2: not JSON"),
        ('{"normal": 1, "normal": 2}', r"the same key twice"),
        ('{"normal": ' + "9" * 5000 + "}", r"not a genotype"),
        ("[" * 200_000, r"text of 200000 characters"),
        ("", r"empty genotype"),
        ("random:x", r"random:x: the seed is a whole number"),
        ("random-derived:-1", r"random-derived:-1: the seed is a whole number"),
        ("missing.json", r"missing.json: cannot be read: No such file"),
    ],
)
def test_text_that_is_no_genotype_is_refused_unevaluated(text, message):
    assert re.search(message, refused(text))


def edges(*changes: tuple[int, list[object]]) -> list[list[object]]:
    pairs: list[list[object]] = [list(pair) for pair in FLAT]
    for index, pair in changes:
        pairs[index] = pair
    return pairs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (as_json(edges((3, ["sep_conv_3x3", 5]))), "normal/node3/edge5-sep_conv_3x3: predecessor out of range; node 3"),
        (as_json(edges((0, ["skip_connect", -1]))), "normal/node2/edge-1-skip_connect: predecessor out of range"),
        (as_json(edges((7, ["sep_cnv", 1]))), "normal/node5/edge1-sep_cnv: unknown operation; did you mean sep_conv_"),
        (as_json(edges((1, ["none", 0]))), "normal/node2/edge0-none: a second operation beside sep_conv_3x3"),
        (as_json([[["none", 0]], [], [["none", 0]], [["none", 0]]]), "normal/node3: no edge listed; give it"),
        (as_json([[["none", 0]]] * 3), "normal: 3 nodes, where a cell has 4"),
        (as_json(FLAT + FLAT[:2]), r"normal: a flat list of 10 pairs does .* 8 \(2\+2\+2\+2\) or 14 \(2\+3\+4\+5\)"),
        (as_json([["none", 2, 0], ["none", 6, 0]]), "normal/node6/edge0-none: no such node; the nodes are 2 to 5"),
        (as_json([["none", 0], ["none", 2, 0]]), "normal: mixed edges"),
        (as_json([["none", True]] * 8), "normal: .* is not a pair"),
        (as_json([["none", "2", 0]] * 8), "normal: .* is not a triple"),
        (as_json(["none", 0]), "normal: entry 0, none, is not a pair"),
        (as_json([]), "normal: .* is not a list of edges"),
        (as_json(FLAT, [2, 6]), "normal_concat: state 6 is not a node; the nodes are 2 to 5"),
        (as_json(FLAT, [1, 2]), "normal_concat: state 1 is not a node"),
        (as_json(FLAT, [2, 2]), "normal_concat: node 2 is listed 2 times"),
        (as_json(FLAT, []), "normal_concat: empty"),
        (as_json(FLAT, 4), "normal_concat: 4 is not a list of nodes"),
        (as_json(FLAT, normel=1), "unknown field 'normel': did you mean normal"),
        (as_json(FLAT, connects=[1]), "connects=.*: only None is understood"),
        (as_json(FLAT, name="../x"), "genotype name '../x': use up to 100 letters"),
        (as_json(FLAT, name=7), "genotype name 7: write it as a string"),
        ('{"normal": []}', "genotype without 'normal_concat'"),
    ],
)
def test_cells_outside_the_space_are_refused_by_place(text, message):
    assert re.search(message, refused(text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"Genotype(\xff)", "line 1, column 10: byte 0xff is not UTF-8"),
        (b"\xff\xfe(", "not UTF-16 throughout"),
        (b"Genotype(normal=x)", "line 1, column 17: 'x'"),
        (b"PDARTS", "line 1, column 1: 'PDARTS': not a genotype"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, message):
    path = tmp_path / "g.txt"
    path.write_bytes(content)
    text = refused(str(path))
    assert text.startswith(f"{path}: ")
    assert message in text


def test_a_negative_predecessor_in_printed_text_is_out_of_range():
    text = read_genotype("DARTS_V2").to_text().replace("('skip_connect', 0)", "('skip_connect', -1)", 1)
    assert "normal/node4/edge-1-skip_connect: predecessor out of range; node 4 can read states 0 to 3" in refused(text)


def test_null_connections_of_other_printers_are_accepted():
    assert read_genotype(as_json(FLAT, connects=None, connectN=None)).reduce.concat == (2, 3)
