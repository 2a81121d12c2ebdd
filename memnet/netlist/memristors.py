# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes memristor models as subcircuits in any dialect, and decks of single devices under a voltage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from memnet.devices.memristors import MemristorModel, Sine, Stimulus, SubcircuitModel
from memnet.errors import SetupError
from memnet.netlist.deck import Deck
from memnet.netlist.dialects import DECK_DIALECT, DialectError, find_dialect
from memnet.netlist.templates import Rendered, render
from memnet.units import number

VERILOG_A = "verilog-a"  # beside the dialects: a module that OSDI simulators load compiled
# Relative tolerances of single devices. At 1e-3 an abrupt write ends in a wrong state, and ngspice reports success; in
# a dc sweep a point may deviate by as much as the tolerance, since it starts from the solution of the one before.
RELTOL = {"transient": 1e-6, "dc": 1e-9}


def memristor_subcircuit(model: MemristorModel, dialect: str = DECK_DIALECT) -> str:
    """Return a model's subcircuit as text; in the dialect VERILOG_A a module of the same name, pins and parameter.

    Raises
    ------
    DialectError
        there is no such dialect, or it cannot express the model
    """
    if dialect in model.not_in:
        raise DialectError(f"memristor model {model.name}: not in the dialect {dialect}, {model.not_in[dialect]}")
    if isinstance(model, SubcircuitModel):
        find_dialect(dialect)
        return Rendered(model.text)
    if dialect == VERILOG_A:
        context = _law_context(model, "veriloga/expressions.j2")
        return render("veriloga/memristor.va.j2", model=model.name, **context)
    chosen = find_dialect(dialect)
    return render(chosen.template("memristor_subcircuit"), dialect=dialect, **_law_context(model, chosen.expressions))


def switched_name(model: MemristorModel) -> str:
    """Return the name of the subcircuit of `switched_subcircuit`."""
    return f"{model.subcircuit}_switched"


def switched_subcircuit(model: MemristorModel, dialect: str, switch_ohm: float) -> str:
    """Return a subcircuit that with a resistance of `switch_ohm` in series has the law of a model, as text.

    It holds an instance of the model's own subcircuit, with the same pins and the same parameter.
    """
    chosen = find_dialect(dialect)
    context = _names(model, chosen.expressions) | {"switched": switched_name(model), "switch_ron": number(switch_ohm)}
    return render(chosen.template("memristor_switched"), dialect=dialect, **context)


def memristor_module(model: MemristorModel) -> tuple[str, str]:
    """Return the name and the text of a model's Verilog-A module, for decks.

    The name has a checksum of the text: ngspice keeps the first module of a name that a process loads, and passes over
    another one of that name without a word.
    """
    text = memristor_subcircuit(model, VERILOG_A)
    name = f"{model.subcircuit}_{crc32(text.encode()):08x}"
    return name, text.replace(f"module {model.subcircuit}(", f"module {name}(")


def _law_context(model: MemristorModel, expressions: str) -> dict[str, object]:
    """Return the variables of the template of a subcircuit: names, and the constants of the law by name."""
    low, high = model.limits()
    return {name: written(value) for name, value in model.constants().items()} | {
        **_names(model, expressions),
        "law": Rendered(f"memristors/{model.expressions()}.j2"),
        "lowest": written(low),
        "highest": written(high),
        "moves": model.moves,
    }


def _names(model: MemristorModel, expressions: str) -> dict[str, object]:
    """Return the variables of the head of a model's subcircuit."""
    return {
        "expressions": Rendered(expressions),
        "subcircuit": model.subcircuit,
        "parameter": model.state.parameter,
        "start": starting_state(model),
    }


def starting_state(model: MemristorModel) -> str:
    """Return the state of an instance that is given none: the middle, or that of 50 uS where no state moves."""
    low, high = model.limits()
    return number(0.5 * (low + high) if model.moves else float(model.state_of(np.array(5e-5))))


