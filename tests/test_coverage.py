"""How many architectures each structure holds, against brute force on small spaces; and the largest of them."""

from __future__ import annotations

import json
from itertools import product

import pytest

from memnet.cli import main
from memnet.coverage import count_covered, largest_member, structure_coverage
from memnet.errors import GenotypeError
from memnet.genotype import PRIMITIVES, Cell, Edge, Genotype, count_derived
from memnet.hypernetwork import SLOTS, hypernetwork_plan, slots_needed
from memnet.network import build_network


@pytest.mark.parametrize(("nodes", "ops"), [(1, 2), (1, 4), (2, 2), (2, 3), (3, 2)])
def test_counts_equal_brute_force_on_small_spaces(nodes, ops):
    """Write down every cell of the small space and ask of each node whether its edges fit."""
    names = PRIMITIVES[:ops]
    edges = [node for node in range(nodes) for _ in range(2 + node)]
    cells = list(product(names, repeat=len(edges)))

    def fits(cell):
        placed = list(zip(cell, edges, strict=True))
        return all(slots_needed(op for op, at in placed if at == node) <= SLOTS for node in range(nodes))

    fitting = sum(map(fits, cells))
    assert count_covered("slotted", nodes, ops) == fitting
    assert count_covered("shared", nodes, ops) == count_covered("duplicated", nodes, ops) == len(cells)
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


@pytest.mark.parametrize(("structure", "edges"), [("shared", 14), ("slotted", 8), ("duplicated", 14)])
def test_the_largest_member_fits_and_no_other_has_more_devices(structure, edges):
    largest = largest_member(structure)
    assert sum(1 for _ in largest.normal.edges()) == edges
    network = build_network(largest, channels=1, image_shape=(1, 4, 4))
    hypernetwork_plan(network, structure)
    for op in PRIMITIVES:
        smaller = Cell(
            nodes=tuple(tuple(Edge(op=op, source=edge.source) for edge in node) for node in largest.normal.nodes),
            concat=(2, 3, 4, 5),
        )
        other = build_network(Genotype(name="other", normal=smaller, reduce=smaller), channels=1, image_shape=(1, 4, 4))
        assert other.macs() <= network.macs()


def test_the_command_states_them(tmp_path, capsys):
    assert main(["genotypes", "--json", str(tmp_path / "g.json")]) == 0
    written = json.loads((tmp_path / "g.json").read_text())
    assert [each["structure"] for each in written["structures"]] == ["shared", "slotted", "duplicated"]
    assert written["structures"][0]["architectures"] == 8**28
    assert "1.93e+25" in capsys.readouterr().out
