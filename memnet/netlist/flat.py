"""Writes flat simulation decks around blocks: inputs, analysis, what to save; starts no process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memnet.circuit import Block, Circuit
from memnet.netlist.bank_writer import BankWriter, ShortNames
from memnet.netlist.deck import Deck
from memnet.netlist.templates import render
from memnet.units import number

Floats = npt.NDArray[np.float64]
DC_RELTOL = 1e-5
TRANSIENT_RELTOL = 1e-3
_SAVED_PER_LINE = 40
_SOURCES_AT_ONCE = 1024
# ngspice compares every `.save` with every node, some 10 ns each: past this many pairs it keeps all vectors instead.
_MOST_SAVE_PAIRS = 2e7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Many images in one dc analysis, one point an image."""

    images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transient:
    """One transient; inputs follow `time_s`, (points,), the same points for all inputs.

    `stepping` inputs are sources whose corners the simulator steps on; those that pass on another deck's smooth
    waveforms are not, since a breakpoint at every corner would cost several time steps each.
    """

    time_s: Floats
    stepping: bool
    step_s: float  # largest time step
    stop_s: float
    reltol: float = TRANSIENT_RELTOL
    trtol: float = 7.0  # ngspice's default: its estimate of the truncation error may be exceeded this many times


def external_groups(blocks: Sequence[Block]) -> list[str]:
    """Return the net groups that the blocks read and do not drive themselves, without the bias rail."""
    driven = {group for block in blocks for group in block.outputs}
    read = dict.fromkeys(group for block in blocks for group in block.inputs)
    return [group for group in read if group not in driven and group != "bias"]


def flat_deck(
    circuit: Circuit,
    blocks: Sequence[Block],
    *,
    name: str,
    inputs: Mapping[str, Floats],
    analysis: Sweep | Transient,
    saved: Sequence[str],
    switching: Mapping[str, Floats] | None = None,
    lean: bool = False,
) -> Deck:
    """Return one deck of some blocks of a circuit.

    Parameters
    ----------
    inputs : by net group, (points, nets) volts: a point is an image of a sweep or a time of a transient
    saved : vectors to keep, such as `v(n12)`
    switching : by select net, (points,) volts over the times of a transient; draws the switches, which a deck of one
        fixed configuration does without
    lean : leave out what limits amplifiers; who asks for that checks that none comes near its limits
    """
    pieces = deck_pieces(
        circuit, blocks, name=name, inputs=inputs, analysis=analysis, saved=saved, switching=switching, lean=lean
    )
    return Deck(
        name=name,
        text=b"".join(pieces).decode(),
        vectors=tuple(saved),
        points=analysis.images if isinstance(analysis, Sweep) else None,
    )


def deck_pieces(
    circuit: Circuit,
    blocks: Iterable[Block],
    *,
    name: str,
    inputs: Mapping[str, Floats],
    analysis: Sweep | Transient,
    saved: Sequence[str],
    switching: Mapping[str, Floats] | None = None,
    lean: bool = False,
) -> Iterator[bytes]:
    """Yield the text of `flat_deck` piece by piece, for writing it to a file: memory holds a block at a time.

    Sources are written for the net groups of `inputs`, in that order.
    """
    writer = BankWriter(
        circuit.technology,
        transient=isinstance(analysis, Transient),
        selects=circuit.selects,
        switchable=tuple(switching or ()),
        lean=lean,
    )
    names = ShortNames()
    nets = sum(int(np.prod(group.shape)) for group in circuit.groups.values())
    listed = saved if len(saved) * nets < _MOST_SAVE_PAIRS else ()
    bias = names.nets(circuit.groups["bias"].nets).tobytes().decode()
    head, tail = render(
        "spice/deck.sp.j2",
        name=name,
        models=writer.models(bias, circuit.bias_v),
        body="@body@",
        saves=[" ".join(listed[i : i + _SAVED_PER_LINE]) for i in range(0, len(listed), _SAVED_PER_LINE)],
        **_analysis(analysis),
    ).split("@body@\n")
    yield head.encode()
    for group in inputs:
        yield from _sources(circuit, group, inputs[group], analysis)
    for select, volts in (switching or {}).items():
        if isinstance(analysis, Transient):
            points = ",".join(f"{number(at)},{number(v)}" for at, v in zip(analysis.time_s, volts, strict=True))
            yield render("spice/select.sp.j2", net=writer.select_nets[select], points=points).encode()
    for block in blocks:
        yield f"* {block.name}\n".encode()
        for bank in block.banks:
            yield from writer.text(bank, names)
    yield tail.encode()


def source_vectors(circuit: Circuit, groups: Sequence[str], *, stepping: bool) -> tuple[str, ...]:
    """Return the vectors that hold the currents of transient input sources, in order; positive into the source."""
    letter = "v" if stepping else "b"
    return tuple(f"i({letter}{net})" for group in groups for net in circuit.groups[group].nets.tolist())


def voltage_vectors(circuit: Circuit, groups: Sequence[str]) -> tuple[str, ...]:
    """Return the vectors that hold the voltages of net groups, in order."""
    return tuple(f"v(n{net})" for group in groups for net in circuit.groups[group].nets.tolist())


def _analysis(analysis: Sweep | Transient) -> dict[str, object]:
    if isinstance(analysis, Sweep):
        return {"analysis": "dc", "reltol": number(DC_RELTOL), "last_image": analysis.images - 1}
    return {
        "analysis": "tran",
        "reltol": number(analysis.reltol),
        "step_s": number(analysis.step_s),
        "stop_s": number(analysis.stop_s),
        "trtol": number(analysis.trtol),
    }


def _sources(circuit: Circuit, group: str, volts: Floats, analysis: Sweep | Transient) -> Iterator[bytes]:
    """Yield one source a net of the group, all on the same points, in batches."""
    if isinstance(analysis, Sweep):
        # A table of one point is refused, so a last point follows that no sweep reaches.
        axis, template = np.arange(analysis.images + 1, dtype=np.float64), "spice/input_dc.sp.j2"
        volts = np.concatenate([volts, volts[-1:]])
    else:
        axis, template = analysis.time_s, "spice/input_transient.sp.j2"
    stepping = isinstance(analysis, Transient) and analysis.stepping
    line = render(template, id="%d", net="n%d", points="@points@", stepping=stepping)
    line = line.replace("@points@", ",".join([f"{at:.9g},%.9g" for at in axis.tolist()]))
    nets = circuit.groups[group].nets.tolist()
    for start in range(0, len(nets), _SOURCES_AT_ONCE):
        rows = volts[:, start : start + _SOURCES_AT_ONCE].T.tolist()
        batch = zip(nets[start : start + _SOURCES_AT_ONCE], rows, strict=True)
        yield "".join(line % (net, net, *row) for net, row in batch).encode()
