# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitioned sweeps against the flat deck; batches, split and merged parts; workers that die; decks that fail."""

import os
import signal
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, whole
from hyper import hyper
from needed import needs

from memnet.circuit.banks import Memristors
from memnet.errors import SimulationError
from memnet.simulation import effort, lean
from memnet.simulation.effort import Devices, batch_size, devices, limits, partition_s
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.jobs import all_tasks
from memnet.simulation.partitions import Limits, cone, excerpt, longest_first, needed, partition_circuit, split
from memnet.simulation.sweep import sweep_images

FULL_SCALE_V = 0.2
EXACT_V = 1e-6 * FULL_SCALE_V


@cache
def case(genotype="PDARTS"):
    return deployed(whole(genotype, channels=1), images=3)


def volts(made):
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


@cache
def flat(genotype="PDARTS"):
    circuit = case(genotype).circuit
    keep = [group for block in circuit.blocks for group in block.outputs]
    return sweep_images(circuit, volts(case(genotype)), find_engine(None), flat=True, keep=keep).volts


def worst(one, other):
    return max(np.abs(one[name] - other[name]).max() for name in other)


@pytest.mark.parametrize("genotype", ["PDARTS", "random:3", "random-derived:5"])
def test_partitioned_is_flat(genotype):
    found = sweep_images(case(genotype).circuit, volts(case(genotype)), find_engine(None), keep=tuple(flat(genotype)))
    assert found.full_decks == 0
    assert worst(found.volts, flat(genotype)) < EXACT_V


def test_partitioned_is_flat_on_a_hypernetwork(small_digits):
    made = hyper("PDARTS", "shared", small_digits)
    images_v = made.input_volts(small_digits.test_images[:2])
    one, other = (sweep_images(made.circuit, images_v, find_engine(None), flat=flat) for flat in (True, False))
    assert worst(one.volts, other.volts) < EXACT_V


def test_a_wrong_conductance_is_seen():
    circuit = case().circuit
    blocks = list(circuit.blocks)
    stem = blocks[0]
    bank = next(bank for bank in stem.banks if isinstance(bank, Memristors))
    banks = tuple(replace(b, siemens=b.siemens * 1.001) if b is bank else b for b in stem.banks)
    broken = replace(circuit, blocks=(replace(stem, banks=banks), *blocks[1:]))
    found = sweep_images(broken, volts(case()), find_engine(None))
    assert np.abs(found.volts[circuit.output] - flat()[circuit.output]).max() > EXACT_V


@pytest.mark.parametrize(("least_s", "most_s"), [(0.0, 0.03), (1e9, 1e9), (0.1, 0.05)])
def test_split_and_merged_parts_are_exact(least_s, most_s, monkeypatch):
    circuit = case().circuit

    def small(_points):
        return Limits(effort_s=limits(3).effort_s, least_s=least_s, most_s=most_s)

    monkeypatch.setattr("memnet.simulation.sweep.limits", small)
    parts = partition_circuit(circuit, limits=small(3))
    assert len(parts) != len(partition_circuit(circuit))
    found = sweep_images(circuit, volts(case()), find_engine(None), keep=tuple(flat()), workers=2)
    assert worst(found.volts, flat()) < EXACT_V


def test_parts_come_in_order_and_drive_everything_once():
    circuit = case().circuit
    parts = partition_circuit(circuit, limits=Limits(effort_s=limits(9).effort_s, least_s=0.05, most_s=0.03))
    done = set()
    for part in parts:
        assert set(needed(parts)[part.name]) <= done
        done.add(part.name)
    devices_in_parts = sum((devices(block) for part in parts for block in part.blocks), Devices())
    assert devices_in_parts == effort.all_devices(circuit)


def test_pieces_of_a_block_read_only_their_rows():
    circuit = case().circuit
    block = circuit.block("cell0/preprocess1")
    first, *others = split(circuit, block, 4)
    assert len(others) == 3 and first.name == "cell0/preprocess1[1 of 4]"
    part = next(p for p in partition_circuit(replace(circuit, blocks=(first,))))
    cut = excerpt(circuit, part)
    assert len(cut.places["stem/rectified"]) * 4 == np.prod(circuit.groups["stem/rectified"].shape)
    with pytest.raises(IndexError):
        cone(circuit, block, np.array([10**6]))


def test_an_excerpt_does_not_depend_on_the_rest_of_the_chip():
    circuit = case().circuit
    part = partition_circuit(circuit)[-1]
    moved = replace(
        circuit,
        nets=circuit.nets + 7,
        groups={name: replace(group, first=group.first + 7) for name, group in circuit.groups.items()},
        blocks=tuple(_moved(block, 7) for block in circuit.blocks),
    )
    one, other = excerpt(circuit, part), excerpt(moved, partition_circuit(moved)[-1])
    assert one.circuit.groups == other.circuit.groups
    for mine, theirs in zip(one.partition.blocks[-1].banks, other.partition.blocks[-1].banks, strict=True):
        assert np.array_equal(getattr(mine, "column", 0), getattr(theirs, "column", 0))


def _moved(block, by):
    def shift(bank):
        nets = {
            name: np.where(value > 0, value + by, 0)
            for name in bank.__dataclass_fields__
            if isinstance(value := getattr(bank, name), np.ndarray) and value.dtype == np.int64
        }
        return replace(bank, **nets)

    return replace(block, banks=tuple(map(shift, block.banks)))


