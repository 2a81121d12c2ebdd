# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of the search spaces against brute force, and genotypes sampled with a seed against recorded ones."""

from __future__ import annotations

import hashlib
import itertools

import pytest

from memnet.genotype.operations import PRIMITIVES
from memnet.genotype.read import read_genotype
from memnet.genotype.space import count_derived, count_full, space_counts


def test_random_genotypes_are_pinned():
    # The digest was recorded once. Another one means that every experiment with a seed would use other genotypes.
    first = [edge.op for _, edge in read_genotype("random:0").normal.edges()]
    assert first[:5] == ["dil_conv_3x3", "max_pool_3x3", "skip_connect", "none", "sep_conv_3x3"]
    texts = [read_genotype(f"{kind}:{seed}").to_text() for kind in ("random", "random-derived") for seed in range(100)]
    assert hashlib.sha256("".join(texts).encode()).hexdigest()[:16] == "7b9de3bec3a9a5e1"


def test_a_seed_names_its_genotype():
    assert read_genotype("random:0").name == read_genotype("random:00").name == "random:0"
    assert read_genotype("random:1") != read_genotype("random-derived:1") != read_genotype("random-derived:2")


def test_random_genotypes_are_of_their_space():
    full = [read_genotype(f"random:{seed}") for seed in range(60)]
    derived = [read_genotype(f"random-derived:{seed}") for seed in range(60)]
    assert len(set(full)) == len(set(derived)) == 60
    assert {e.op for g in full for _, e in g.normal.edges()} == set(PRIMITIVES)
    assert {e.op for g in derived for _, e in g.reduce.edges()} == set(PRIMITIVES) - {"none"}
    for genotype in full:
        assert [[e.source for e in node] for node in genotype.reduce.nodes] == [[*range(n)] for n in (2, 3, 4, 5)]
    assert {tuple(e.source for e in g.normal.nodes[3]) for g in derived} == set(itertools.combinations(range(5), 2))


def brute_force(nodes: int, ops: int, keep: int | None) -> int:
    """Count cells by enumerating them as sets of (node, source, op); a node reads all sources, or `keep` of them."""
    per_node = []
    for node in range(2, 2 + nodes):
        choices = []
        for sources in itertools.combinations(range(node), node if keep is None else keep):
            for word in itertools.product(range(ops), repeat=len(sources)):
                choices.append([(node, source, op) for source, op in zip(sources, word, strict=True)])
        per_node.append(choices)
    return len({frozenset(itertools.chain(*cell)) for cell in itertools.product(*per_node)})


@pytest.mark.parametrize(("nodes", "ops"), [(1, 3), (2, 2), (2, 3), (3, 2)])
def test_counts_equal_brute_force(nodes, ops):
    assert count_full(nodes, ops) == brute_force(nodes, ops, None)
    assert count_derived(nodes, ops) == brute_force(nodes, ops, 2)


def test_counts_of_the_spaces():
    counts = {count.name: count for count in space_counts()}
    assert counts["full"].per_cell == 4_398_046_511_104
    assert counts["full"].genotypes == 8**28
    assert counts["derived"].per_cell == 1_037_664_180
    assert counts["derived"].genotypes == pytest.approx(1.077e18, rel=1e-3)
