# SPDX-License-Identifier: GPL-3.0-or-later
"""Every primitive operation as a circuit, alone, at both strides and with borders, against the numeric reference."""

from dataclasses import replace

import numpy as np
import pytest
from deployments import deployed, primitive

from memnet.circuit.build import build_circuit
from memnet.circuit.timing import critical_path_s
from memnet.deployment.readback import quantised_parameters
from memnet.deployment.stages import INPUT
from memnet.errors import SimulationError
from memnet.genotype.operations import PRIMITIVES
from memnet.netlist.flat import Sweep, Transient, flat_deck, voltage_vectors
from memnet.network.reference import forward
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images
from memnet.simulation.transient import STEP_AT_S, input_step

DEFAULT_V, IDEAL_V = 5e-4, 1e-5  # largest deviation at the node, of 0.16 V full scale


def node_volts(case, circuit):
    """Return the node's voltages in ngspice and by the quantised reference, (images, nets) each."""
    images_v = case.images.reshape(len(case.images), -1) * circuit.input_scale_v
    found = sweep_images(circuit, images_v, find_engine("ngspice"), keep=("node2",)).volts["node2"]
    parameters = quantised_parameters(case.network, case.placement)
    wanted = forward(case.network, parameters, case.images, record=("node2",)).values["node2"]
    return found, wanted.reshape(len(case.images), -1) * case.deployment.scales["node2"]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("op", PRIMITIVES)
def test_primitive_matches_reference_with_the_default_op_amp(op, stride):
    case = deployed(primitive(op, stride=stride), images=4)
    found, wanted = node_volts(case, case.circuit)
    assert np.abs(found - wanted).max() < DEFAULT_V
    if op != "none":
        assert np.abs(wanted).max() > 0.02  # the comparison is not one of zeros


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("op", [op for op in PRIMITIVES if op != "none"])
def test_primitive_matches_reference_closely_with_ideal_blocks(op, stride):
    case = deployed(primitive(op, stride=stride), images=4)
    ideal = replace(case.deployment, technology=case.deployment.technology.ideal())
    found, wanted = node_volts(case, build_circuit(ideal))
    assert np.abs(found - wanted).max() < IDEAL_V


def without_line(text, start):
    """Drop the first line that begins with `start`."""
    lines = text.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if line.startswith(start))
    return "".join(lines[:at] + lines[at + 1 :])


def turned(text, start):
    """Exchange the output nets of the first source whose line begins with `start`."""
    lines = text.splitlines(keepends=True)
    at = next(index for index, line in enumerate(lines) if line.startswith(start))
    name, out_p, out_n, rest = lines[at].split(maxsplit=3)
    lines[at] = " ".join([name, out_n, out_p, rest])
    return "".join(lines)


@pytest.mark.parametrize(
    "fault",
    [lambda text: without_line(text, "r10 "), lambda text: without_line(text, "rsm"), lambda text: turned(text, "b")],
    ids=["a memristor dropped", "a coupling resistor dropped", "an input turned round"],
)
def test_a_fault_in_the_circuit_is_seen(fault):
    """The tolerance catches a single wrong device: what the other tests accept, they would not accept with a fault."""
    case = deployed(primitive("sep_conv_3x3"), images=4)
    circuit = case.circuit
    inputs = {INPUT: case.images.reshape(len(case.images), -1) * circuit.input_scale_v}
    deck = flat_deck(
        circuit,
        circuit.blocks,
        name="net",
        inputs=inputs,
        analysis=Sweep(images=len(case.images)),
        saved=voltage_vectors(circuit, ["node2"]),
    )
    _, wanted = node_volts(case, circuit)
    engine = find_engine("ngspice")
    assert np.abs(engine.run(deck).values - wanted).max() < DEFAULT_V
    broken = engine.run(replace(deck, text=fault(deck.text))).values
    assert np.abs(broken - wanted).max() > 2 * DEFAULT_V


def settles(case, change=lambda text: text):
    """Step from one image to the next and return the node's largest deviation from its dc solution at the end."""
    circuit = case.circuit
    images_v = case.images[:2].reshape(2, -1) * circuit.input_scale_v
    stop = STEP_AT_S + 8 * critical_path_s(circuit)
    step = input_step(images_v[0], images_v[1], stop)
    analysis = Transient(axes_s={INPUT: step.time_s}, stepping=True, step_s=stop / 100, stop_s=stop)
    deck = flat_deck(
        circuit,
        circuit.blocks,
        name="net",
        inputs={INPUT: step.volts},
        analysis=analysis,
        saved=voltage_vectors(circuit, ["node2"]),
    )
    final = sweep_images(circuit, images_v, find_engine("ngspice"), keep=("node2",)).volts["node2"][1]
    return np.abs(find_engine("ngspice").run(replace(deck, text=change(deck.text))).values[-1] - final).max()


@pytest.mark.parametrize("op", ["max_pool_3x3", "avg_pool_3x3", "sep_conv_3x3"])
def test_primitive_settles_where_the_dc_sweep_says(op):
    assert settles(deployed(primitive(op))) < DEFAULT_V


@pytest.mark.parametrize("start", ["e", "b"])
def test_an_op_amp_turned_round_does_not_settle(start):
    """A dc sweep cannot see feedback of the wrong sign, since -A0 gives nearly the same solution; a transient does.

    `e` is the output source of the first op-amp, `b` the slew-limited input stage of a transient.
    """
    with pytest.raises((AssertionError, SimulationError)):
        assert settles(deployed(primitive("sep_conv_3x3")), lambda text: turned(text, start)) < DEFAULT_V
