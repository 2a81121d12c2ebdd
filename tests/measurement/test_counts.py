# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts of components from plans, from programmed plans, from banks that are built, and from an export's text."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from deployments import CELL, Deployed, cell, deployed, hypercell, whole

from memnet.circuit.banks import Followers, Inverters, Memristors, ScaleResistors, Selectors, Switches, TiaPairs
from memnet.circuit.base import Tally
from memnet.circuit.blocks import Circuit, count_devices
from memnet.deployment.hypernetwork.plan import STRUCTURES
from memnet.measurement.area import Counts, component_areas, count_components, count_deployment, count_plan
from memnet.netlist.export import export_files
from memnet.netlist.hierarchy import count_elements
from memnet.technology import load_technology

ALONE = ("cell", "whole")


@cache
def case(name: str) -> Deployed:
    if name == "cell":
        return deployed(cell())
    return deployed(whole(CELL)) if name == "whole" else deployed(hypercell(), structure=name)


def some_banks(select: str) -> tuple:
    three, ones = np.arange(3), np.ones(3)
    return (
        Memristors(row=three, column=three, siemens=ones, select=select),
        ScaleResistors(row=three, column=three, ohm=ones, select=select),
        TiaPairs(
            plus=three,
            middle=three,
            minus=three,
            out=three,
            feedback_plus=ones,
            coupling=ones,
            feedback_minus=ones,
            rectified=False,
            select=select,
        ),
        Inverters(sum=three, out=three, feedback=ones, select=select),
        Followers(input=three, out=three, rectified=True, select=select),
        Selectors(first=three, second=three, decision=three, out=three, select=select),
        Switches(first=three, second=three, select=select),
    )


def test_every_bank_counts_its_components():
    counts = Counts.of(count_devices(some_banks("")))
    assert counts == Counts(memristors=3, opamps=12, comparators=3, switches=6, resistors=15)
    technology = load_technology()
    parts = component_areas(counts + Counts(dacs=2, adcs=1), technology)
    assert parts["opamps"] == 12 * technology.opamp.area_m2
    assert parts["adcs"] == technology.passive.adc_area_m2
    assert set(parts) == set(asdict(counts)) - {"access_transistors", "bias_at_least"}  # inside memristors


def test_every_select_net_counts_its_switches_once():
    """An access transistor a cell, a supply switch an op-amp and comparator, and the analog switches of the bank."""
    free, switched = (Counts.of(count_devices(some_banks(select))) for select in ("", "s"))
    assert switched == replace(free, access_transistors=6, switches=9, enables=15)


def powered_outputs(circuit: Circuit) -> np.ndarray:
    """Return the nets that op-amps and comparators with a supply switch drive; no two drive the same one."""
    outputs = [np.zeros(0, dtype=np.int64)]
    for bank in (bank for block in circuit.blocks for bank in block.banks if bank.select):
        names = {TiaPairs: ("middle", "out"), Followers: ("out",), Inverters: ("out",), Selectors: ("decision",)}
        outputs += [getattr(bank, name) for name in names.get(type(bank), ())]
    return np.unique(np.concatenate(outputs))


@pytest.mark.parametrize("name", [*ALONE, *STRUCTURES])
def test_counts_from_a_plan_are_those_of_the_banks_built(name):
    chip = case(name)
    banks = [bank for block in chip.circuit.blocks for bank in block.banks]
    for block in chip.circuit.blocks:
        assert block.tally() == count_devices(block.banks)
    counts = count_deployment(chip.deployment)
    assert counts == count_components(chip.circuit)
    assert counts.memristors == len(chip.placement)
    assert counts.enables == len(powered_outputs(chip.circuit))
    in_series = [len(bank) for bank in banks if isinstance(bank, Memristors | ScaleResistors) and bank.select]
    assert counts.access_transistors == sum(in_series)
    assert (counts.enables > 0) == (counts.access_transistors > 0) == (name in STRUCTURES)


@pytest.mark.parametrize("name", [*ALONE, *STRUCTURES])
def test_a_plan_without_weights_says_that_bias_rows_are_a_lower_bound(name):
    chip = case(name)
    counts, exact = count_plan(chip.deployment.plan), count_deployment(chip.deployment)
    assert not exact.lower_bound and counts.lower_bound == (name in ALONE)
    assert replace(counts, memristors=exact.memristors, bias_at_least=0) == exact
    if name in STRUCTURES:
        assert counts == exact
    stages = [stage for stage in chip.deployment.plan.stages if stage.name in chip.deployment.programs]
    terms = [(stage, term) for stage in stages for term in stage.terms if term.kind == "bias" and not term.bias_rows]
    columns = sum(2 * int(np.prod(stage.shape)) for stage, _ in terms)
    rows = 0
    for stage, term in terms:
        levels = chip.deployment.programs[stage.name].pairs[term.unit].plus
        rows += 2 * levels.size * stage.shape[1] * stage.shape[2]
    assert counts.bias_at_least == columns and exact.memristors - counts.memristors == rows - columns


@pytest.mark.parametrize(
    ("name", "dialect"), [("cell", "ngspice"), *((name, "ngspice") for name in STRUCTURES), ("slotted", "spectre")]
)
def test_an_export_counts_what_the_chip_has_and_its_text_shows(name, dialect):
    """The manifest has the names and numbers of `Counts`, and each kind of switch is there as often as it says."""
    chip = case(name)
    counts = asdict(count_components(chip.circuit))
    counts["resistors"] += counts.pop("programmable")  # the same resistors, whatever they are made of
    totals: dict[str, int] = {}
    for block in chip.circuit.blocks:
        for component, count in count_elements(block).items():
            totals[component] = totals.get(component, 0) + count
    assert totals == {component: counts[component] for component in totals}
    files = {file: b"".join(pieces).decode() for file, pieces in export_files(chip.export(name, dialect=dialect))}
    text = "".join(content for file, content in files.items() if file.startswith(("blocks/", "conductances/")))
    switches = len(re.findall(r"^s\w*w\w* ", text, re.MULTILINE))
    assert switches == totals["access_transistors"] + totals["switches"] - 2 * totals["comparators"]
    amplifiers, comparators = (re.findall(rf" {kind}\w*$", text, re.MULTILINE) for kind in ("opamp", "selector"))
    assert (len(amplifiers), len(comparators)) == (totals["opamps"], totals["comparators"])
    assert sum(word.endswith("_gated") for word in (*amplifiers, *comparators)) == counts["enables"]
    assert (counts["enables"] > 0) == (name in STRUCTURES)


def test_tallies_add_up_and_give_resistors_and_switches():
    tally = Tally(scale_resistors=5, pairs=2, inverters=1, selectors=3, switches=4)
    assert (tally + tally).resistors == 2 * tally.resistors == 2 * (5 + 3 * 2 + 1)
    assert tally.analog_switches == 2 * 3 + 4
