# SPDX-License-Identifier: GPL-3.0-or-later
"""Assertions for regression tests: SPICE voltages must match the numeric reference within a tolerance.

They raise `AssertionError` and need no test runner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from memnet.circuit import signal
from memnet.deployment import INPUT, Stage
from memnet.errors import SetupError
from memnet.flow.chip import simulate
from memnet.flow.deployed import DeployedChip
from memnet.flow.probing import net_names
from memnet.flow.results import Simulation
from memnet.flow.settings import INDIVIDUAL
from memnet.genotype import Genotype
from memnet.network import Network, forward
from memnet.simulation import excerpt, partition_circuit, sweep_partition
from memnet.simulation.engines import Engine, find_engine
from memnet.units import Floats, engineering

_SHOWN = 8  # deviations that a message lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One voltage that deviates from the reference by more than the tolerance."""

    where: str  # class output or net, such as 'net/cell0/node2_c0y3x4'
    image: int
    circuit_v: float
    reference_v: float

    def __str__(self) -> str:
        """Return the deviation as one aligned line."""
        return (
            f"{self.where:52s} image {self.image:<4d} circuit {self.circuit_v:+.6f} V   "
            f"reference {self.reference_v:+.6f} V   off by {engineering(self.circuit_v - self.reference_v, 'V')}"
        )


def assert_matches_reference(
    subject: Simulation | Genotype | str,
    *,
    tolerance_v: float = 2e-3,
    block_tolerance_v: float | None = None,
    images: int = 3,
    engine: str | Engine | None = None,
    **setup: object,
) -> Simulation:
    """Check every class output of a circuit, and on request every block, against the numeric reference.

    Parameters
    ----------
    subject : a genotype to deploy and simulate, or a finished simulation
    tolerance_v : largest permitted deviation of a class output, in volts
    block_tolerance_v : largest permitted deviation of every output of every block, in volts. Each block is fed with the
        voltages of the reference, so that errors do not add up. None checks no blocks.
    images : number of test images, from the first; class outputs of a finished simulation are checked on its own images
    engine : name of an engine, or an engine
    setup : further options of `memnet.simulate`, such as `channels`, `weights` or `technology`; only with a genotype

    Returns
    -------
    the simulation, for further checks

    Raises
    ------
    AssertionError
        an output deviates by more than the tolerance; the message lists the largest deviations of class outputs, and
        the largest of each block
    MemnetError
        the simulation could not be set up or run

    Examples
    --------
    >>> result = assert_matches_reference("DARTS_V1", channels=1, images=1, tolerance_v=1e-3)
    >>> result.outputs_v.shape
    (1, 10)
    """
    __tracebackhide__ = True  # pytest then shows the line of the test, and not those of this file
    if block_tolerance_v is not None:
        _refuse_hypernetwork(str(setup.get("on", INDIVIDUAL)))
    if isinstance(subject, Simulation):
        if setup:
            raise SetupError(f"{', '.join(setup)}: given together with a finished simulation; give a genotype instead")
        result = subject
    else:
        result = simulate(subject, images=images, engine=engine, **setup)
    classes = result.chip.dataset.classes
    names = [f"class {name}" for name in classes]
    reference_v = result.reference_logits * result.chip.circuit.output_scale_v
    wrong = deviations(result.outputs_v, reference_v, tolerance_v, names)
    words = f"{result.chip.title}: class outputs", "; the worst"
    found = [_described(words, wrong, len(wrong), result.outputs_v.size, tolerance_v)]
    if block_tolerance_v is not None:
        found.append(_wrong_blocks(result.chip, block_tolerance_v, images, find_engine(engine)))
    _raise_if_any(found)
    return result


def assert_blocks_match_reference(
    chip: DeployedChip, *, tolerance_v: float, images: int = 3, engine: Engine | None = None
) -> None:
    """Check each block separately, fed with the voltages of the reference, so that a failure names the faulty block.

    Raises
    ------
    AssertionError
        an output deviates by more than `tolerance_v`; the message lists the blocks that are off with their
        largest deviations

    Examples
    --------
    >>> chip = memnet.Chip.of("DARTS_V1", channels=1)
    >>> assert_blocks_match_reference(chip, tolerance_v=1e-3, images=1)
    """
    __tracebackhide__ = True
    _raise_if_any([_wrong_blocks(chip, tolerance_v, images, find_engine(engine))])


