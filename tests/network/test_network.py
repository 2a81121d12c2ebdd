# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of networks: published counts of parameters and multiplications, shapes, names, and refusals."""

from __future__ import annotations

import pytest

from memnet.errors import NetworkError
from memnet.genotype.cells import Cell, Edge, Genotype
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network

PUBLISHED = [
    ("DARTS_V1", 3169414, 500987520),
    ("DARTS_V2", 3349342, 528359040),
    ("PDARTS", 3433798, 532174464),
    ("PC_DARTS_cifar", 3634678, 556670592),
    ("PC_DARTS_image", 3721510, 570466944),
    ("SNAS_mild", 2661382, 422218368),
    ("SNAS_moderate", 2847358, 440687232),
    ("SNAS_aggressive", 2313622, 374912640),
    ("DrNAS_cifar10", 4099294, 635135616),
    ("DrNAS_imagenet", 4048750, 617938560),
    ("GDAS_V1", 3368782, 519428736),
    ("MdeNAS", 3783286, 599110272),
]


@pytest.mark.parametrize(("name", "parameters", "macs"), PUBLISHED)
def test_counts_are_those_of_darts(name, parameters, macs):
    network = build_network(read_genotype(name), channels=36, layers=20, image_shape=(3, 32, 32))
    assert (network.parameters(), network.macs()) == (parameters, macs)


@pytest.mark.parametrize(("name", "devices"), [("DARTS_V1", 147200), ("DARTS_V2", 153856), ("PDARTS", 240384)])
def test_small_network_has_twice_its_macs_in_devices(name, devices):
    assert 2 * build_network(read_genotype(name)).macs() == devices


def test_layers_are_topological_and_named_once():
    network = build_network(read_genotype("random:3"))
    seen = {"input"}
    for layer in network.layers:
        assert seen.issuperset(layer.inputs)
        assert layer.name not in seen
        seen.add(layer.name)
    assert network.layers[-1].name == "classifier"
    assert network.layers[-1].shape == (10, 1, 1)


def test_widths_and_maps_of_each_cell():
    network = build_network(read_genotype("DARTS_V2"), channels=16, layers=8, image_shape=(3, 32, 32))
    assert network.reductions == (2, 5)
    shapes = [network.layer(f"cell{i}").shape for i in range(8)]
    assert shapes == [(64, 32, 32)] * 2 + [(128, 16, 16)] * 3 + [(256, 8, 8)] * 3
    assert network.layer("stem").shape == (48, 32, 32)
    assert not network.layer("stem").relu


def test_stride_two_only_from_the_inputs_of_a_reduction_cell():
    network = build_network(read_genotype("PDARTS"), layers=5, image_shape=(1, 16, 16))
    strided = {layer.name for layer in network.layers if layer.stride == 2}
    assert strided == {
        "cell1/node2/edge0-avg_pool_3x3",
        "cell1/node2/edge1-sep_conv_5x5/dw1",
        "cell1/node3/edge0-sep_conv_3x3/dw1",
        "cell1/node4/edge0-max_pool_3x3",
        "cell1/node4/edge1-dil_conv_3x3/dw",
        "cell1/node5/edge1-dil_conv_3x3/dw",
        "cell2/preprocess0",
        "cell3/node2/edge0-avg_pool_3x3",
        "cell3/node2/edge1-sep_conv_5x5/dw1",
        "cell3/node3/edge0-sep_conv_3x3/dw1",
        "cell3/node4/edge0-max_pool_3x3",
        "cell3/node4/edge1-dil_conv_3x3/dw",
        "cell3/node5/edge1-dil_conv_3x3/dw",
        "cell4/preprocess0",
    }


def test_tensor_names_are_the_state_dict_names():
    shapes = build_network(read_genotype("PDARTS")).tensor_shapes()
    assert shapes["stem.0.weight"] == (12, 1, 3, 3)
    assert shapes["cells.0._ops.3.op.1.weight"] == (4, 1, 3, 3)
    assert shapes["cells.0._ops.3.op.6.weight"] == (4, 4, 1, 1)
    assert shapes["cells.0._ops.3.op.7.running_var"] == (4,)
    assert shapes["cells.2.preprocess0.conv_2.weight"] == (8, 16, 1, 1)
    assert shapes["cells.2.preprocess0.bn.bias"] == (16,)
    assert shapes["cells.2.preprocess1.op.1.weight"] == (16, 32, 1, 1)
    assert shapes["classifier.weight"] == (10, 64)


def test_a_none_edge_counts_and_a_concat_may_be_short():
    def cell(*ops):
        nodes = tuple((Edge(op=op, source=0), Edge(op="skip_connect", source=1)) for op in ops)
        return Cell(nodes=nodes, concat=(4, 5))

    ops = ("none", "sep_conv_3x3", "none", "dil_conv_5x5")
    network = build_network(Genotype(name="short", normal=cell(*ops), reduce=cell(*ops)))
    assert network.layer("cell1/node2/edge0-none").shape == (8, 4, 4)
    assert network.layer("cell0/node3/edge0-sep_conv_3x3/dw1").weight == ("cells.0._ops.2.op.1.weight",)
    assert network.layer("cell0").shape == (8, 8, 8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layers": 2}, ["2 cells", "layers >= 3"]),
        ({"image_shape": (1, 9, 9)}, ["net/cell2/preprocess0", "9x9", "multiples of 4"]),
        ({"image_shape": (1, 8, 10), "layers": 4}, ["net/cell3/preprocess0", "4x5", "multiples of 4"]),
        ({"image_shape": (1, 8)}, ["net/input", "(1, 8)"]),
        ({"image_shape": (0, 8, 8)}, ["net/input", "positive"]),
        ({"channels": 0}, ["channels", "positive"]),
    ],
)
def test_impossible_networks_are_refused_with_place_and_reason(options, words):
    with pytest.raises(NetworkError) as caught:
        build_network(read_genotype("DARTS_V1"), **options)
    for word in words:
        assert word in str(caught.value)


def test_an_unknown_layer_is_named():
    with pytest.raises(NetworkError, match="cell9: no such layer"):
        build_network(read_genotype("DARTS_V1")).layer("cell9")
