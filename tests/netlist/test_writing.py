# SPDX-License-Identifier: GPL-3.0-or-later
"""Bulk rows against templates rendered device by device; decks written piece by piece; memory that does not grow."""

import re
import tracemalloc

import numpy as np
import pytest
from deployments import deployed, primitive

from memnet.circuit.banks import Memristors
from memnet.circuit.base import Crosspoints
from memnet.circuit.blocks import Block
from memnet.deployment.stages import BIAS_RAIL
from memnet.netlist.bank_writer import BankWriter, ShortNames
from memnet.netlist.dialects import DIALECTS, DialectError
from memnet.netlist.flat import Sweep, Transient, deck_pieces, flat_deck, prepare_decks
from memnet.netlist.templates import environment, render


def written(circuit, bank):
    writer = BankWriter(circuit.technology, transient=True, selects=circuit.selects)
    return b"".join(writer.text(bank, ShortNames())).decode()


def one_by_one(circuit, bank):
    """Render the template of each device alone, as a writer without bulk rows would."""
    writer = BankWriter(circuit.technology, transient=True, selects=circuit.selects)
    template = "memristor" if isinstance(bank, Memristors) else "scale_resistor"
    ohm = bank.effective_ohm(circuit.selects, circuit.technology)
    return "".join(
        render(
            f"spice/{template}.sp.j2",
            id=str(at),
            row=f"n{bank.row[at]}",
            column=f"n{bank.column[at]}",
            ohm=f"{ohm[at]:.9e}",
            select="",
            gate="",
            powered=True,
            rectified=False,
            **writer.constants,
        )
        for at in range(len(bank.row))
    )


@pytest.mark.parametrize("op", ["sep_conv_3x3", "avg_pool_3x3", "skip_connect"])
def test_bulk_rows_are_the_rendered_templates(op):
    circuit = deployed(primitive(op)).circuit
    banks = [bank for block in circuit.blocks for bank in block.banks if isinstance(bank, Crosspoints)]
    assert banks
    for bank in banks:
        assert written(circuit, bank) == one_by_one(circuit, bank)


def test_batches_of_rows_join_without_a_seam(monkeypatch):
    circuit = deployed(primitive("sep_conv_3x3")).circuit
    bank = next(bank for bank in circuit.blocks[0].banks if isinstance(bank, Memristors))
    whole = written(circuit, bank)
    monkeypatch.setattr("memnet.netlist.texts.BATCH_PARTS", 7)
    assert written(circuit, bank) == whole


def test_streamed_and_whole_decks_are_the_same_bytes():
    made = deployed(primitive("max_pool_3x3"))
    inputs = {"input": made.images.reshape(len(made.images), -1)}
    options = {"name": "net", "inputs": inputs, "analysis": Sweep(images=len(made.images)), "saved": ("v(n1)",)}
    pieces = list(deck_pieces(made.circuit, made.circuit.blocks, **options))
    assert len(pieces) > 10
    assert b"".join(pieces).decode() == flat_deck(made.circuit, made.circuit.blocks, **options).text


@pytest.mark.parametrize("dialect", ["ngspice", "xyce"])
def test_decks_that_were_prepared_load_no_further_template(dialect):
    """Workers are forked after that, so what is loaded there is loaded in each of them again."""
    environment.cache_clear()
    prepare_decks(dialect)
    prepared = set(environment().cache.keys())
    for operation in ("sep_conv_3x3", "max_pool_3x3", "avg_pool_3x3"):
        made = deployed(primitive(operation))
        volts, images = {"input": made.images.reshape(len(made.images), -1)}, Sweep(images=len(made.images))
        options = {"name": "net", "inputs": volts, "analysis": images, "saved": (), "dialect": dialect}
        flat_deck(made.circuit, made.circuit.blocks, **options)
    assert set(environment().cache.keys()) == prepared


def linear_elements(text):
    return [line for line in text.splitlines() if line[:1] in {"r", "c", "e", "g"}]


