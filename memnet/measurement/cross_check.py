# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-check of the numeric engine: simulates sampled columns of sampled blocks in SPICE and compares their voltages.

The rows of a sampled column are driven with the voltages that the numeric engine computes for them, so deviations of
one block do not add up with those of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from memnet.circuit import (
    Bank,
    Block,
    Circuit,
    Followers,
    Inverters,
    Memristors,
    NetGroup,
    Nets,
    ScaleResistors,
    Selectors,
    Switches,
    TiaPairs,
    build_block,
    outputs_of,
)
from memnet.deployment import BIAS_RAIL, Deployment
from memnet.netlist import Sweep, flat_deck
from memnet.numeric import NumericCircuit
from memnet.simulation.engines import Engine
from memnet.units import Floats

Progress = Callable[[float], None]
ROWS = "rows"  # name of the one net group that a cut-out circuit reads
COLUMNS = 24  # outputs that are compared of each sampled block
# The fields of each kind of bank whose nets its devices read.
_READS = {
    Memristors: ("row",),
    ScaleResistors: ("row",),
    Followers: ("input",),
    Inverters: ("sum",),
    Selectors: ("first", "second", "decision"),
    TiaPairs: ("plus", "middle", "minus", "positive"),
    Switches: ("first",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCheck:
    """One sampled block: the largest difference between the simulator's and the numeric engine's outputs."""

    stage: str
    columns: int
    deviation_v: float
    deviation: float  # deviation_v as a share of the block's largest output over all columns and images


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiceCheck:
    """All sampled blocks, and the simulator's name and solver."""

    blocks: tuple[BlockCheck, ...]
    images: int
    engine: str
    solver: str

    @property
    def worst(self) -> BlockCheck:
        """Return the block with the largest `deviation`."""
        return max(self.blocks, key=lambda block: block.deviation)

    @property
    def stages(self) -> int:
        """Return how many different stages are among the blocks."""
        return len({block.stage for block in self.blocks})


def spice_check(
    deployment: Deployment,
    images_v: Floats,
    engine: Engine,
    blocks: int,
    *,
    seed: int = 0,
    columns: int = COLUMNS,
    progress: Progress | None = None,
) -> SpiceCheck:
    """Simulate sampled columns of sampled blocks and compare them with the numeric engine.

    Every stage that has power is sampled once before any is sampled twice; columns are sampled anew each time.

    Parameters
    ----------
    images_v : (images, input nets) volts, two images or more
    blocks : number of blocks to sample
    seed : of the sampling
    columns : outputs to compare of each block
    progress : is called with the share of blocks that are done

    Raises
    ------
    SimulationError
        a deck failed; the error names its block
    """
    random = np.random.default_rng([seed, blocks])
    stages = [stage for stage in deployment.plan.stages if deployment.plan.on(stage.gate)]
    order = np.concatenate([random.permutation(len(stages)) for _ in range(-(-blocks // len(stages)))])[:blocks]
    driven_groups = [name for stage in deployment.plan.stages for name in outputs_of(stage)]
    volts = dict(NumericCircuit(deployment).run(images_v, keep=driven_groups).volts)
    volts["input"] = np.asarray(images_v, dtype=np.float64)
    checks, simulator = [], ("", "")
    for done, index in enumerate(np.sort(order)):
        stage = stages[int(index)]
        chosen = np.sort(random.permutation(int(np.prod(stage.shape)))[:columns])
        check, simulator = _check(deployment, stage.name, chosen, volts, engine)
        checks.append(check)
        if progress:
            progress((done + 1) / blocks)
    return SpiceCheck(blocks=tuple(checks), images=len(images_v), engine=simulator[0], solver=simulator[1])


def _check(
    deployment: Deployment, stage: str, chosen: Nets, volts: Mapping[str, Floats], engine: Engine
) -> tuple[BlockCheck, tuple[str, str]]:
    """Return the check of the columns `chosen` of one stage, and name and solver of the engine that ran it."""
    circuit = build_block(deployment, stage)
    block = circuit.blocks[0]
    excerpt, rows, outputs = column_excerpt(circuit, chosen)
    net_volts = _by_net(circuit, block.inputs, volts)
    images = len(volts["input"])
    inputs = np.stack([net_volts[net] for net in rows.tolist()], axis=1) if len(rows) else np.zeros((images, 0))
    deck = flat_deck(
        excerpt,
        excerpt.blocks,
        name=stage,
        inputs={ROWS: inputs},
        analysis=Sweep(images=images),
        saved=[f"v(n{net})" for net in outputs.tolist()],
    )
    result = engine.run(deck)
    expected = np.concatenate([volts[name][:, chosen] for name in block.outputs], axis=1)
    full_scale = max(float(np.abs(volts[name]).max()) for name in block.outputs)
    deviation = float(np.abs(result.values - expected).max())
    check = BlockCheck(
        stage=stage,
        columns=len(chosen),
        deviation_v=deviation,
        deviation=deviation / (full_scale or deployment.technology.memristor.read_limit_v),
    )
    return check, (result.engine, result.solver)


def _by_net(circuit: Circuit, groups: Sequence[str], volts: Mapping[str, Floats]) -> dict[int, Floats]:
    """Return the volts (images,) of every net of some groups, without the bias rail, by net number."""
    net_volts: dict[int, Floats] = {}
    for name in groups:
        if name != BIAS_RAIL:
            net_volts.update(zip(circuit.groups[name].nets.tolist(), volts[name].T, strict=True))
    return net_volts


def column_excerpt(circuit: Circuit, chosen: Nets) -> tuple[Circuit, Nets, Nets]:
    """Cut some outputs out of a circuit of one block, with all devices that feed them.

    Parameters
    ----------
    chosen : flat indices into each of the block's output groups

    Returns
    -------
    circuit : a new circuit, whose one block reads the net group ROWS
    rows : for each net of ROWS, its number in the given circuit
    outputs : numbers of the chosen nets in the new circuit, one output group after the other
    """
    block = circuit.blocks[0]
    wanted = np.concatenate([circuit.groups[name].nets[chosen] for name in block.outputs])
    needed = np.zeros(circuit.nets + 1, dtype=bool)
    needed[wanted] = True
    banks = []
    for bank in reversed(block.banks):  # a net that a bank reads is driven by an earlier bank or by another block
        mask = needed[_driven(bank)]
        for name in _READS[type(bank)]:
            if (nets := getattr(bank, name)) is not None:
                needed[nets[mask]] = True
        if mask.any():
            banks.append(_map_arrays(bank, lambda array, mask=mask: array[mask]))  # type: ignore[misc]
    inputs = [circuit.groups[name].nets for name in block.inputs if name != BIAS_RAIL]
    read = np.concatenate(inputs or [np.zeros(0, dtype=np.int64)])
    rows = read[needed[read]]
    numbers = np.zeros(circuit.nets + 1, dtype=np.int64)
    bias = circuit.groups[BIAS_RAIL].nets
    inner = np.setdiff1d(np.flatnonzero(needed), np.concatenate([rows, bias, [0]]))
    numbers[np.concatenate([bias, rows, inner])] = np.arange(1, len(bias) + len(rows) + len(inner) + 1)

    def renumber(array: Any) -> Any:  # noqa: ANN401 - nets or values
        return numbers[array] if array.dtype == np.int64 else array

    renumbered = tuple(_map_arrays(bank, renumber) for bank in reversed(banks))
    groups = {
        BIAS_RAIL: NetGroup(name=BIAS_RAIL, first=1, shape=(1,)),
        ROWS: NetGroup(name=ROWS, first=2, shape=(len(rows),)),
    }
    cut: Block = replace(block, inputs=(ROWS, BIAS_RAIL), outputs=(), internal=(), banks=renumbered)
    return replace(circuit, blocks=(cut,), groups=groups, nets=int(numbers.max())), rows, numbers[wanted]


def _driven(bank: Bank) -> Nets:
    """Return the net that each device of a bank drives or, for resistances in a crossbar, its column."""
    match bank:
        case Memristors() | ScaleResistors():
            return bank.column
        case Switches():
            return bank.second
        case _:
            return bank.out


def _map_arrays(bank: Bank, change: Callable[[Any], Any]) -> Bank:
    """Return a bank with `change` applied to each of its arrays."""
    arrays = {field.name: getattr(bank, field.name) for field in fields(bank)}
    return replace(bank, **{name: change(value) for name, value in arrays.items() if isinstance(value, np.ndarray)})
