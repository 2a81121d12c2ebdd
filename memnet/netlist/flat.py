# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes simulation decks: blocks without subcircuits, the sources at their inputs, one analysis, what to save.

A deck holds the blocks of one partition, or of a whole circuit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from memnet.circuit import Bank, Block, Circuit, NetGroup
from memnet.deployment import BIAS_RAIL
from memnet.netlist.bank_writer import BankWriter, ShortNames
from memnet.netlist.deck import Deck
from memnet.netlist.dialects import DECK_DIALECT, DialectError, find_dialect
from memnet.netlist.elements import element_of
from memnet.netlist.templates import BODY, around_body, load_templates, outside_text
from memnet.netlist.texts import strings
from memnet.sections import Noise
from memnet.units import Floats, number

DC_RELTOL = 1e-5
TRANSIENT_RELTOL = 1e-3
_SAVED_PER_LINE = 40
_SOURCES_AT_ONCE = 1024
# ngspice compares every `.save` with every node, in some 10 ns per pair. A deck with more pairs than this has no
# `.save` lines, so that ngspice keeps all vectors.
_MOST_SAVE_PAIRS = 2e7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A dc analysis with one point per image: the swept variable is the image's number."""

    images: int
    first: int = 0  # number of the first of them, for error messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """A noise analysis around the dc solution of one image.

    It returns the spectrum `onoise_spectrum`, in V/sqrt(Hz) at each frequency. Clamp diodes are left out: with these,
    ngspice's integral of it is a thousand times too large.
    """

    noise: Noise
    output: str  # the vector whose noise it is, such as `v(n12)`
    first_hz: float
    last_hz: float
    per_decade: int = 20
    images: ClassVar[int] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSignal:
    """An ac analysis around the dc solution of one image: complex volts at each frequency.

    Its `inputs` have two points, the image minus and plus an amplitude: that of each source.
    """

    first_hz: float
    last_hz: float
    per_decade: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Transient:
    """A transient analysis.

    Each group of inputs has a time axis of its own: on one axis for all, each source would also have the points of all
    other groups, which the simulator would read and search.

    With `stepping`, the inputs are independent sources: the simulator places a time step on each corner of their
    waveforms, as a step from one image to the next needs. Otherwise they are behavioural sources, which have no such
    breakpoints: they pass on the smooth waveforms of another deck, where each breakpoint would cost several time steps.
    """

    axes_s: Mapping[str, Floats]  # by input group, and by select net that changes: its times, (points,) in seconds
    stepping: bool
    step_s: float  # largest time step
    stop_s: float
    reltol: float = TRANSIENT_RELTOL
    trtol: float = 7.0  # factor by which ngspice takes its error estimate to be too high; 7 is its default
    least_v: float | None = None  # op-amps' errors at lower voltages may be those at this one; None: ngspice's default


Analysis = Sweep | Transient | Spectrum | SmallSignal


def external_groups(blocks: Sequence[Block]) -> list[str]:
    """Return the net groups that the blocks read and none of them drives, without the bias rail."""
    driven = {group for block in blocks for group in block.outputs}
    read = dict.fromkeys(group for block in blocks for group in block.inputs)
    return [group for group in read if group not in driven and group != BIAS_RAIL]


def prepare_decks(dialect: str = DECK_DIALECT) -> None:
    """Load the templates of decks; processes that are forked afterwards have them, and need not load them each."""
    own = find_dialect(dialect)
    macros = f"dialect_{own.name}.j2"
    load_templates(own.tree, lambda name: name == macros or not name.startswith(("export_", "dialect_")))


def flat_deck(
    circuit: Circuit,
    blocks: Sequence[Block],
    *,
    name: str,
    inputs: Mapping[str, Floats],
    analysis: Analysis,
    saved: Sequence[str],
    switching: Mapping[str, Floats] | None = None,
    lean: bool = False,
    dialect: str = DECK_DIALECT,
    compiled: Path | None = None,
) -> Deck:
    """Return a deck of some blocks of a circuit.

    Parameters
    ----------
    name : of the deck, for its title and error messages
    inputs : by net group, (points, nets) volts; a point is an image of a sweep or a time on the group's axis
    saved : vectors to return, such as `v(n12)`
    switching : by select net that changes during a transient, (points,) volts on its axis; the switches of these nets
        are written as switches, those of all other select nets as resistors
    lean : leave out clamps and slew limits; the caller checks that no amplifier comes near them
    dialect : that the deck is written in
    compiled : the compiled module of the law of memristors, for ngspice; see `BankWriter`

    Raises
    ------
    DialectError
        decks are not written in that dialect, or no noise or ac analyses
    """
    if isinstance(analysis, Spectrum | SmallSignal) and dialect != DECK_DIALECT:
        raise DialectError(f"noise and ac analyses are written in the dialect {DECK_DIALECT} only, not in {dialect}")
    pieces = deck_pieces(
        circuit,
        blocks,
        name=name,
        inputs=inputs,
        analysis=analysis,
        saved=saved,
        switching=switching,
        lean=lean,
        dialect=dialect,
        compiled=compiled,
    )
    return Deck(
        name=name,
        text=b"".join(pieces).decode(),
        vectors=tuple(saved),
        points=analysis.images if isinstance(analysis, Sweep) else None,
        dialect=dialect,
        first_image=analysis.first if isinstance(analysis, Sweep) else 0,
    )


def deck_pieces(
    circuit: Circuit,
    blocks: Iterable[Block],
    *,
    name: str,
    inputs: Mapping[str, Floats],
    analysis: Analysis,
    saved: Sequence[str],
    switching: Mapping[str, Floats] | None = None,
    lean: bool = False,
    dialect: str = DECK_DIALECT,
    compiled: Path | None = None,
) -> Iterator[bytes]:
    """Yield the text of `flat_deck` in pieces, for writing it to a file: memory holds one block at a time.

    Sources are written for the net groups in `inputs`, in that order.
    """
    writer = BankWriter(
        circuit.technology,
        transient=isinstance(analysis, Transient),
        small_signal=isinstance(analysis, SmallSignal),
        noise=analysis.noise if isinstance(analysis, Spectrum) else None,
        selects=circuit.selects,
        switchable=tuple(switching or ()),
        lean=lean,
        dialect=dialect,
        memristor=circuit.memristor,
        access=circuit.access,
        compiled=compiled,
    )
    names = ShortNames()
    nets = sum(int(np.prod(group.shape)) for group in circuit.groups.values())
    listed = [each for each in saved if not each.startswith("imag(")] if len(saved) * nets < _MOST_SAVE_PAIRS else []
    (bias,) = strings(names.nets(circuit.groups[BIAS_RAIL].nets), 1)
    text = writer.render(
        "deck",
        name=name,
        models=writer.models(bias, circuit.bias_v),
        body=BODY,
        saves=[" ".join(listed[i : i + _SAVED_PER_LINE]) for i in range(0, len(listed), _SAVED_PER_LINE)],
        **_analysis(analysis, circuit.technology.pole_farad),
    )
    head, tail = around_body(text)
    yield head.encode()
    for group in inputs:
        yield from _sources(writer, circuit.groups[group], inputs[group], analysis)
    for select, volts in (switching or {}).items():
        if isinstance(analysis, Transient):
            corners = zip(analysis.axes_s[select].tolist(), volts, strict=True)
            points = ",".join(f"{number(time)},{number(v)}" for time, v in corners)
            yield writer.render("select", net=writer.select_nets[select], points=points).encode()
    for block in blocks:
        yield f"* {outside_text(block.name)}\n".encode()
        for bank in block.banks:
            yield from writer.text(bank, names)
    yield tail.encode()


def source_vectors(circuit: Circuit, groups: Sequence[str], *, stepping: bool) -> tuple[str, ...]:
    """Return the names of the vectors with the currents of transient input sources, in order of the groups' nets.

    A current that flows from the net into the source is positive.
    """
    letter = "v" if stepping else "b"
    return tuple(f"i({letter}{net})" for group in groups for net in circuit.groups[group].nets.tolist())


def amplifier_vectors(banks: Iterable[Bank]) -> tuple[str, ...]:
    """Return the names of the vectors with the currents of op-amp output sources.

    They are in the order of `memnet.circuit.amplifier_nets`. A current from the net into the source is positive.
    """
    sources = ((bank.out_nets(), opamp) for bank in banks for opamp in element_of(bank).opamps)
    return tuple(f"i(e{net}{opamp})" for nets, opamp in sources if nets is not None for net in nets.tolist())


def voltage_vectors(circuit: Circuit, groups: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the vectors with the voltages of net groups, in order of the groups' nets."""
    return tuple(f"v(n{net})" for group in groups for net in circuit.groups[group].nets.tolist())


