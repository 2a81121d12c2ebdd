# SPDX-License-Identifier: GPL-3.0-or-later
"""What netlists say, read with the rules of their dialects: offsets, switches, comparators, inputs, times, classes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from math import pi

import numpy as np
import pytest
from deployments import Deployed, cell, deployed, hypercell

from memnet.circuit.banks import Followers, Inverters, TiaPairs
from memnet.circuit.blocks import Block
from memnet.circuit.build import build_circuit
from memnet.deployment.chip_devices import ChipDevices
from memnet.deployment.stages import INPUT
from memnet.devices.spread import DeviceSpread
from memnet.netlist.contents import Timing
from memnet.netlist.dialects import DIALECTS, find_dialect
from memnet.netlist.export import RISE_SHARE, export_files
from memnet.netlist.flat import Sweep, flat_deck
from memnet.netlist.hierarchy import HierarchyWriter

NUMBER = r"[-+]?\d[\d.]*(?:e[-+]?\d+)?"


@cache
def switched() -> Deployed:
    """Return a hypernetwork whose op-amps have offsets of their own."""
    made = deployed(hypercell(), images=2, structure="shared")
    devices = ChipDevices(made.deployment, DeviceSpread(offset_v=1e-3, seed=3))
    return replace(made, circuit=build_circuit(made.deployment, devices))


@cache
def shown() -> tuple[Block, ...]:
    """Return the smallest of its blocks that have banks of every kind between them."""
    kinds, chosen = set(), []
    for block in sorted(switched().circuit.blocks, key=lambda block: sum(map(len, block.banks))):
        mine = {(type(bank), bool(bank.select)) for bank in block.banks}
        if not mine <= kinds:
            kinds |= mine
            chosen.append(block)
    return tuple(chosen)


@cache
def files(dialect: str) -> dict[str, str]:
    """Return the models, and structure and conductances of the blocks shown, by name."""
    writer = HierarchyWriter(switched().circuit, find_dialect(dialect), transient=False)
    texts = {"models": writer.models()}
    for block in shown():
        texts[f"block {block.name}"] = b"".join(writer.block(block)).decode()
        texts[f"conductances {block.name}"] = b"".join(writer.conductances(block)).decode()
    return texts


def offsets(banks: Iterable[object]) -> dict[str, list[float]]:
    """Return by letter the offsets that sources beside op-amps must have, volts, in the order of the devices."""
    found: dict[str, list[float]] = {"a": [], "b": [], "f": []}
    for bank in banks:
        if isinstance(bank, TiaPairs):
            found["a"] += bank.offset_plus.tolist()
            found["b"] += bank.offset_minus.tolist()
        elif isinstance(bank, Followers | Inverters):
            found["f" if isinstance(bank, Followers) else "a"] += bank.offset.tolist()
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_op_amp_has_the_offset_that_was_sampled_for_it(dialect):
    for block in shown():
        text = files(dialect)[f"conductances {block.name}"]
        for letter, expected in offsets(block.banks).items():
            written = re.findall(rf"^vos{letter}\S+ .*?({NUMBER})$", text, re.MULTILINE)
            np.testing.assert_allclose([float(volts) for volts in written], expected, rtol=1e-8, err_msg=block.name)


def ohm(dialect: str, line: str, models: str, control_v: float) -> float:
    """Return the resistance of a switch at a control voltage away from its threshold, ohm, by the dialect's rules."""
    if dialect == "hspice":  # resistance at the given voltages, straight lines between
        points = [tuple(map(float, pair.split(","))) for pair in line.split()[-2:]]
        return points[0][1] if control_v <= points[0][0] else points[-1][1]
    if dialect == "spectre":
        value = {name: float(number) for name, number in re.findall(rf"(\w+)=({NUMBER})", line)}
        return value["rclosed"] if control_v >= value["vt2"] else value["ropen"]
    model = re.search(rf"^\.model {line.split()[-1]} \w+\((.*)\)$", models, re.MULTILINE)
    value = {name: float(number) for name, number in re.findall(rf"(\w+)=({NUMBER})", model[1])}
    if dialect == "xyce":  # on at von, off at voff, whichever is larger
        on = abs(control_v - value["von"]) < abs(control_v - value["voff"])
        return value["ron"] if on else value["roff"]
    return value["ron"] if control_v > value["vt"] else value["roff"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_select_net_at_one_volt_switches_rows_in_and_at_zero_out(dialect):
    technology, models = switched().circuit.technology, files(dialect)["models"]
    switches = [
        line
        for name, text in files(dialect).items()
        if name.startswith("block ")
        for line in text.splitlines()
        if re.match(r"(g?sw)(p|m|lent|\d)", line)
    ]
    assert len(switches) > 20
    for line in {re.sub(r"^\S+ ", "", line).split("select_")[-1]: line for line in switches}.values():
        assert re.search(r"select_\w+ 0\b", line)  # the control voltage is that of the select net against ground
        assert ohm(dialect, line, models, 1.0) == technology.switch.ron_ohm
        assert ohm(dialect, line, models, 0.0) == technology.switch.roff_ohm


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_comparator_has_the_pole_of_its_delay(dialect):
    text = files(dialect)["models"].split("subckt selector")[1]
    siemens, ohms, farads = (
        float(re.search(rf"^{name}1 .*?({NUMBER})$", text, re.MULTILINE)[1]) for name in ("gc", "rc", "cc")
    )
    assert siemens * ohms == pytest.approx(1.0)
    assert ohms * farads == pytest.approx(switched().circuit.technology.comparator.delay_s)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_op_amp_has_the_gain_and_the_pole_of_the_technology(dialect):
    opamp, text = switched().circuit.technology.opamp, files(dialect)["models"].split("subckt opamp ")[1]
    siemens, ohms, farads = (
        float(re.search(rf"^{name}1 .*?({NUMBER})$", text, re.MULTILINE)[1]) for name in ("g", "r", "c")
    )
    assert siemens * ohms == pytest.approx(opamp.gain)
    assert siemens / (2 * pi * farads) == pytest.approx(opamp.gbw_hz)


def test_a_deck_has_its_inputs_to_nine_digits_and_the_tolerance_of_dc_sweeps():
    made = deployed(cell(), images=2)
    images_v = made.images.reshape(2, -1) * made.circuit.input_scale_v
    block = made.circuit.blocks[0]
    deck = flat_deck(
        made.circuit, [block], name="stem", inputs={INPUT: images_v}, analysis=Sweep(images=2), saved=("v(n2)",)
    )
    for net, column in zip(made.circuit.groups[INPUT].nets.tolist(), images_v.T, strict=True):
        table = re.search(rf"^b{net} n{net} 0 v=pwl\(v\(idx\),(.*)\)$", deck.text, re.MULTILINE)[1].split(",")
        np.testing.assert_allclose([float(volts) for volts in table[1:4:2]], column, rtol=1e-8)
    assert float(re.search(r"^\.options .*reltol=(\S+)", deck.text, re.MULTILINE)[1]) <= 1e-5


@pytest.mark.parametrize("dialect", DIALECTS)
def test_inputs_of_a_transient_change_after_an_image_has_had_its_time(dialect):
    made, timing = deployed(cell(), images=3), Timing(image_s=1e-6, step_s=1e-9)
    images_v = made.images.reshape(3, -1) * made.circuit.input_scale_v
    listed = dict(export_files(made.export("cell", dialect=dialect, timing=timing)))
    text = b"".join(listed[f"stimuli.{DIALECTS[dialect].suffix}"]).decode()
    tables = re.findall(r"(?:pwl\(|wave=\[)([^)\]]*)", text)
    assert len(tables) == images_v.shape[1]
    rise_s = timing.image_s * RISE_SHARE
    for table, column in zip(tables, images_v.T, strict=True):
        points = np.array([float(number) for number in re.findall(rf"(?<![\w.]){NUMBER}", table)]).reshape(-1, 2)
        for image, volts in enumerate(column):
            begin_s, end_s = image * timing.image_s + rise_s * (image > 0), (image + 1) * timing.image_s
            held = np.interp([begin_s, begin_s + 0.5 * timing.image_s, end_s], *points.T)
            np.testing.assert_allclose(held, volts, rtol=1e-8)
        half = np.interp(np.arange(1, 3) * timing.image_s + 0.5 * rise_s, *points.T)
        np.testing.assert_allclose(half, (column[:-1] + column[1:]) / 2, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_expected_class_is_the_largest_in_the_networks_units(sign):
    made = deployed(cell(), images=3)
    turned = replace(made, circuit=replace(made.circuit, output_scale_v=sign * abs(made.circuit.output_scale_v)))
    table = b"".join(dict(export_files(turned.export("cell")))["expected.csv"]).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [int(row["class"]) for row in rows] == made.logits.argmax(axis=1).tolist()
