"""Holds sampled columns of sampled blocks against a simulator, on the numeric engine's inputs; judges no accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

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

Floats = npt.NDArray[np.float64]
Progress = Callable[[float], None]
ROWS = "rows"  # the one net group that an excerpt reads
COLUMNS = 24  # outputs taken of each sampled block
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
    """One sampled block: the largest difference of its outputs, in volts and as a share of its own largest output."""

    stage: str
    columns: int
    deviation_v: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpiceCheck:
    """All sampled blocks, and what simulated them."""

    blocks: tuple[BlockCheck, ...]
    images: int
    engine: str
    solver: str

    @property
    def worst(self) -> BlockCheck:
        """Return the block that differs most, as a share of its own largest output."""
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

    Every stage that has power is sampled before any is sampled twice, each time with other columns.

    Parameters
    ----------
    images_v : (images, input nets) volts, two images or more

    Raises
    ------
    SimulationError
        a deck failed; the error names its block
    """
    random = np.random.default_rng([seed, blocks])
    stages = [stage for stage in deployment.plan.stages if deployment.plan.on(stage.gate)]
    order = np.concatenate([random.permutation(len(stages)) for _ in range(-(-blocks // len(stages)))])[:blocks]
    every = [name for stage in deployment.plan.stages for name in outputs_of(stage)]
    volts = dict(NumericCircuit(deployment).run(images_v, keep=every).volts)
    volts["input"] = np.asarray(images_v, dtype=np.float64)
    found, about = [], ("", "")
    for done, index in enumerate(np.sort(order)):
        stage = stages[int(index)]
        chosen = np.sort(random.permutation(int(np.prod(stage.shape)))[:columns])
        check, about = _check(deployment, stage.name, chosen, volts, engine)
        found.append(check)
        if progress:
            progress((done + 1) / blocks)
    return SpiceCheck(blocks=tuple(found), images=len(images_v), engine=about[0], solver=about[1])


def _check(
    deployment: Deployment, stage: str, chosen: Nets, volts: Mapping[str, Floats], engine: Engine
) -> tuple[BlockCheck, tuple[str, str]]:
    circuit = build_block(deployment, stage)
    block = circuit.blocks[0]
    excerpt, rows, outputs = column_excerpt(circuit, chosen)
    known = _by_net(circuit, block.inputs, volts)
    images = len(volts["input"])
    inputs = np.stack([known[net] for net in rows.tolist()], axis=1) if len(rows) else np.zeros((images, 0))
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
    """Return the volts (images,) of every net of some groups."""
    found: dict[int, Floats] = {}
    for name in groups:
        if name != BIAS_RAIL:
            found.update(zip(circuit.groups[name].nets.tolist(), volts[name].T, strict=True))
    return found


def column_excerpt(circuit: Circuit, chosen: Nets) -> tuple[Circuit, Nets, Nets]:
    """Cut some outputs out of a circuit of one block, with all that feeds them.

    Parameters
    ----------
    chosen : flat indices into each of the block's output groups

    Returns
    -------
    circuit : its one block reads the net group ROWS
    rows : nets of the given circuit that those rows are
    outputs : nets of the new circuit, the chosen ones of each output group after each other
    """
    block = circuit.blocks[0]
    wanted = np.concatenate([circuit.groups[name].nets[chosen] for name in block.outputs])
    needed = np.zeros(circuit.nets + 1, dtype=bool)
    needed[wanted] = True
    banks = []
    for bank in reversed(block.banks):  # what is read is driven by an earlier bank, or by another block
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
    part: Block = replace(block, inputs=(ROWS, BIAS_RAIL), outputs=(), internal=(), banks=renumbered)
    return replace(circuit, blocks=(part,), groups=groups, nets=int(numbers.max())), rows, numbers[wanted]


def _driven(bank: Bank) -> Nets:
    """Return the nets that a bank's devices drive or run into."""
    match bank:
        case Memristors() | ScaleResistors():
            return bank.column
        case Switches():
            return bank.second
        case _:
            return bank.out


def _map_arrays(bank: Bank, change: Callable[[Any], Any]) -> Bank:
    arrays = {field.name: getattr(bank, field.name) for field in fields(bank)}
    return replace(bank, **{name: change(value) for name, value in arrays.items() if isinstance(value, np.ndarray)})