def test_batches_are_exact_and_chosen_by_cost():
    circuit = case().circuit
    found = sweep_images(circuit, volts(case()), find_engine(None), batch=1, workers=2)
    assert np.abs(found.volts[circuit.output] - flat()[circuit.output]).max() < EXACT_V
    assert batch_size(circuit, 2, 2) == 2  # parsing twice costs more than waiting
    assert batch_size(circuit, 10_000, 1) <= effort.MOST_IMAGES
    whole = effort.all_devices(circuit)
    enough = int(np.ceil(2 * whole.parse_s() / whole.image_s()))
    assert batch_size(circuit, enough, 2) == -(-enough // 2)
    assert batch_size(circuit, enough // 2, 2) == enough // 2  # a deck would be parsed for longer than solved
    assert batch_size(circuit, enough, 1) == enough


def test_the_longest_chain_is_started_first():
    """Two workers wait less at the end than if parts were started as they are listed."""
    parts = partition_circuit(case().circuit)
    seconds = {part.name: partition_s(part, 400) for part in parts}
    ordered = [part.name for part in longest_first(parts, seconds)]
    place = {name: at for at, name in enumerate(ordered)}
    assert sorted(ordered) == sorted(seconds)
    assert all(place[need] < place[name] for name, needs in needed(parts).items() for need in needs)
    chain = {}
    for name in reversed(ordered):
        after = [chain[other] for other, needs in needed(parts).items() if name in needs]
        chain[name] = seconds[name] + max(after, default=0.0)
    assert [chain[name] for name in ordered] == sorted(chain.values(), reverse=True)


def test_batches_go_side_by_side():
    parts = partition_circuit(case().circuit)
    seconds = {part.name: partition_s(part, 400) for part in parts}
    tasks = all_tasks(parts, 5, seconds, 2)
    assert len({task.key for task in tasks}) == len(tasks) == 5 * len(parts)
    assert [task.batch for task in tasks[:4]] == [0, 1, 0, 1]
    assert {task.batch for task in tasks[: 2 * len(parts)]} == {0, 1}
    assert {task.batch for task in tasks[4 * len(parts) :]} == {4}


@dataclass(frozen=True)
class Saturating:
    """ngspice on decks whose amplifiers come near their limits where these are left out."""

    name = "saturating"
    dialects = ("ngspice",)

    def run(self, deck, progress=None):
        result = find_engine("ngspice").run(deck, progress)
        is_lean = "vclp dclamp" not in deck.text
        return replace(result, values=result.values + 1.0) if is_lean else result


def test_amplifiers_near_their_limits_are_simulated_with_them():
    circuit = case().circuit
    found = sweep_images(circuit, volts(case()), Saturating())
    assert found.full_decks == found.decks
    assert np.abs(found.volts[circuit.output] - flat()[circuit.output]).max() < EXACT_V


def test_without_the_check_they_are_not(monkeypatch):
    monkeypatch.setattr(lean, "CLAMP_MARGIN_V", -1e9)
    found = sweep_images(case().circuit, volts(case()), Saturating())
    assert found.full_decks == 0


@dataclass(frozen=True)
class Deadly:
    """An engine whose process dies at one block."""

    name = "deadly"
    dialects = ("ngspice",)
    block: str

    def run(self, deck, progress=None):
        if deck.name == self.block:
            os.kill(os.getpid(), signal.SIGKILL)
        return find_engine("ngspice").run(deck, progress)


def test_a_killed_worker_is_named():
    last = partition_circuit(case().circuit)[-1].name
    with pytest.raises(SimulationError, match=rf"net/{last}: a worker process was killed") as raised:
        sweep_images(case().circuit, volts(case()), Deadly(last))
    assert raised.value.exit_status == 1


@dataclass(frozen=True)
class Refused:
    """An engine whose process is refused something by the system."""

    name = "refused"
    dialects = ("ngspice",)
    error: Exception

    def run(self, deck, progress=None):
        raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), r"its worker ran out of memory; run again with fewer images at a time"),
        (OSError(28, "No space left on device", "out.raw"), r"\(out\.raw: No space left on device\)"),
        (OSError("gone"), r"\(gone\)"),
    ],
)
def test_what_the_system_refuses_a_worker_is_an_error_of_the_simulation(error, said):
    first = partition_circuit(case().circuit)[0].name
    with pytest.raises(SimulationError, match=rf"^net/{first}: .*{said}"):
        sweep_images(case().circuit, volts(case()), Refused(error))


@dataclass(frozen=True)
class Misspelt:
    """ngspice on decks with one line it cannot read."""

    name = "misspelt"
    dialects = ("ngspice",)

    def run(self, deck, progress=None):
        return find_engine("ngspice").run(replace(deck, text=deck.text.replace(".end\n", "rbad 1\n.end\n")), progress)


def test_a_failed_deck_is_kept():
    with pytest.raises(SimulationError, match=r"stem.*its deck is kept in (\S+);") as raised:
        sweep_images(case().circuit, volts(case()), Misspelt())
    folder = Path(str(raised.value).split("its deck is kept in ")[1].split(";")[0])
    assert "rbad" in (folder / "deck.cir").read_text()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def test_a_flat_deck_that_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr(effort, "available_bytes", lambda: 1e6)
    refusal = r"needs about 0\.\d GB of memory, and 0\.0 GB are free; leave out --flat"
    with pytest.raises(SimulationError, match=refusal):
        sweep_images(case().circuit, volts(case()), find_engine(None), flat=True)


def test_a_flat_deck_tells_how_far_it_is():
    needs("ngspice")
    told = []
    many_v = np.repeat(volts(case()), 120, axis=0)  # some seconds: it is asked every half second
    sweep_images(case().circuit, many_v, find_engine(None), flat=True, progress=told.append)
    assert told[-1] == 1.0 and any(0 < share < 1 for share in told)
