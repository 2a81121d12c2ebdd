# SPDX-License-Identifier: GPL-3.0-or-later
"""Frequency responses by ac analyses in ngspice, held against closed forms of the amplifiers' loops."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from needed import needs
from small_results import SMALL

import memnet
from memnet.circuit import compensated_feedback
from memnet.errors import DataError, SetupError
from memnet.numeric import NumericCircuit
from memnet.simulation.engines import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.technology import load_technology

RANDOM = np.random.default_rng(0)
W, B = RANDOM.normal(size=(3, 5)), RANDOM.normal(size=3)
FARADS = {"wires": True, "wire_ohm": 0.0, "wire_farad": 4e-14, "array": "64x64"}


def closed_form(made, hertz):
    """Return the gains (points, outputs, inputs) of two amplifiers, from conductances and the technology alone.

    A virtual ground that G and C lead into, Gf of them from an output of gain A and bandwidth GBW, gives
    out = -I / (Gf + (G + s C) (1 / A + s / (2 pi GBW))).
    """
    technology, s = made.technology, 2j * np.pi * hertz[:, None]
    gain, rate = technology.opamp.gain, 2 * np.pi * technology.opamp.gbw_hz
    plus, minus, bias_plus, bias_minus = (
        side.reshape(len(W), -1) for side in made.devices.sides(made.deployment.plan.stages[0])
    )
    ohm = made.deployment.programs["crossbar"].feedback_ohm(technology)
    rows = [(plus, bias_plus, 0.0), (minus, bias_minus, 1.0 / ohm)]
    farad = 0.0 if made.wiring is None else made.wiring.column_farad * (plus.shape[1] + bias_plus.shape[1])
    shares = []
    for signal, bias, more in rows:
        into = signal.sum(axis=1) + bias.sum(axis=1) + more
        feedback = 1.0 / compensated_feedback(ohm[:, None], into[:, None], gain, "crossbar")[:, 0]
        shares.append(1.0 / (feedback + (into + feedback + s * farad) * (1.0 / gain + s / rate)))  # ohm
    first, second = (each[:, :, None] for each in shares)
    volts = second * (first * plus / ohm[:, None] - minus)
    return volts * made.input_scale_v / made.output_scale_v


@pytest.mark.parametrize(("options", "hertz"), [({}, (1e3, 1e9)), (FARADS, (1e6, 1e9))], ids=["pole", "second pole"])
def test_a_crossbar_has_the_response_of_its_loops(options, hertz):
    needs("ngspice")
    made = memnet.crossbar(W, B, **options)
    found, gains = made.ac(first_hz=hertz[0], last_hz=hertz[1], per_decade=5)
    assert found[[0, -1]] == pytest.approx(hertz)
    expected = closed_form(made, found)
    assert gains.shape == expected.shape == (len(found), 3, 5)
    assert np.abs(gains - expected).max() < 1e-5 * np.abs(expected).max()
    if not options:
        assert gains[0].real == pytest.approx(made.reference(np.eye(5), quantised=True).T - _bias(made), abs=1e-6)
    else:  # the capacitance shows: without it, the response is another one
        assert np.abs(gains - closed_form(memnet.crossbar(W, B), found)).max() > 0.05 * np.abs(expected).max()


def _bias(made):
    return made.reference(np.zeros((1, 5)), quantised=True).T


@cache
def chip():
    return memnet.Chip.of(SMALL, channels=1)


def test_a_block_has_at_low_frequencies_the_slope_of_its_dc_solutions():
    needs("ngspice")
    small, output = chip(), "stem/rectified"
    found = small.ac("stem", "input", nets=[output, "stem/middle_c0y1x2"], last_hz=1e8, per_decade=2)
    assert found.names[-1] == "stem/middle_c0y1x2" and found.gains.shape == (11, len(found.names))
    images_v = small.input_volts(small.dataset.test_images[:1])
    moved_v = np.concatenate([images_v, images_v + 1e-4])
    solved = sweep_images(small.circuit, moved_v, find_engine("ngspice"), keep=[output]).volts[output]
    slope, sure = (solved[1] - solved[0]) / 1e-4, np.abs(solved[0]) > 1e-3
    shut = solved[0] <= 0
    assert sure.any() and shut.any()
    assert found.gains[0, :-1][sure].real == pytest.approx(slope[sure], rel=1e-4, abs=1e-5)
    assert np.abs(found.gains[0, :-1][shut]).max() < 1e-4
    table = found.to_pandas()
    assert table.index.name == "frequency_hz" and list(table.columns) == list(found.names)
    assert found.gain_db[0, -1] == pytest.approx(20 * math.log10(abs(found.gains[0, -1])))
    assert found.phase_degrees.shape == found.gains.shape


def test_a_max_pool_passes_on_the_largest_of_its_window_alone():
    needs("ngspice")
    small = chip()
    block = next(block for block in small.circuit.blocks if block.kind == "max_pool")
    source = block.inputs[0]
    volts = NumericCircuit(small.devices).run(small.input_volts(small.dataset.test_images[:1]), keep=[source]).volts
    shape, read = small.circuit.groups[source].shape, volts[source][0]
    largest = int(read.argmax())
    channel, y, x = np.unravel_index(largest, shape)
    found = small.ac(block.name, f"{source}_c{channel}y{y}x{x}", last_hz=1e3, per_decade=1)
    below = small.ac(block.name, f"{source}_c{channel}y{y}x{0 if x else 1}", last_hz=1e3, per_decade=1)
    follows = np.abs(found.gains[0] - 1.0) < 1e-3
    assert follows.any() and (follows | (np.abs(found.gains[0]) < 1e-3)).all()
    assert (np.abs(below.gains[0][follows]) < 1e-3).all()


def test_the_executable_finds_the_same_as_the_library():
    needs("ngspice-batch")
    made = memnet.crossbar(W[:, :1])
    (hertz, library), (same, batch) = (made.ac(engine=name, per_decade=1) for name in ("ngspice", "ngspice-batch"))
    assert same == pytest.approx(hertz)
    assert np.abs(batch - library).max() < 1e-9


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        (("stam", "input"), SetupError, "stam: no stage has that name"),
        (("stem", "inpud"), SetupError, "inpud: no net or group of nets has that name"),
        (("stem", "cell0/node2"), SetupError, "cell0/node2: stem does not read it"),
        (("stem", "input", {"nets": ["cell0/node2"]}), SetupError, "cell0/node2: stem does not have it"),
        (("stem", "input", {"nets": "stem/plus"}), SetupError, "give a list of nets"),
        (("stem", "input", {"first_hz": 0.0}), SetupError, "give two frequencies above 0"),
        (("stem", "input", {"per_decade": 0}), SetupError, "per_decade = 0: give 1 or more"),
        (("stem", "input", {"image": 10**6}), DataError, "image = 1000000; give the number of one of its"),
        (("stem", "input", {"engine": "embedded"}), SetupError, "ac analyses are run in ngspice"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked, error, message):
    stage, source, *more = asked
    if more and "engine" in more[0]:
        needs("embedded")
    with pytest.raises(error, match=message):
        chip().ac(stage, source, **(more[0] if more else {}))


def test_noise_of_a_crossbar_is_that_of_its_columns():
    made = memnet.crossbar(W, B, technology="hfox-130nm")
    found = made.noise(RANDOM.uniform(-1, 1, (2, 5)))
    assert {rms.shape for rms in found.values()} == {(2, 3)}
    parts = [found[name] for name in ("amplifiers", "thermal", "flicker", "telegraph")]
    assert found["all"] == pytest.approx(np.sqrt(sum(np.square(each) for each in parts)))
    assert (found["all"] > 0).all()


@pytest.mark.parametrize("options", [{"wires": True}, {"cell": "1T1R"}, {"memristor": "milo", "technology": "milo"}])
def test_noise_of_a_crossbar_is_refused_where_that_of_a_chip_is(options):
    if "technology" in options:
        base = load_technology()
        options["technology"] = replace(base, memristor=replace(base.memristor, g_min_siemens=5e-5, g_max_siemens=2e-4))
    with pytest.raises(SetupError, match=r"^noise and .*: give one of them"):
        memnet.crossbar(W, B, **options).noise(np.ones((1, 5)))
