# SPDX-License-Identifier: GPL-3.0-or-later
"""What a script asks of single nets and stages of a chip: waveforms, netlist text, a `Circuit` of PySpice."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from memnet.circuit import Circuit, Nets
from memnet.errors import DataError, SetupError, choices
from memnet.flow.deployed import DeployedChip
from memnet.flow.run_simulation import engine_of
from memnet.flow.settings import Run
from memnet.flow.tables import pandas_frame
from memnet.measurement import first_stop_s
from memnet.netlist import Transient, block_text, identifier, place_names, rail_volts
from memnet.simulation import Partition, common_axis, simulate_transitions, workers_of
from memnet.simulation.engines import Result
from memnet.units import Floats

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveforms:
    """Voltages of some nets over the step from one image to another, linear between the points.

    Attributes
    ----------
    time_s : (points,) seconds; the image changes at 5 ns
    volts : (points, nets) volts; NaN for nets that stand in no deck, such as those of columns without devices
    names : of the nets, such as `cell0/node2/plus_c0y1x2`

    Examples
    --------
    >>> waves = Chip.of("DARTS_V1", channels=1).waveforms(["stem/middle", "input_c0y1x2"], stop_s=1e-7, workers=1)
    >>> waves["stem/middle"].shape[1], waves["input_c0y1x2"].shape == waves.time_s.shape
    (192, True)
    """

    time_s: Floats
    volts: Floats
    names: tuple[str, ...]

    def __getitem__(self, net: str) -> Floats:
        """Return the volts of a net, (points,), or of a group of nets, (points, nets)."""
        net = net.removeprefix("net/")
        if net in self.names:
            return np.asarray(self.volts[:, self.names.index(net)])
        inside = [at for at, name in enumerate(self.names) if name.rpartition("_")[0] == net]
        if not inside:
            raise SetupError(f"{net}: no waveform of it was asked for; {choices(net, self.names)}")
        return np.asarray(self.volts[:, inside])

    def to_pandas(self) -> DataFrame:
        """Return a pandas table: a row a point, `time_s` as its index, a column of volts for each net.

        >>> waves.to_pandas().shape[1]
        193
        """
        table = pandas_frame({"time_s": self.time_s, **dict(zip(self.names, self.volts.T, strict=True))})
        return table.set_index("time_s")


def step_waveforms(
    chip: DeployedChip, nets: Sequence[str], images: tuple[int, int], stop_s: float | None, run: Run
) -> Waveforms:
    """Simulate the step from one test image to another; see `Chip.waveforms`."""
    engine, circuit = engine_of(chip, run), chip.circuit
    refuse_no_list(nets)
    if stop_s is not None and not (math.isfinite(stop_s) and stop_s > 0):
        raise SetupError(f"stop_s = {stop_s}: give a time above 0, in seconds")
    available = len(chip.dataset.test_images)
    if len(images) != 2 or not all(0 <= image < available for image in images):
        raise DataError(f"{chip.dataset.name}: images = {images}; give the numbers of two of its {available} images")
    asked = [positions(circuit, net) for net in nets]
    stop = first_stop_s(circuit) if stop_s is None else stop_s
    waves = simulate_transitions(
        circuit,
        chip.input_volts(chip.dataset.test_images[list(images)]),
        engine,
        stop_s=stop,
        step_s=stop,  # of flat decks only
        account=_nothing,
        workers=workers_of(None, run.workers),
        keep=dict.fromkeys(group for group, _ in asked),
        only_kept=True,
    )[0].waveforms
    axis = common_axis([waves[group] for group, _ in asked])
    columns = [waves[group].at(axis)[:, places] for group, places in asked]
    names = [net_names(circuit, group)[place] for group, places in asked for place in places.tolist()]
    return Waveforms(time_s=axis, volts=np.concatenate(columns, axis=1), names=tuple(names))


def _nothing(_circuit: Circuit, _partition: Partition, _analysis: Transient, _result: Result | None) -> tuple[str, ...]:
    """Ask nothing of a deck but the waveforms that are kept."""
    return ()


def refuse_no_list(nets: Sequence[str]) -> None:
    """Raise `SetupError` where nets to watch are a text, or none."""
    if isinstance(nets, str) or not nets:
        raise SetupError(f"nets = {nets!r}: give a list of nets or groups of nets")


def refuse_unknown_stage(circuit: Circuit, stage: str) -> None:
    """Raise `SetupError` where a circuit has no such stage."""
    known = [block.name for block in circuit.blocks]
    if stage not in known:
        raise SetupError(f"{stage}: no stage has that name; {choices(stage, known)}")


def positions(circuit: Circuit, net: str) -> tuple[str, Nets]:
    """Return the group of a net, and its position there; of a group, the positions of all its nets.

    A name may begin with `net/`, as those in messages do.
    """
    asked, net = net, net.removeprefix("net/")
    known = {name for block in circuit.blocks for name in (*block.outputs, *block.internal)} | {"input"}
    if net in known:
        return net, np.arange(len(circuit.groups[net].nets))
    group = net.rpartition("_")[0]
    if group not in known:
        raise SetupError(f"{asked}: no net or group of nets has that name; {choices(net, known)}")
    names = net_names(circuit, group)
    if net not in names:
        raise SetupError(f"{asked}: {group} has no such net; its nets are {names[0]} to {names[-1]}")
    return group, np.array([names.index(net)])


def net_names(circuit: Circuit, group: str) -> list[str]:
    """Return the names of all nets of a group, such as `cell0/node2_c0y1x2`."""
    return [f"{group}_{place.decode()}" for place in place_names(circuit.groups[group].shape)]


def block_netlist(chip: DeployedChip, stage: str, dialect: str) -> str:
    """Return one stage as SPICE text; see `Chip.netlist_text`."""
    circuit = chip.exported_circuit
    refuse_unknown_stage(circuit, stage)
    return block_text(circuit, stage, f"{stage} of {chip.title}", dialect)


def pyspice_circuit(chip: DeployedChip, stage: str) -> Any:  # noqa: ANN401 - PySpice has no types
    """Return one stage as a `Circuit` of PySpice; see `Chip.pyspice_circuit`."""
    from PySpice.Spice.Netlist import Circuit as Bench

    text, name, drawn = block_netlist(chip, stage, "ngspice"), identifier(stage), chip.exported_circuit
    ports = re.search(rf"^\.subckt {name}\n((?:\+.*\n)*)", text, re.MULTILINE)
    assert ports is not None
    nodes = ports[1].replace("+", " ").split()
    bench = Bench(f"{stage} of {chip.title}")
    bench.raw_spice = text
    bench.X("stage", name, *nodes)
    volts = rail_volts(drawn)
    for node in (node for node in nodes if node in volts):
        bench.V(node, node, bench.gnd, volts[node])
    return bench
