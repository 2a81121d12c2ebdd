# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a hypernetwork: one chip that any architecture is switched onto, in one of three structures.

The idea is that of Lyu et al., Neural Networks 175:106312 (2024); the structures are memnet's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from memnet.deployment.hypernetwork.builder import HypernetworkBuilder
from memnet.deployment.hypernetwork.duplicated import DuplicatedBuilder
from memnet.deployment.hypernetwork.shared import SharedBuilder
from memnet.deployment.hypernetwork.slotted import SlottedBuilder
from memnet.deployment.individual import bias_term, global_window, layer_window, with_copies
from memnet.deployment.stages import Plan, Stage, Term
from memnet.errors import GenotypeError, SetupError, choices
from memnet.genotype import Cell
from memnet.network import Layer, Network

STRUCTURES: dict[str, Callable[[], HypernetworkBuilder]] = {
    "shared": SharedBuilder,
    "slotted": SlottedBuilder,
    "duplicated": DuplicatedBuilder,
}
CONCAT = (2, 3, 4, 5)
SLOTS = 2  # slots of each node in `slotted`


def hypernetwork_plan(network: Network, structure: str) -> Plan:
    """Return the plan of the hypernetwork for a network's C, L and image size, switched to the network's architecture.

    Stages, terms and select nets depend on the structure and these sizes alone; the architecture decides which layer
    each unit carries and which select nets are on.

    Raises
    ------
    SetupError
        there is no such structure
    GenotypeError
        the structure cannot hold the architecture; the node is named
    """
    if structure not in STRUCTURES:
        raise SetupError(f"unknown structure {structure!r}: {choices(structure, STRUCTURES)}")
    _check(network, structure)
    builder = STRUCTURES[structure]()
    for layer in network.layers:
        if layer.kind == "concat":
            builder.joins[layer.name] = tuple(f"{layer.name}/node{node}" for node in CONCAT)
        elif "/" not in layer.name or layer.name.split("/")[1].startswith("preprocess"):
            builder.stages.append(_frame_stage(layer, builder))
            if layer.name.endswith("preprocess1"):
                _cell(builder, network, layer)
    stages = _with_gated_copies(with_copies(builder.stages, builder.joins), builder)
    return Plan(image_shape=network.image_shape, stages=stages, joins=builder.joins, selects=builder.selects)


def _with_gated_copies(stages: tuple[Stage, ...], builder: HypernetworkBuilder) -> tuple[Stage, ...]:
    """Return the stages with a select net for each rectified copy that only switched rows read, on while one is in."""
    readers: dict[str, list[str]] = {}
    for stage in stages:
        for term in stage.rows:
            for driver in builder.joins.get(term.source, (term.source,)) if term.rectified else ():
                readers.setdefault(driver, []).append(term.select)
    gated = [stage.name for stage in stages if stage.copied and all(readers[stage.name])]
    gates = {
        name: builder.switch(f"{name}/rectified", any(builder.selects[select] for select in readers[name]))
        for name in gated
    }
    return tuple(replace(stage, copy_gate=gates.get(stage.name, "")) for stage in stages)


def slots_needed(ops: Iterable[str]) -> int:
    """Return how many slots the operations on the edges into a node take: one each, and `none` takes no slot."""
    return sum(op != "none" for op in ops)


def with_selects(plan: Plan, selects: Mapping[str, bool], where: str = "selects") -> Plan:
    """Return a hypernetwork's plan with other select states.

    Parameters
    ----------
    where : origin of the select states, for error messages

    Raises
    ------
    SetupError
        `selects` has nets that the plan does not have, or lacks some that it has; the first of them is named
    """
    if foreign := [name for name in selects if name not in plan.selects]:
        raise SetupError(
            f"{where}: select net {foreign[0]!r} is not on this hypernetwork ({len(foreign)} in all); "
            "the file belongs to another structure or depth"
        )
    if missing := [name for name in plan.selects if name not in selects]:
        raise SetupError(
            f"{where}: select net {missing[0]!r} is missing ({len(missing)} in all); the file belongs to another "
            "structure or depth, or is cut short"
        )
    return replace(plan, selects={name: selects[name] for name in plan.selects})


def _check(network: Network, structure: str) -> None:
    for kind, cell in (("normal", network.genotype.normal), ("reduce", network.genotype.reduce)):
        if tuple(sorted(cell.concat)) != CONCAT:
            raise GenotypeError(
                f"{network.genotype.name}, {kind} cell: joins the nodes {cell.concat}; a hypernetwork joins all four, "
                f"{CONCAT}; deploy it individually instead"
            )
        if structure == "slotted":
            _check_slots(network.genotype.name, kind, cell)


def _check_slots(name: str, kind: str, cell: Cell) -> None:
    for number, edges in enumerate(cell.nodes, start=2):
        used = slots_needed(edge.op for edge in edges)
        if used > SLOTS:
            raise GenotypeError(
                f"{name}, {kind}/node{number}: {used} edges run into this node and `slotted` has two slots a node; "
                "use --structure shared or duplicated"
            )


def _frame_stage(layer: Layer, builder: HypernetworkBuilder) -> Stage:
    """Return the stage of a layer outside the nodes, which is the same for every architecture."""
    source = layer.inputs[0]
    if layer.kind == "global_pool":
        term = Term(
            unit=layer.name, source=source, rectified=False, window=global_window(builder.shape(source)), kind="average"
        )
        return Stage(name=layer.name, kind="average", terms=(term,), shape=layer.shape, layer=layer.name)
    terms = (
        Term(unit=layer.name, source=source, rectified=layer.relu, window=layer_window(layer), layers=(layer.name,)),
        bias_term(f"{layer.name}/bias", (layer.name,), rows=builder.bias_rows),
    )
    return Stage(name=layer.name, kind="crossbar", terms=terms, shape=layer.shape, layer=layer.name)


def _cell(builder: HypernetworkBuilder, network: Network, preprocess: Layer) -> None:
    """Add the four nodes of the cell that the layer `preprocess` belongs to."""
    name = preprocess.name.split("/")[0]
    reduction = int(name.removeprefix("cell")) in network.reductions
    cell = network.genotype.reduce if reduction else network.genotype.normal
    builder.begin_cell(name, reduction, builder.shape(preprocess.name))
    for node, edges in enumerate(cell.nodes, start=2):
        builder.node(node, {edge.source: edge.op for edge in edges})
