# SPDX-License-Identifier: GPL-3.0-or-later
"""How many architectures each structure holds, against brute force on small spaces; and the largest of them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from memnet.commands.app import main
from memnet.deployment.hypernetwork.coverage import large_members, structure_coverage
from memnet.deployment.hypernetwork.plan import STRUCTURES, hypernetwork_plan
from memnet.deployment.hypernetwork.structure import slots_needed
from memnet.deployment.individual import individual_plan
from memnet.errors import GenotypeError
from memnet.flow.compared import BOUNDED
from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.genotype.operations import PRIMITIVES
from memnet.genotype.space import count_derived
from memnet.measurement.area import core_area_m2, count_plan
from memnet.network.build import build_network
from memnet.technology import load_technology

TECHNOLOGY = load_technology()


@pytest.mark.parametrize(("nodes", "ops"), [(1, 2), (1, 4), (2, 2), (2, 3), (3, 2)])
def test_counts_equal_brute_force_on_small_spaces(nodes, ops):
    """Write down every cell of the small space and ask of each node whether its edges fit."""
    names = PRIMITIVES[:ops]
    edges = [node for node in range(nodes) for _ in range(2 + node)]
    cells = list(product(names, repeat=len(edges)))

    def fits(cell):
        placed = list(zip(cell, edges, strict=True))
        return all(slots_needed(op for op, at in placed if at == node) <= 2 for node in range(nodes))

    fitting = sum(map(fits, cells))
    assert STRUCTURES["slotted"].count_cells(nodes, ops) == fitting
    assert all(STRUCTURES[name].count_cells(nodes, ops) == len(cells) for name in ("shared", "duplicated"))
    if nodes > 1:
        assert fitting < len(cells)


def test_a_plan_refuses_exactly_what_is_not_counted():
    """Try every choice of which edges run into node 3 and see which `slotted` takes: 7 of 8."""
    taken = 0
    for used in product((False, True), repeat=3):
        third = tuple(Edge(op="skip_connect" if on else "none", source=source) for source, on in enumerate(used))
        two = tuple(Edge(op="skip_connect", source=source) for source in range(2))
        cell = Cell(nodes=(two, third, two, two), concat=(2, 3, 4, 5))
        network = build_network(Genotype(name="tried", normal=cell, reduce=cell), channels=1, image_shape=(1, 4, 4))
        try:
            hypernetwork_plan(network, "slotted")
            taken += 1
        except GenotypeError as refused:
            assert "normal/node3: 3 edges" in str(refused)
    assert taken == 7 == sum(1 for used in product((0, 1), repeat=3) if sum(used) <= 2)


def test_the_sizes_of_the_structures():
    counts = {each.structure: each for each in structure_coverage()}
    assert counts["shared"].architectures == counts["duplicated"].architectures == 8**28
    assert counts["slotted"].per_cell == 64 * (1 + 3 * 7 + 3 * 49) * (1 + 4 * 7 + 6 * 49) * (1 + 5 * 7 + 10 * 49)
    assert count_derived() ** 2 < counts["slotted"].architectures < 8**28  # all that DARTS derives, and more


@pytest.mark.parametrize(
    ("structure", "edges", "members"), [("shared", 14, 4), ("slotted", 8, 9), ("duplicated", 14, 4)]
)
def test_large_members_fit_their_structure(structure, edges, members):
    large = large_members(structure)
    assert len({genotype.name for genotype in large}) == members
    for genotype in large:
        assert sum(1 for _ in genotype.normal.edges()) == sum(1 for _ in genotype.reduce.edges()) == edges
        hypernetwork_plan(built(genotype), structure)


def built(genotype):
    return build_network(genotype, channels=2, image_shape=(1, 4, 4))


@cache
def figures(genotype):
    """Return area, memristors and op-amps of a chip of its own."""
    counts = count_plan(individual_plan(built(genotype)))
    return np.array([core_area_m2(counts, TECHNOLOGY), counts.memristors, counts.opamps])


def moves(structure, genotype):
    """Yield every architecture with one edge changed: another operation, or another predecessor in `slotted`."""
    for kind in ("normal", "reduce"):
        cell = getattr(genotype, kind)
        for at, edges in enumerate(cell.nodes):
            for number, edge in enumerate(edges):
                taken = {other.source for other in edges if other is not edge}
                sources = set(range(2 + at)) - taken if structure == "slotted" else {edge.source}
                for source, op in product(sources, PRIMITIVES):
                    changed = (*edges[:number], Edge(op=op, source=source), *edges[number + 1 :])
                    nodes = (*cell.nodes[:at], changed, *cell.nodes[at + 1 :])
                    yield replace(genotype, **{kind: replace(cell, nodes=nodes)})


@pytest.mark.parametrize("structure", ["shared", "slotted"])
def test_no_single_change_makes_the_largest_member_larger(structure):
    large = [(figures(genotype), genotype) for genotype in large_members(structure)]
    for at, _figure in enumerate(BOUNDED):
        most, largest = max(large, key=lambda pair: pair[0][at])
        for other in moves(structure, largest):
            assert figures(other)[at] <= most[at] * (1 + 1e-12), other


def test_the_command_states_them(tmp_path, capsys):
    assert main(["genotypes", "--json", str(tmp_path / "g.json")]) == 0
    written = json.loads((tmp_path / "g.json").read_text())
    assert [each["structure"] for each in written["structures"]] == ["shared", "slotted", "duplicated"]
    assert written["structures"][0]["architectures"] == 8**28
    assert "1.93e+25" in capsys.readouterr().out
