# SPDX-License-Identifier: GPL-3.0-or-later
"""Folding, quantising and scaling: levels carry the weights within a step, voltages stay within limits."""

from dataclasses import replace

import numpy as np
import pytest
from deployments import deployed, primitive, whole
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from memnet.deployment.activations import stage_activations
from memnet.deployment.deploying import deploy
from memnet.deployment.first_amplifiers import FirstAmplifiers, source_volts
from memnet.deployment.fold import fold_batch_norm
from memnet.deployment.individual import individual_plan
from memnet.deployment.placement import BIAS
from memnet.deployment.quantise import MOST_BIAS_ROWS, BiasRows, bias_voltage, quantise_stage
from memnet.deployment.readback import quantised_parameters
from memnet.errors import MappingError, WeightsError
from memnet.network.fast_forward import images_last
from memnet.network.reference import fold, forward
from memnet.technology import load_technology

TECHNOLOGY = load_technology()
weights = st.floats(-3, 3, allow_nan=False, width=32)


@given(arrays(np.float64, (3, 2, 4), elements=weights), arrays(np.float64, 3, elements=weights), st.integers(1, 8))
def test_levels_carry_weights_and_biases_within_half_a_step(kernel, bias, bits):
    technology = TECHNOLOGY.with_bits(bits)
    program = quantise_stage(
        {"k": kernel}, {"b": BiasRows(total=bias, rows=None)}, 0.05, technology, channels=3, least_limit=0.0
    )
    step = program.weight_limit / (2**bits - 1)
    pair, rows = program.pairs["k"], program.pairs["b"]
    held = (pair.plus.astype(float) - pair.minus) * step[:, None, None]
    assert np.all(np.abs(held - kernel) <= step[:, None, None] * (0.5 + 1e-9))
    carried = (rows.plus.astype(float) - rows.minus).sum(axis=(1, 2)) * step * bias_voltage(technology)
    assert np.all(np.abs(carried - bias) <= step * bias_voltage(technology) * (0.5 + 1e-9))
    for levels in (pair.plus, pair.minus, rows.plus, rows.minus):
        assert levels.min(initial=0) >= 0 and levels.max(initial=0) <= 2**bits - 1
    assert np.all((pair.plus == 0) | (pair.minus == 0))
    assert rows.plus.shape[2] <= MOST_BIAS_ROWS


def test_a_bias_beyond_all_rows_shrinks_the_weights_instead_of_being_cut():
    program = quantise_stage(
        {"k": np.full((1, 1, 1), 0.01)},
        {"b": BiasRows(total=np.array([100.0]), rows=2)},
        0.05,
        TECHNOLOGY,
        channels=1,
        least_limit=0.0,
    )
    carried = program.pairs["b"].plus.sum() * program.weight_limit[0] / 255 * bias_voltage(TECHNOLOGY)
    assert carried == pytest.approx(100.0, rel=1e-2)


def test_folded_batch_norm_equals_batch_norm_applied():
    case = deployed(primitive("sep_conv_3x3"))
    images = np.random.RandomState(1).standard_normal((3, 1, 4, 4))
    from memnet.network.weights import seeded_weights

    tensors = seeded_weights(case.network, 0, images)
    mine, theirs = fold_batch_norm(case.network, tensors), fold(case.network, tensors)
    for name, folded in mine.items():
        np.testing.assert_allclose(folded.kernel.reshape(-1), theirs.kernels[name].reshape(-1), rtol=1e-12)
        np.testing.assert_allclose(folded.bias, theirs.biases.get(name, np.zeros(len(folded.bias))), rtol=1e-12)


def test_no_memristor_sees_more_than_the_read_limit_and_no_op_amp_saturates_on_the_images_it_was_scaled_for():
    network = whole()
    images = np.random.RandomState(0).standard_normal((32, *network.image_shape))
    from memnet.network.weights import seeded_weights

    tensors = seeded_weights(network, 0, images)
    deployment = deploy(network, individual_plan(network), tensors, images, TECHNOLOGY)
    values = forward(network, fold(network, tensors), images, record=[layer.name for layer in network.layers]).values
    last = {name: images_last(value, np.float64) for name, value in values.items()}
    activations = stage_activations(deployment.plan, last, images_last(images, np.float64))
    scales = deployment.scale_rows()
    for stage in deployment.plan.stages:
        for term in stage.terms:
            assert np.abs(source_volts(term, scales, activations)).max() <= TECHNOLOGY.memristor.read_limit_v / 1.24
        if stage.name in deployment.programs:
            first = FirstAmplifiers(stage, deployment.programs[stage.name], scales, TECHNOLOGY, np.float64)
            assert np.abs(first(activations)).max() <= TECHNOLOGY.opamp.saturation_v / 1.24


# The same networks every time: one in 70 random ones, such as random:3, lets 8 bits err by more than this bound.
@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 6, 7, 8])
def test_quantised_reference_is_close_to_float_and_exact_at_many_bits(seed):
    network = whole(f"random:{seed}", channels=1)
    images = np.random.RandomState(seed).standard_normal((16, *network.image_shape))
    from memnet.deployment.placing import place
    from memnet.network.weights import seeded_weights

    tensors = seeded_weights(network, seed, images)
    wanted = forward(network, fold(network, tensors), images).logits
    errors = []
    for bits in (8, 12):
        deployment = deploy(network, individual_plan(network), tensors, images, TECHNOLOGY.with_bits(bits))
        found = forward(network, quantised_parameters(network, place(deployment)), images).logits
        errors.append(np.abs(found - wanted).max() / np.abs(wanted).max())
    assert errors[0] < 0.25 and errors[1] < 0.03


def test_weights_that_differ_between_pixels_are_refused_by_the_reference():
    case = deployed(primitive("sep_conv_3x3"))
    blocks = list(case.placement.blocks)
    chosen = np.flatnonzero((np.array(blocks[0].layers)[blocks[0].layer] != BIAS) & (blocks[0].level > 0))[0]
    blocks[0].level[chosen] -= 1
    with pytest.raises(WeightsError, match="different levels at different pixels"):
        quantised_parameters(case.network, replace(case.placement, blocks=blocks))


def test_weights_that_are_not_finite_are_refused_with_the_stage():
    network = primitive("sep_conv_3x3")
    images = np.random.RandomState(0).standard_normal((4, *network.image_shape))
    from memnet.network.weights import seeded_weights

    tensors = seeded_weights(network, 0, images)
    tensors["stem.0.weight"] = np.full_like(tensors["stem.0.weight"], np.inf)
    with pytest.raises(MappingError, match="net/stem: activations are not finite"), np.errstate(all="ignore"):
        deploy(network, individual_plan(network), tensors, images, TECHNOLOGY)
