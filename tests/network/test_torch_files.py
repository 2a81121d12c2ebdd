# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch files with other things beside the tensors, with tensors that are not plain, and damaged ones."""

from __future__ import annotations

import argparse
import io
import pickle
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from needed import needs

from memnet.errors import WeightsError
from memnet.network.checkpoint import read_tensors

torch = needs("torch")


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


class Model:
    """Stands for the class of a whole network that someone saved."""


def test_values_beside_the_tensors_are_left_out(tmp_path: Path) -> None:
    options = argparse.Namespace(lr=0.1, arch="DARTS", path=Path("eval"), seed=np.int64(3))
    beside = {"best": np.float64(97.4), "epoch": np.int64(600), "args": options, "folder": Path("x") / "y"}
    tensors = {"stem.1.bias": torch.arange(3.0), "epoch": 3}
    for content in ({**beside, "state_dict": tensors}, {**beside, **tensors}):
        read = read_tensors(saved(tmp_path / "w.pt", content))
        assert list(read) == ["stem.1.bias"]
        np.testing.assert_array_equal(read["stem.1.bias"], [0, 1, 2])


def test_the_older_format_is_read_too(tmp_path: Path) -> None:
    content = {"state_dict": {"module.a": torch.ones(2)}, "best": np.float64(1)}
    torch.save(content, tmp_path / "w.pth.tar", _use_new_zipfile_serialization=False)
    np.testing.assert_array_equal(read_tensors(tmp_path / "w.pth.tar")["a"], [1, 1])


def test_classes_are_named_without_advice_to_run_them(tmp_path: Path) -> None:
    for content in ({"state_dict": {"a": torch.ones(1)}, "model": Model()}, Model()):
        path = saved(tmp_path / "w.pt", content)
        with pytest.raises(
            WeightsError, match=r"it asks for test_torch_files\.Model\); save model\.state_dict"
        ) as caught:
            read_tensors(path)
        assert str(caught.value).isprintable() and "trust" not in str(caught.value)
    path.write_bytes(pickle.dumps({"a": PurePosixPath("b")}))
    with pytest.raises(WeightsError, match="refused unexecuted") as caught:
        read_tensors(path)
    assert str(caught.value).isprintable() and "weights_only" not in str(caught.value)


def test_bfloat16_and_half_are_read_exactly(tmp_path: Path) -> None:
    values = torch.tensor([1.0, -2.5, 3.0e38, 1e-30])
    for dtype in (torch.bfloat16, torch.float16, torch.float64):
        read = read_tensors(saved(tmp_path / "w.pt", {"a": values.to(dtype)}))
        np.testing.assert_array_equal(read["a"], values.to(dtype).double().numpy())


def unusual() -> dict[str, object]:
    return {
        "sparse": torch.eye(3).to_sparse(),
        "sparse rows": torch.eye(3).to_sparse_csr(),
        "quint8": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8),
        "complex64": torch.ones(3, dtype=torch.complex64),
        "float8": torch.ones(3).to(torch.float8_e4m3fn),
        "meta": torch.ones(3, device="meta"),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["sparse", "sparse rows", "quint8", "complex64", "float8", "meta"])
def test_tensors_that_are_not_plain_are_refused_by_name(kind: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=rf"a\.weight is a .*{kind.split()[0]}.*tensor, which is not read"):
        read_tensors(saved(tmp_path / "w.pt", {"a.weight": unusual()[kind]}))


def test_a_tensor_that_repeats_a_few_numbers_takes_no_memory(tmp_path: Path) -> None:
    endless = torch.ones(1).expand(10**13)
    with pytest.raises(WeightsError, match="a repeats the numbers that it holds"):
        read_tensors(saved(tmp_path / "w.pt", {"a": endless}))


@pytest.mark.parametrize("how", ["compressed", "encrypted"])
def test_archives_that_pytorch_never_writes_are_refused(how: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    torch.save({"a": torch.zeros(1000)}, stream)
    method = zipfile.ZIP_DEFLATED if how == "compressed" else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream) as whole, zipfile.ZipFile(tmp_path / "w.pt", "w", method) as packed:
        for name in whole.namelist():
            packed.writestr(name, whole.read(name))
    if how == "encrypted":
        data = bytearray((tmp_path / "w.pt").read_bytes())
        data[data.find(b"PK\x01\x02") + 8] |= 1
        (tmp_path / "w.pt").write_bytes(data)
    with pytest.raises(WeightsError, match=f"in it is {how}, as PyTorch never writes it"):
        read_tensors(tmp_path / "w.pt")


@pytest.mark.parametrize("new", [True, False])
def test_damage_anywhere_is_refused_in_a_sentence(new: bool, tmp_path: Path) -> None:
    torch.save({"a": torch.ones(50), "b": torch.ones(3)}, tmp_path / "w.pt", _use_new_zipfile_serialization=new)
    whole, random = (tmp_path / "w.pt").read_bytes(), np.random.RandomState(0)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            data[random.randint(len(data))] = random.randint(256)
        (tmp_path / "w.pt").write_bytes(data if random.rand() < 0.8 else data[: random.randint(len(data))])
        try:
            read_tensors(tmp_path / "w.pt")
        except WeightsError as error:
            assert str(error).startswith(f"{tmp_path / 'w.pt'}: ")
            assert str(error).isprintable() and "weights_only" not in str(error)


def test_changed_numbers_and_integers_are_not_taken_for_weights(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pt", {"a": torch.full((50,), 0.7)})
    data = bytearray(path.read_bytes())
    data[data.find(np.float32(0.7).tobytes()) + 3] ^= 64
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"no whole PyTorch checkpoint \(.*data/0 has changed\)"):
        read_tensors(path)
    with pytest.raises(WeightsError, match="a holds int32, not floating-point numbers"):
        read_tensors(saved(path, {"a": torch.ones(3, dtype=torch.int32)}))