@pytest.mark.parametrize("stepping", [None, False, True])
def test_decks_of_two_dialects_have_the_same_circuit_and_sources_of_their_own(stepping):
    made = deployed(primitive("sep_conv_3x3"), images=2)
    times = np.array([0.0, 1e-7])
    analysis = Sweep(images=2)
    if stepping is not None:
        analysis = Transient(axes_s={"input": times}, stepping=stepping, step_s=1e-9, stop_s=1e-7)
    options = {
        "name": "net",
        "inputs": {"input": made.images.reshape(2, -1)},
        "analysis": analysis,
        "saved": ("v(n1)",),
    }
    texts = {
        name: flat_deck(made.circuit, made.circuit.blocks, dialect=name, **options) for name in ("ngspice", "xyce")
    }
    ours, theirs = texts["ngspice"].text, texts["xyce"].text
    assert texts["xyce"].dialect == "xyce"
    assert len(linear_elements(ours)) > 100 and linear_elements(theirs) == linear_elements(ours)
    line = next(line for line in theirs.splitlines() if line.split()[1:2] == ["n2"] and line[:1] in {"b", "v"})
    first, second = (f"{value:.9g}" for value in made.images.reshape(2, -1)[:, 0])
    expected = {
        None: f"b2 n2 0 v={{fasttable(v(idx),0,{first},1,{second},2,{second})}}",
        False: f"b2 n2 0 v={{fasttable(time,0,{first},1e-07,{second})}}",
        True: f"v2 n2 0 pwl(0 {first} 1e-07 {second})",
    }
    assert line == expected[stepping]
    assert ".save" in ours and ".save" not in theirs and "vntol" not in theirs


def test_each_input_group_of_a_transient_has_its_own_times():
    made = deployed(primitive("sep_conv_3x3"), images=2)
    other = next(name for name in made.circuit.groups if name not in ("input", BIAS_RAIL))
    width = len(made.circuit.groups[other].nets)
    axes_s = {"input": np.array([0.0, 1e-7]), other: np.array([0.0, 3e-8, 1e-7])}
    deck = flat_deck(
        made.circuit,
        (),
        name="net",
        inputs={"input": made.images.reshape(2, -1), other: np.tile([[0.5], [0.25], [0.0]], (1, width))},
        analysis=Transient(axes_s=axes_s, stepping=False, step_s=1e-9, stop_s=1e-7),
        saved=("v(n1)",),
    )
    lines = {line.split()[1]: line.split("=")[1] for line in deck.text.splitlines() if line.startswith("b")}
    assert lines[f"n{made.circuit.groups[other].first}"] == "pwl(time,0,0.5,3e-08,0.25,1e-07,0)"
    first, second = (f"{value:.9g}" for value in made.images.reshape(2, -1)[:, 0])
    assert lines[f"n{made.circuit.groups['input'].first}"] == f"pwl(time,0,{first},1e-07,{second})"


def test_errors_at_low_voltages_are_those_of_one_voltage_at_the_poles():
    made = deployed(primitive("sep_conv_3x3"), images=1)
    farad = 1e-3 / (2 * np.pi * made.circuit.technology.opamp.gbw_hz)
    for least_v, expected in ((None, []), (0.1, [pytest.approx(0.1 * farad)])):
        analysis = Transient(axes_s={}, stepping=True, step_s=1e-9, stop_s=1e-7, least_v=least_v)
        text = flat_deck(made.circuit, (), name="net", inputs={}, analysis=analysis, saved=("v(n1)",)).text
        assert [float(found) for found in re.findall(r"^\.options .* chgtol=(\S+)", text, re.MULTILINE)] == expected


def test_decks_in_a_dialect_of_exports_alone_are_refused():
    made = deployed(primitive("none"), images=1)
    decks = [name for name, dialect in DIALECTS.items() if dialect.decks]
    assert decks == ["ngspice", "xyce"]
    for name in set(DIALECTS) - set(decks):
        with pytest.raises(DialectError, match=f"decks are not written in the dialect {name}, only exports are"):
            flat_deck(made.circuit, (), name="net", inputs={}, analysis=Sweep(images=1), saved=(), dialect=name)


def crossbars(count, size=200_000):
    column = np.arange(2, size + 2, dtype=np.int64)
    for at in range(count):
        bank = Memristors(row=column * 0 + 1, column=column, siemens=np.full(size, 1e-5))
        yield Block(name=str(at), kind="crossbar", partition="", inputs=(), outputs=(), internal=(), banks=(bank,))


def test_memory_does_not_grow_with_the_deck():
    circuit = deployed(primitive("none")).circuit
    peaks = []
    for count in (1, 8):
        tracemalloc.start()
        pieces = deck_pieces(circuit, crossbars(count), name="net", inputs={}, analysis=Sweep(images=1), saved=())
        length = sum(map(len, pieces))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert length > 8 * 200_000 * 25
    assert peaks[1] < 1.3 * peaks[0]


def test_a_bank_of_no_devices_writes_nothing():
    circuit = deployed(primitive("none")).circuit
    none = np.zeros(0, dtype=np.int64)
    assert written(circuit, Memristors(row=none, column=none, siemens=np.zeros(0))) == ""
