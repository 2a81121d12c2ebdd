# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of operations: what each entry has, what is refused, and that the search space stays the eight."""

from __future__ import annotations

import pytest

from memnet.errors import GenotypeError
from memnet.genotype.known import known_genotypes
from memnet.genotype.operations import OPERATIONS, PRIMITIVES, Operation, find_operation
from memnet.genotype.read import read_genotype
from memnet.genotype.space import random_derived_genotype, random_genotype, space_counts

SEVEN = Operation(name="sep_conv_7x7", family="separable", kernel=7)


def with_seven():
    return read_genotype("PDARTS").to_text().replace("sep_conv_3x3", "sep_conv_7x7")


def test_each_operation_has_all_that_is_asked_of_it():
    assert len(set(PRIMITIVES)) == 8 and set(PRIMITIVES) <= set(OPERATIONS)
    for name, operation in OPERATIONS.items():
        assert operation.name == name and find_operation(name) is operation
    for name in PRIMITIVES:
        kernel = OPERATIONS[name].kernel
        assert name.endswith(f"_{kernel}x{kernel}") if kernel > 1 else name in ("none", "skip_connect")
        assert OPERATIONS[name].dilation == (2 if name.startswith("dil") else 1)
    colours = [(operation.fill, operation.outline) for operation in OPERATIONS.values()]
    assert len(set(colours)) == len(colours)


def test_unknown_ones_are_refused_with_the_nearest():
    with pytest.raises(GenotypeError, match="unknown operation 'sep_conv_7x7': did you mean sep_conv_5x5"):
        find_operation("sep_conv_7x7")
    with pytest.raises(GenotypeError, match=r"normal/node3/edge1-sep_conv_7x7: unknown operation; did you mean sep_"):
        read_genotype(with_seven())


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"name": "sep/conv"}, "operation 'sep/conv': use up to 40 letters"),
        ({"kernel": 4}, "kernel 4 and dilation 1; use an odd kernel"),
        ({"dilation": 0}, "kernel 7 and dilation 0"),
        ({"fill": "blue"}, "colour 'blue'; write it as #rrggbb"),
    ],
)
def test_bad_records_are_refused(changed, text):
    with pytest.raises(GenotypeError, match=text):
        Operation(**{"name": "sep_conv_7x7", "family": "separable", "kernel": 7, **changed})


def test_another_operation_changes_neither_samples_nor_counts_nor_the_list(monkeypatch):
    def space():
        samples = [sample(seed) for sample in (random_genotype, random_derived_genotype) for seed in range(5)]
        return samples, space_counts(), known_genotypes()

    before = space()
    monkeypatch.setitem(OPERATIONS, SEVEN.name, SEVEN)
    assert space() == before
    read = read_genotype(with_seven())
    assert read_genotype(read.to_text()) == read_genotype(read.to_json()) == read
    assert SEVEN.name in {edge.op for _, edge in read.normal.edges()}