def written(value: float | str) -> str:
    """Return a constant as expressions have it, in brackets if negative, since `v--0.2` is no difference.

    Fifteen digits: where constants cancel at 0 V, as in `jart-vcm-v1b`, nine would leave a current.
    """
    if isinstance(value, str):
        return value
    text = f"{value:.15g}"
    text = text if "." in text or "e" in text else f"{text}.0"  # Verilog-A has whole numbers, up to 2^31
    return f"({text})" if value < 0 else text


def transient_deck(
    model: MemristorModel,
    stimulus: Stimulus,
    states: Sequence[float],
    *,
    dialect: str = DECK_DIALECT,
    compiled: Path | None = None,
) -> Deck:
    """Return the deck of a transient of devices under one voltage, each between that voltage and ground.

    Its vectors are the voltage, then for each device its current and, if the model has one that moves, its state.

    Parameters
    ----------
    states : (devices,) of the devices at the beginning
    compiled : the compiled `memristor_module`, called after it, to use that in ngspice and not the subcircuit

    Raises
    ------
    DialectError
        the dialect cannot express the model, or no decks are written in it
    """
    step, stop = number(stimulus.step_s), number(stimulus.stop_s)
    return _deck(
        model, dialect, states, None, "transient", compiled, source=_source(stimulus), step_s=step, stop_s=stop
    )


def sweep_deck(
    model: MemristorModel,
    volts: tuple[float, float],
    points: int,
    states: Sequence[float],
    *,
    dialect: str = DECK_DIALECT,
) -> Deck:
    """Return the deck of a dc sweep from one voltage to another, in which no state moves; see `transient_deck`."""
    first, last = volts
    sweep = {"first_v": number(first), "last_v": number(last), "step_v": number((last - first) / (points - 1))}
    return _deck(model, dialect, states, points, "dc", None, source="vin in 0 0", **sweep)


def _deck(
    model: MemristorModel,
    dialect: str,
    states: Sequence[float],
    points: int | None,
    analysis: str,
    compiled: Path | None,
    **context: str,
) -> Deck:
    chosen = find_dialect(dialect)
    if compiled and dialect != DECK_DIALECT:
        raise DialectError(f"compiled modules are loaded by ngspice, and not by what reads the dialect {dialect}")
    if compiled and any(character.isspace() for character in str(compiled)):
        raise SetupError(
            f"{compiled}: ngspice loads no compiled module from a path with a space; name a folder without one for "
            "temporary files in TMPDIR"
        )
    if not chosen.decks:
        raise DialectError(f"simulation decks are not written in the dialect {dialect}, only exports are")
    name = f"memristor {model.name}"
    text = render(
        chosen.template("memristor_deck"),
        name=name,
        dialect=dialect,
        in_deck=True,
        reltol=number(RELTOL[analysis]),
        analysis=analysis,
        trtol=1,
        chgtol="",
        compiled=str(compiled or ""),
        subcircuit_text="" if compiled else memristor_subcircuit(model, dialect),
        subcircuit=compiled.stem if compiled else model.subcircuit,
        parameter=model.state.parameter,
        states=[number(model.checked_state(state)) for state in states],
        **context,
    )
    vectors = ["v(in)"]
    for at in range(len(states)):
        state = f"v(nm{at}#x)" if compiled else f"v(xm{at}{chosen.within}x)"
        vectors += [f"i(vm{at})", *([state] if model.moves else [])]
    return Deck(name=name, text=text, vectors=tuple(vectors), points=points, dialect=dialect)


def _source(stimulus: Stimulus) -> str:
    """Return the line of the voltage source of a stimulus, the same in all dialects that decks are written in."""
    if isinstance(stimulus, Sine):
        return f"vin in 0 sin(0 {number(stimulus.amplitude_v)} {number(stimulus.hertz)})"
    time_s, volts = stimulus.points
    # All digits: pulses of nanoseconds may follow on seconds.
    return f"vin in 0 pwl({' '.join(f'{t:.15g} {v:.15g}' for t, v in zip(time_s, volts, strict=True))})"
