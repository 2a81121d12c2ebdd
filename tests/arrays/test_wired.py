# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage with its wires is what its tiles are, crosspoint by crosspoint, whatever the layout of its conductances."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from deployments import deployed, primitive, whole

from memnet.arrays import ArraySize, StageTiles, wire_stage, wired_tiles
from memnet.deployment import ChannelRows, ChipDevices, Stage, Wiring, program_stage, term_crossings
from memnet.devices.spread import DeviceSpread
from memnet.numeric import NumericCircuit

WIRING = Wiring(rows=8, columns=6, row_ohm=40.0, column_ohm=90.0)  # small tiles and long wires, so that all matters
LARGE = Wiring(rows=128, columns=128, row_ohm=40.0, column_ohm=90.0)


def opened(siemens: np.ndarray, devices: ChipDevices) -> np.ndarray:
    """Return what open switches in series leave of conductances that were programmed with closed ones."""
    switch = devices.deployment.technology.switch
    return 1.0 / (1.0 / siemens - switch.ron_ohm + switch.roff_ohm)


def by_crosspoint(stage: Stage, devices: ChipDevices, wiring: Wiring):
    """Return effective conductances by unit, plus and minus, (crossings,) each, and column sums (side, columns)."""
    plan, program = devices.deployment.plan, devices.deployment.programs[stage.name]
    layout = StageTiles.of(stage, plan, program, ArraySize(wiring.rows, wiring.columns))
    place, siemens, columns = {}, {}, {}
    for term in stage.memristor_terms:
        place[term.unit] = layout.crosspoints(term)
        columns[term.unit] = term_crossings(stage, term, plan, program).columns
        siemens[term.unit] = devices.listed(stage, term)
        if not plan.on(term.select):
            siemens[term.unit] = tuple(opened(side, devices) for side in siemens[term.unit])
    cells = defaultdict(dict)  # by tile
    for unit, at in place.items():
        for side in (0, 1):
            for index, tile in enumerate(at.tile.tolist()):
                key = int(at.row[index]), int(at.column[index]) + side
                cells[tile][key] = unit, side, index, int(columns[unit][index])
    effective = {unit: tuple(np.zeros(len(each[0])) for _ in range(2)) for unit, each in siemens.items()}
    sums = np.zeros((2, int(np.prod(stage.shape))))
    for held in cells.values():
        tile = np.zeros((1, *(max(key[axis] for key in held) + 1 for axis in (0, 1))))
        for key, (unit, side, index, _) in held.items():
            tile[0][key] = siemens[unit][side][index]
        found = wired_tiles(tile, wiring.row_ohm, wiring.column_ohm)
        for key, (unit, side, index, _) in held.items():
            effective[unit][side][index] = found.effective[0][key]
        for side, column, line in {(side, column, key[1]) for key, (_, side, _, column) in held.items()}:
            sums[side, column] += found.sinks[0, line, line]
    return effective, sums


def listed(group, stage: Stage, devices: ChipDevices, values: np.ndarray) -> np.ndarray:
    """Return conductances in the layout of a group's rows as those of its crossings, (crossings,)."""
    if isinstance(group.rows, ChannelRows):
        return values
    program = devices.deployment.programs[stage.name]
    crossings = term_crossings(stage, group.term, devices.deployment.plan, program)
    channel, pixel = np.divmod(crossings.columns, stage.shape[1] * stage.shape[2])
    element = crossings.weight - channel * values.shape[-1]
    return values[channel, element] if values.ndim == 2 else values[pixel, channel, element]


VARIED = DeviceSpread(variation=0.2)


@pytest.mark.parametrize(
    ("structure", "spread", "wiring"),
    [("", DeviceSpread(), WIRING), ("", VARIED, LARGE), ("shared", DeviceSpread(), LARGE), ("shared", VARIED, WIRING)],
)
def test_stages_conduct_what_their_tiles_do(structure, spread, wiring):
    deployment = deployed(whole("DARTS_V2", channels=1), structure=structure).deployment
    devices = ChipDevices(deployment, spread)
    seen = set()
    for stage in deployment.plan.stages:
        shape = tuple((t.kind, t.window, deployment.plan.on(t.select)) for t in stage.terms), stage.shape
        if stage.kind != "crossbar" or not stage.memristive or shape in seen:
            continue
        seen.add(shape)
        programmed = program_stage(stage, devices)
        wired = wire_stage(stage, programmed, devices, wiring).programmed
        effective, sums = by_crosspoint(stage, devices, wiring)
        scale = [np.zeros(stage.shape).reshape(stage.shape[0], -1), 0.0]
        for group in wired.groups:
            if group.minus is None:
                scale[0] = scale[0] + group.rows.sums(group.plus)
                continue
            for side, values in enumerate((group.plus, group.minus)):
                found = listed(group, stage, devices, values)
                assert np.allclose(found, effective[group.term.unit][side], rtol=1e-6, atol=1e-14)
        for side, total in enumerate((wired.real.plus, wired.real.minus)):
            assert np.allclose(total - scale[side], sums[side].reshape(total.shape), rtol=1e-6, atol=1e-14)
        bias = [term.unit for term in stage.memristor_terms if term.kind == "bias"]
        for side, total in enumerate((wired.real.bias_plus, wired.real.bias_minus)):
            expected = sum(effective[unit][side].sum() for unit in bias)
            assert np.allclose(total.sum(), expected, rtol=1e-6, atol=1e-14)


def test_without_resistance_nothing_changes():
    made = deployed(primitive("sep_conv_3x3"))
    images_v = made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v
    free = Wiring(rows=8, columns=6, row_ohm=0.0, column_ohm=0.0)
    outputs = [
        NumericCircuit(ChipDevices(made.deployment, wiring=each)).run(images_v).outputs_v for each in (None, free)
    ]
    assert np.abs(outputs[1] - outputs[0]).max() < 1e-9 * np.abs(outputs[0]).max()