def _wrong_blocks(chip: DeployedChip, tolerance_v: float, images: int, runner: Engine) -> str:
    """Simulate each block, fed with the voltages of the reference; return what to say of those that are off, or ''."""
    _refuse_hypernetwork(chip.setup.on)
    if images < 1:
        raise SetupError(f"images = {images}: give at least 1")
    chip.refuse_too_many(images)
    expected = expected_volts(chip, images)
    blocks = tuple(replace(block, partition=block.name) for block in chip.circuit.blocks)
    alone = replace(chip.circuit, blocks=blocks)  # a deck each: in one deck a block would read what is off before it
    wrong: dict[str, list[Deviation]] = {}
    checked = 0
    for partition in partition_circuit(alone):
        cut = excerpt(alone, partition)
        drives = [name for name in partition.drives if name in expected]
        outcome = sweep_partition(cut, cut.of(expected, partition.reads), images, drives, runner)
        for name in drives:
            pixels = [f"net/{net}" for net in net_names(chip.circuit, name)]
            found = deviations(outcome.volts[name], expected[name], tolerance_v, pixels)
            if found:
                wrong.setdefault(partition.name, []).extend(found)
            checked += outcome.volts[name].size
    worst = {name: min(entries, key=_largest_first) for name, entries in wrong.items()}
    order = sorted(worst, key=lambda name: _largest_first(worst[name]))
    words = f"{chip.title}: block outputs", f", in {len(wrong)} of {len(blocks)} blocks; the worst of each"
    off = sum(map(len, wrong.values()))
    said = _described(words, [worst[name] for name in order], off, checked, tolerance_v)
    first = next((name for name in order if chip.circuit.block(name).memristors()), None)
    if first is None or len(order) > _SHOWN:  # so many are off by something that is in all of them
        return said
    net, place = worst[first].where, worst[first].where.rpartition("_")[2]
    return (
        f"{said}\n  the memristors of {net} have block {first} and columns plus_{place}, minus_{place} in the "
        "placement table"
    )


def _refuse_hypernetwork(on: str) -> None:
    """Raise `SetupError` where blocks are those of a hypernetwork, which one architecture's layers do not name."""
    if on != INDIVIDUAL:
        raise SetupError(
            f"blocks of a chip on {on} are not checked by themselves: leave block_tolerance_v out, or check the "
            "architecture on a chip of its own"
        )


def expected_volts(chip: DeployedChip, images: int) -> dict[str, Floats]:
    """Return the voltages of net groups between blocks according to the reference, (images, nets) volts each."""
    network, deployment = chip.network, chip.deployment
    pictures = np.asarray(chip.dataset.test_images[:images], dtype=np.float64)
    layers = {stage.name: _layer_of(stage, network) for stage in deployment.plan.stages}
    values = forward(network, chip.parameters, pictures, record=sorted(set(layers.values()))).values
    expected = {INPUT: chip.input_volts(pictures)}
    for stage, layer in layers.items():
        volts = values[layer].reshape(images, -1) * deployment.scales[stage]
        expected[signal(stage, False)] = volts
        expected[signal(stage, True)] = np.maximum(volts, 0.0)
    return {name: volts for name, volts in expected.items() if name in chip.circuit.groups}


def _layer_of(stage: Stage, network: Network) -> str:
    """Return the network layer that computes a stage's output.

    Several edges can share one max pool; any layer that pools the same source through the same window has its values.
    """
    if stage.kind != "max_pool":
        return stage.name
    term = stage.terms[0]
    return next(
        layer.name
        for layer in network.layers
        if layer.kind == "max_pool"
        and layer.inputs == (term.source,)
        and (layer.stride, layer.kernel**2) == (term.window.stride, len(term.window.offsets))
    )


def deviations(circuit_v: Floats, reference_v: Floats, tolerance_v: float, names: Sequence[str]) -> list[Deviation]:
    """Return where two arrays (images, outputs) differ by more than the tolerance, the largest deviation first."""
    off = np.abs(circuit_v - reference_v)
    image, output = np.nonzero(~(off <= tolerance_v))  # not `off > tolerance_v`, which NaN would pass
    order = np.argsort(-np.nan_to_num(off[image, output], nan=np.inf), kind="stable")
    return [
        Deviation(where=names[o], image=int(i), circuit_v=float(circuit_v[i, o]), reference_v=float(reference_v[i, o]))
        for i, o in zip(image[order].tolist(), output[order].tolist(), strict=True)
    ]


def _largest_first(entry: Deviation) -> float:
    """Return what sorts deviations, the largest first; NaN counts as the largest."""
    return -float(np.nan_to_num(abs(entry.circuit_v - entry.reference_v), nan=np.inf))


def _described(
    words: tuple[str, str], listed: Sequence[Deviation], wrong: int, checked: int, tolerance_v: float
) -> str:
    """Return what is off, and how many of `checked` voltages are; '' where none are.

    Parameters
    ----------
    words : what is checked, and what is listed
    listed : deviations, of which the first _SHOWN are written
    """
    if not wrong:
        return ""
    what, shown = words
    lines = [f"{what}: {wrong} of {checked} deviate by more than {engineering(tolerance_v, 'V')}{shown}:"]
    lines += [f"  {entry}" for entry in listed[:_SHOWN]]
    if len(listed) > _SHOWN:
        lines.append(f"  and {len(listed) - _SHOWN} more")
    return "\n".join(lines)


def _raise_if_any(found: Sequence[str]) -> None:
    """Raise `AssertionError` with all that was found, if anything was."""
    __tracebackhide__ = True
    text = "\n".join(each for each in found if each)
    if text:
        raise AssertionError(text)
