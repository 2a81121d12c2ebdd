# SPDX-License-Identifier: GPL-3.0-or-later
"""Circuits as arrays: windows unroll as convolutions do, max trees select, feedback compensates finite gain."""

import numpy as np
import pytest
from deployments import deployed, primitive, whole
from hypothesis import given, settings
from hypothesis import strategies as st

from memnet.circuit.amplifiers import compensated_feedback
from memnet.circuit.banks import Memristors, TiaPairs
from memnet.circuit.build import deck_names
from memnet.circuit.pools import max_tree
from memnet.deployment.individual import individual_plan
from memnet.errors import MappingError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.operators import Window, unroll


@given(
    st.integers(1, 3),
    st.integers(2, 6),
    st.sampled_from([1, 3, 5]),
    st.sampled_from([1, 2]),
    st.sampled_from([1, 2]),
    st.booleans(),
)
def test_unrolled_windows_are_convolutions(channels, side, kernel, dilation, stride, dense):
    out = (side - 1) // stride + 1
    padding = dilation * (kernel // 2)
    window = Window.square(kernel, stride=stride, dilation=dilation, padding=padding, dense=dense)
    outputs = channels + 1 if dense else channels
    crossings = unroll(window, (channels, side, side), (outputs, out, out))
    random = np.random.RandomState(0)
    image = random.standard_normal((channels, side, side))
    weights = random.standard_normal((outputs, channels if dense else 1, kernel, kernel))
    products = weights.reshape(-1)[crossings.weight] * image.reshape(-1)[crossings.rows]
    found = np.bincount(crossings.columns, weights=products, minlength=outputs * out * out).reshape(outputs, out, out)
    padded = np.pad(image, [(0, 0), (padding, padding), (padding, padding)])
    for o, y, x in np.ndindex(outputs, out, out):
        patch = padded[:, y * stride :, x * stride :][:, : dilation * kernel : dilation, : dilation * kernel : dilation]
        patch = patch if dense else patch[o : o + 1]
        assert found[o, y, x] == pytest.approx((patch * weights[o]).sum(), abs=1e-9)


@given(st.integers(1, 2), st.integers(1, 7), st.sampled_from([1, 2]))
def test_max_trees_select_the_largest_of_their_window(channels, side, stride):
    out = (side - 1) // stride + 1
    values = dict(enumerate(np.random.RandomState(side).standard_normal(channels * side * side), start=1))
    inputs = np.arange(1, channels * side * side + 1).reshape(channels, side, side)
    last = [inputs.size]

    def allocate(name, count):
        last[0] += count
        return np.arange(last[0] - count + 1, last[0] + 1)

    selectors, nets = max_tree(Window.square(3, stride=stride, padding=1), inputs, (channels, out, out), allocate)
    for bank in selectors:
        for first, second, larger in zip(bank.first, bank.second, bank.out, strict=True):
            values[int(larger)] = max(values[int(first)], values[int(second)])
    image = np.vectorize(values.get)(inputs)
    for c, y, x in np.ndindex(channels, out, out):
        rows = slice(max(y * stride - 1, 0), y * stride + 2)
        columns = slice(max(x * stride - 1, 0), x * stride + 2)
        assert values[int(nets[c, y, x])] == image[c, rows, columns].max()


@given(st.floats(100, 1e6), st.floats(1e-6, 1e-2), st.floats(1e4, 1e8))
def test_compensated_feedback_undoes_finite_gain(nominal, siemens, gain):
    if nominal * siemens * 2 > gain:
        return
    feedback = float(compensated_feedback(np.array([nominal]), np.array([siemens]), gain, "x")[0])
    # Kirchhoff at the virtual ground with v- = -out / A0 and 1 A of input current.
    out = -1.0 / ((1 / feedback) * (1 + 1 / gain) + siemens / gain)
    assert out == pytest.approx(-nominal, rel=1e-9)


def test_a_noise_gain_beyond_the_op_amp_is_refused():
    with pytest.raises(MappingError, match="net/cell0/node2: a column's noise gain"):
        compensated_feedback(np.array([1e6]), np.array([1.0]), 1e4, "cell0/node2")


@pytest.mark.parametrize(("name", "macs"), [("DARTS_V1", 147200), ("DARTS_V2", 153856), ("PDARTS", 240384)])
def test_devices_are_two_a_multiplication_less_those_on_the_padding(name, macs):
    network = build_network(read_genotype(name))
    plan = individual_plan(network)
    shapes = plan.shapes()
    crossings = full = 0
    for stage in plan.stages:
        for term in stage.terms:
            if term.kind == "weights":
                crossings += len(unroll(term.window, shapes[term.source], stage.shape).columns)
                taps = 1 if term.window.per_output else len(term.window.offsets)
                full += int(np.prod(stage.shape)) * taps * (shapes[term.source][0] if term.window.dense else 1)
    assert 2 * full == macs
    if name == "DARTS_V1":
        assert 2 * crossings == 137632


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10000))
def test_every_net_has_one_driver_and_cut_decks_form_no_loop(seed):
    circuit = deployed(whole(f"random:{seed}", channels=1), images=1).circuit
    driven = [
        net
        for block in circuit.blocks
        for bank in block.banks
        if isinstance(bank, TiaPairs)
        for net in (*bank.middle, *bank.out)
    ]
    assert len(driven) == len(set(driven))
    known = {"input", "bias"}
    for block in circuit.blocks:
        assert set(block.inputs) <= known
        known |= set(block.outputs)
    plan = individual_plan(build_network(read_genotype(f"random:{seed}"), channels=1))
    deck, done = deck_names(plan), []
    for stage in plan.stages:
        done.append(deck[stage.name])
    # A deck may be simulated once all stages of the decks it reads are simulated: contracting must leave an order.
    import networkx as nx

    graph = nx.DiGraph()
    for stage in plan.stages:
        graph.add_node(deck[stage.name])
        for term in stage.terms:
            for part in plan.drivers(term.source):
                if part in deck and deck[part] != deck[stage.name]:
                    graph.add_edge(deck[part], deck[stage.name])
    assert nx.is_directed_acyclic_graph(graph)


def test_memristors_of_a_crossbar_lie_within_the_device_range():
    circuit = deployed(primitive("dil_conv_5x5")).circuit
    device = circuit.technology.memristor
    found = np.concatenate(
        [bank.siemens for block in circuit.blocks for bank in block.banks if isinstance(bank, Memristors)]
    )
    assert found.min() >= device.g_min_siemens * (1 - 1e-12)
    assert found.max() <= device.g_max_siemens * (1 + 1e-12)
