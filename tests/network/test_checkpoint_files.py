# SPDX-License-Identifier: GPL-3.0-or-later
"""Import of checkpoints from npz and safetensors files, for which PyTorch is not needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.errors import WeightsError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.checkpoint import import_checkpoint
from memnet.network.layers import Network
from memnet.network.tensors import Tensors
from memnet.network.weights import seeded_weights

GENOTYPE = "PC_DARTS_cifar"


def imported(path: Path) -> tuple[Network, Tensors]:
    return import_checkpoint(path, read_genotype(GENOTYPE), channels=1, layers=3)


def write(path: Path, tensors: dict[str, np.ndarray]) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **tensors)
    else:
        needs("safetensors")
        from safetensors.numpy import save_file

        save_file(tensors, path)
    return path


@pytest.fixture(scope="module")
def trained() -> dict[str, np.ndarray]:
    network = build_network(read_genotype(GENOTYPE), channels=1, image_shape=(3, 8, 8))
    tensors = seeded_weights(network, 0, np.random.RandomState(0).rand(8, 3, 8, 8))
    counters = {"stem.1.num_batches_tracked": np.array(7)}
    auxiliary = {"auxiliary_head.classifier.bias": np.zeros(10)}
    return {f"module.{name}": np.array(value) for name, value in {**tensors, **counters, **auxiliary}.items()}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_file_holds_the_tensors_that_were_saved(trained: dict[str, np.ndarray], suffix: str, tmp_path: Path) -> None:
    network, tensors = imported(write(tmp_path / f"weights{suffix}", trained))
    assert network.classes == 10 and network.image_shape[0] == 3
    assert tensors.keys() == network.tensor_shapes().keys()
    for name, value in tensors.items():
        np.testing.assert_array_equal(value, trained[f"module.{name}"])


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_file_that_is_cut_off_or_holds_other_tensors_is_refused(
    trained: dict[str, np.ndarray], suffix: str, tmp_path: Path
) -> None:
    path = write(tmp_path / f"weights{suffix}", {**trained, "module.cells.0.extra": np.zeros(3)})
    with pytest.raises(WeightsError, match=r"cells\.0\.extra is foreign \(1 in all\)"):
        imported(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=rf"weights\{suffix}: no whole {suffix.removeprefix('.')} file"):
        imported(path)
