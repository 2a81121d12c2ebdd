# SPDX-License-Identifier: GPL-3.0-or-later
"""Import of DARTS checkpoints, compared with an independent PyTorch network."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.commands.app import main
from memnet.errors import WeightsError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.checkpoint import import_checkpoint
from memnet.network.reference import fold, forward
from memnet.network.weights import load

torch = needs("torch")
from darts_network import DartsNetwork, darts_logits  # noqa: E402

C, L = 2, 3


def trained(genotype: str, *, channels: int = C, layers: int = L, classes: int = 10):
    """Return an independent network whose batch-norm statistics were moved by three batches, as training does."""
    torch.manual_seed(1)
    network = DartsNetwork(read_genotype(genotype), channels, layers, 3, classes)
    network.train()
    for _ in range(3):
        network(torch.randn(8, 3, 16, 16))
    return network.eval()


@pytest.fixture(scope="module")
def state():
    return trained("PC_DARTS_cifar").state_dict()


def imported(path: Path, genotype: str = "PC_DARTS_cifar", channels: int = C, layers: int = L):
    return import_checkpoint(path, read_genotype(genotype), channels=channels, layers=layers)


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize("genotype", ["DARTS_V1", "DARTS_V2", "PDARTS", "PC_DARTS_cifar", "random:3"])
def test_logits_of_an_imported_checkpoint_are_those_of_the_independent_network(genotype: str, tmp_path: Path) -> None:
    network = trained(genotype)
    path = saved(tmp_path / "weights.pt", network.state_dict())
    imported_network, tensors = imported(path, genotype)
    images = np.random.RandomState(0).standard_normal((4, 3, 32, 32))
    logits = forward(imported_network, fold(imported_network, tensors), images).logits
    independent = darts_logits(read_genotype(genotype), C, L, 10, tensors, images)
    with torch.no_grad():
        expected = network.double()(torch.tensor(images)).numpy()
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    np.testing.assert_allclose(logits, independent, atol=1e-5)


def test_prefix_auxiliary_head_and_wrapping_make_no_difference(state, tmp_path: Path) -> None:
    _, plain = imported(saved(tmp_path / "plain.pt", state))
    auxiliary = {f"auxiliary_head.features.{n}.weight": torch.randn(4, 4) for n in (2, 3)}
    wrapped = {f"module.{name}": value for name, value in {**state, **auxiliary}.items()}
    _, same = imported(saved(tmp_path / "checkpoint.pth.tar", {"epoch": 600, "state_dict": wrapped, "best": 97.4}))
    assert plain.keys() == same.keys()
    for name, value in plain.items():
        np.testing.assert_array_equal(value, same[name])


def test_npz_and_safetensors_give_the_same(state, tmp_path: Path) -> None:
    _, plain = imported(saved(tmp_path / "plain.pt", state))
    arrays = {name: value.numpy() for name, value in state.items()}
    np.savez(tmp_path / "arrays.npz", **arrays)
    files = [tmp_path / "arrays.npz"]
    try:
        from safetensors.numpy import save_file
    except ImportError:
        pass
    else:
        files.append(tmp_path / "arrays.safetensors")
        save_file({name: np.ascontiguousarray(value) for name, value in arrays.items()}, files[-1])
    for file in files:
        _, same = imported(file)
        for name, value in plain.items():
            np.testing.assert_array_equal(value, same[name])


def test_the_command_writes_a_weight_file_that_loads(state, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, target = saved(tmp_path / "weights.pt", state), tmp_path / "out.npz"
    call = ["import", str(path), "--genotype", "PC_DARTS_cifar", "--channels", "2", "--layers", "3", "-o", str(target)]
    assert main(call) == 0
    assert "PC_DARTS_cifar, C=2, L=3, 3 image channels, 10 classes" in capsys.readouterr().out
    network = build_network(read_genotype("PC_DARTS_cifar"), channels=2, layers=3, image_shape=(3, 32, 32))
    tensors, about = load(target, network)
    np.testing.assert_array_equal(tensors["stem.0.weight"], state["stem.0.weight"].numpy())
    assert about["imported"] == "weights.pt"
    assert main([*call[:-1], str(path.with_suffix(".txt"))]) == 2
    again = ["import", str(target), "--genotype", "PC_DARTS_cifar", "--channels", "2", "--layers", "3"]
    assert main(again) == 2
    assert "would be overwritten by its own import" in capsys.readouterr().err
    assert main([*again, "-o", str(tmp_path / "again.npz")]) == 0


def test_another_size_is_refused_with_the_right_one(state, tmp_path: Path) -> None:
    path = saved(tmp_path / "weights.pt", state)
    for channels, layers in ((36, 20), (2, 4), (3, 3)):
        with pytest.raises(WeightsError, match=rf"with C=2 and L=3, not C={channels} and L={layers}; say --channels 2"):
            imported(path, channels=channels, layers=layers)


def test_another_genotype_and_unknown_tensors_are_refused_by_name(state, tmp_path: Path) -> None:
    path = saved(tmp_path / "weights.pt", state)
    with pytest.raises(WeightsError, match=r"cells\.\d\S+ is missing .* not of DARTS_V2 with C=2, L=3"):
        imported(path, "DARTS_V2")
    with pytest.raises(WeightsError, match=r"cells\.0\.extra is foreign \(1 in all\)"):
        imported(saved(tmp_path / "more.pt", {**state, "cells.0.extra": torch.zeros(3)}))
    with pytest.raises(WeightsError, match=r"stem\.1\.weight holds 6 NaN or infinite values"):
        imported(saved(tmp_path / "nan.pt", {**state, "stem.1.weight": torch.full((6,), float("nan"))}))
    with pytest.raises(WeightsError, match=r"classifier\.bias has shape \(9,\), but .* needs \(10,\)"):
        imported(saved(tmp_path / "bias.pt", {**state, "classifier.bias": torch.zeros(9)}))


class Trap:
    """A pickle that would write a file if it were executed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_pickle_with_foreign_classes_is_refused_unexecuted(state, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="refused unexecuted, for it holds more than tensors"):
        imported(saved(tmp_path / "trap.pt", {**state, "trap": Trap(tmp_path / "sprung")}))
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(WeightsError, match="refused unexecuted"):
        imported(tmp_path / "plain.pt")
    assert not (tmp_path / "sprung").exists()


def test_what_is_no_checkpoint_is_refused(state, tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.pt", state).read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match=r"cut\.pt: no whole PyTorch checkpoint"):
        imported(tmp_path / "cut.pt")
    np.savez(tmp_path / "objects.npz", a=np.array([Trap(tmp_path)], dtype=object))
    with pytest.raises(WeightsError, match="no whole npz file of plain arrays"):
        imported(tmp_path / "objects.npz")
    with pytest.raises(WeightsError, match="no such checkpoint"):
        imported(tmp_path / "nowhere.pt")
    (tmp_path / "weights.h5").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"unknown kind of checkpoint; known are \.pt"):
        imported(tmp_path / "weights.h5")
    with pytest.raises(WeightsError, match="holds a dict of int, str, not a state dict of tensors"):
        imported(saved(tmp_path / "words.pt", {"a": "b", "c": 1}))
    with pytest.raises(WeightsError, match=r"has no stem\.0\.weight with 4 axes, so it is no CIFAR evaluation network"):
        imported(saved(tmp_path / "resnet.pt", {"conv1.weight": torch.zeros(3, 3, 3, 3)}))
    needs("safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"\0" * 40)
    with pytest.raises(WeightsError, match="no whole safetensors file"):
        imported(tmp_path / "bad.safetensors")
