# SPDX-License-Identifier: GPL-3.0-or-later
"""Cross-check of the numeric engine: simulates sampled columns of sampled blocks in SPICE and compares their voltages.

The rows of a sampled column are driven with the voltages that the numeric engine computes for them, so deviations of
one block do not add up with those of another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from memnet.circuit import Nets, build_block, outputs_of
from memnet.deployment import INPUT, ChipDevices
from memnet.netlist import Sweep, flat_deck, voltage_vectors
from memnet.numeric import NumericCircuit
from memnet.simulation import column_partition, excerpt
from memnet.simulation.engines import Engine, deck_dialect
from memnet.units import Floats

Progress = Callable[[float], None]
COLUMNS = 24  # outputs that are compared of each sampled block


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
    devices: ChipDevices,
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
    devices : of the chip
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
    deployment, random = devices.deployment, np.random.default_rng([seed, blocks])
    stages = [stage for stage in deployment.plan.stages if deployment.plan.on(stage.gate)]
    order = np.concatenate([random.permutation(len(stages)) for _ in range(-(-blocks // len(stages)))])[:blocks]
    driven_groups = [name for stage in deployment.plan.stages for name in outputs_of(stage)]
    volts = dict(NumericCircuit(devices).run(images_v, keep=driven_groups).volts)
    volts[INPUT] = np.asarray(images_v, dtype=np.float64)
    checks, simulator = [], ("", "")
    for done, index in enumerate(np.sort(order)):
        stage = stages[int(index)]
        chosen = np.sort(random.permutation(int(np.prod(stage.shape)))[:columns])
        check, simulator = _check(devices, stage.name, chosen, volts, engine)
        checks.append(check)
        if progress:
            progress((done + 1) / blocks)
    return SpiceCheck(blocks=tuple(checks), images=len(images_v), engine=simulator[0], solver=simulator[1])


def _check(
    devices: ChipDevices, stage: str, chosen: Nets, volts: Mapping[str, Floats], engine: Engine
) -> tuple[BlockCheck, tuple[str, str]]:
    """Return the check of the columns `chosen` of one stage, and name and solver of the engine that ran it."""
    circuit = build_block(devices.deployment, stage, devices)
    block = circuit.blocks[0]
    cut = excerpt(circuit, column_partition(circuit, block, chosen))
    deck = flat_deck(
        cut.circuit,
        cut.partition.blocks,
        name=stage,
        inputs=cut.of(volts, cut.partition.reads),
        analysis=Sweep(images=len(volts[INPUT])),
        saved=voltage_vectors(cut.circuit, block.outputs),
        dialect=deck_dialect(engine),
    )
    result = engine.run(deck)
    expected = np.concatenate([volts[name][:, chosen] for name in block.outputs], axis=1)
    full_scale = max(float(np.abs(volts[name]).max()) for name in block.outputs)
    deviation = float(np.abs(result.values - expected).max())
    check = BlockCheck(
        stage=stage,
        columns=len(chosen),
        deviation_v=deviation,
        deviation=deviation / (full_scale or devices.deployment.technology.memristor.read_limit_v),
    )
    return check, (result.engine, result.solver)