def _analysis(analysis: Analysis, pole_farad: float) -> dict[str, object]:
    if isinstance(analysis, Sweep):
        return {"analysis": "dc", "reltol": number(DC_RELTOL), "last_image": analysis.images - 1}
    if isinstance(analysis, Spectrum):
        return {
            "analysis": "noise",
            "reltol": number(DC_RELTOL),
            "output": analysis.output,
            "per_decade": analysis.per_decade,
            "first_hz": number(analysis.first_hz),
            "last_hz": number(analysis.last_hz),
        }
    if isinstance(analysis, SmallSignal):
        return {
            "analysis": "ac",
            "reltol": number(DC_RELTOL),
            "per_decade": analysis.per_decade,
            "first_hz": number(analysis.first_hz),
            "last_hz": number(analysis.last_hz),
        }
    return {
        "analysis": "tran",
        "reltol": number(analysis.reltol),
        "step_s": number(analysis.step_s),
        "stop_s": number(analysis.stop_s),
        "trtol": number(analysis.trtol),
        "chgtol": "" if analysis.least_v is None else f" chgtol={number(analysis.least_v * pole_farad)}",
    }


def _sources(writer: BankWriter, group: NetGroup, volts: Floats, analysis: Analysis) -> Iterator[bytes]:
    """Yield one source per net of a group, all with the same points, in batches; `volts` is (points, nets)."""
    if isinstance(analysis, SmallSignal):
        # A straight line through the image, whose slope is the amplitude.
        axis, template = np.array([-1.0, 1.0]), "input_dc"
    elif isinstance(analysis, (Sweep, Spectrum)):
        # ngspice refuses a table of one point: the last image is repeated at a point that the sweep does not reach.
        axis, template = np.arange(analysis.images + 1, dtype=np.float64), "input_dc"
        volts = np.concatenate([volts, volts[-1:]])
    else:
        axis, template = analysis.axes_s[group.name], "input_transient"
    stepping = isinstance(analysis, Transient) and analysis.stepping
    points = ",".join([f"{point:.9g},%.9g" for point in axis.tolist()])
    line = writer.render(template, id="%d", net="n%d", points=points, stepping=stepping)
    nets = group.nets.tolist()
    for start in range(0, len(nets), _SOURCES_AT_ONCE):
        rows = volts[:, start : start + _SOURCES_AT_ONCE].T.tolist()
        batch = zip(nets[start : start + _SOURCES_AT_ONCE], rows, strict=True)
        yield "".join(line % (net, net, *row) for net, row in batch).encode()
