# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a hypernetwork, one chip that many architectures are switched onto; `STRUCTURES` has its kinds by name.

The idea is that of Lyu et al., Neural Networks 175:106312 (2024); the structures are memnet's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from memnet.deployment.hypernetwork.builder import HypernetworkBuilder
from memnet.deployment.hypernetwork.duplicated import DUPLICATED
from memnet.deployment.hypernetwork.shared import SHARED
from memnet.deployment.hypernetwork.slotted import SLOTTED
from memnet.deployment.hypernetwork.structure import CONCAT, Structure
from memnet.deployment.individual import bias_term, with_copies
from memnet.deployment.stages import Plan, Stage, Term
from memnet.errors import GenotypeError, SetupError, choices
from memnet.genotype import Genotype
from memnet.network import Layer, Network, global_window, layer_window

STRUCTURES: dict[str, Structure] = {structure.name: structure for structure in (SHARED, SLOTTED, DUPLICATED)}


def find_structure(name: str) -> Structure:
    """Return the structure of that name.

    Raises
    ------
    SetupError
        there is none of that name; the message has similar names, or all
    """
    if name not in STRUCTURES:
        raise SetupError(f"unknown structure {name!r}: {choices(name, STRUCTURES)}")
    return STRUCTURES[name]


def hypernetwork_plan(network: Network, structure: str) -> Plan:
    """Return the plan of the hypernetwork for a network's C, L and image size, switched to the network's architecture.

    Stages, terms and select nets depend on the structure and these sizes alone; the architecture decides which layer
    each unit carries and which select nets are on.

    Raises
    ------
    SetupError
        there is no such structure
    GenotypeError
        the structure cannot hold the architecture; the edge or the node is named, and where it can be deployed
    """
    found = find_structure(structure)
    _check(network.genotype, found)
    builder = found.builder()
    for layer in network.layers:
        if layer.kind == "concat":
            builder.joins[layer.name] = tuple(f"{layer.name}/node{node}" for node in CONCAT)
        elif "/" not in layer.name or layer.name.split("/")[1].startswith("preprocess"):
            builder.add(_frame_stage(layer, builder))
            if layer.name.endswith("preprocess1"):
                _cell(builder, network, layer)
    stages = _with_gated_copies(with_copies(builder.stages.values(), builder.joins), builder)
    plan = Plan(image_shape=network.image_shape, stages=stages, joins=builder.joins, selects=builder.selects)
    _refuse_idle_layers(network, plan, structure)
    return plan


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


def _check(genotype: Genotype, structure: Structure) -> None:
    """Raise `GenotypeError` for an architecture that a structure cannot hold, with the structures that can."""
    try:
        structure.check(genotype)
    except GenotypeError as refused:
        others = [f"`{other.name}`" for other in STRUCTURES.values() if _holds(other, genotype)]
        where = f"; deploy it individually, or on {' or '.join(others)}" if others else "; deploy it individually"
        raise GenotypeError(f"{refused}{where}") from None


def _holds(structure: Structure, genotype: Genotype) -> bool:
    try:
        structure.check(genotype)
    except GenotypeError:
        return False
    return True


def _refuse_idle_layers(network: Network, plan: Plan, structure: str) -> None:
    """Raise `GenotypeError` for the first layer with weights that no row in use carries: its edge would do nothing."""
    carried = {layer for stage in plan.stages for term in stage.rows if plan.on(term.select) for layer in term.layers}
    for layer in network.layers:
        if layer.weight and layer.name not in carried:
            raise GenotypeError(
                f"{network.genotype.name}, net/{layer.name}: no circuit of `{structure}` carries the weights of this "
                "layer, so that its edge would do nothing; deploy it individually, or correct the structure's builder"
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
