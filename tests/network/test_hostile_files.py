# SPDX-License-Identifier: GPL-3.0-or-later
"""Weight files and checkpoints that are damaged, made up or something else end in one sentence, in little memory."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from needed import needs

from memnet.errors import MemnetError, WeightsError
from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.checkpoint import import_checkpoint, read_tensors
from memnet.network.weights import load, save, seeded_weights

GENOTYPE = read_genotype("PC_DARTS_cifar")
NETWORK = build_network(GENOTYPE, channels=1, image_shape=(3, 8, 8))
LITTLE = 50_000_000  # bytes


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return seeded_weights(NETWORK, 0, np.random.RandomState(0).rand(8, 3, 8, 8))


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text: str, data: bytes = b"") -> bytes:
    padded = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + data


def packed(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def metadata(text: str) -> dict[str, bytes]:
    return {"metadata.npy": npy(np.frombuffer(text.encode(), np.uint8))}


def encrypted(path: Path) -> Path:
    """Mark the members of an archive as encrypted, in their headers and in the directory at the end."""
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    path.write_bytes(data)
    return path


HUGE = "{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,)}"
HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "huge": (lambda p: packed(p, {"a.npy": header(HUGE, bytes(80))}), "impossible shape"),
    "larger": (
        lambda p: packed(p, {"a.npy": header(HUGE.replace("10000000000000", "99999999"), bytes(80))}),
        r"a has 80 bytes, which is not what float64 \(99999999,\) takes",
    ),
    "negative": (lambda p: packed(p, {"a.npy": header(HUGE.replace("10000000000000", "-1"))}), "impossible shape"),
    "zero-and-huge": (lambda p: packed(p, {"a.npy": header(HUGE.replace(",)", ",0)"))}), "impossible shape"),
    "deep-header": (lambda p: packed(p, {"a.npy": header("(" * 2000)}), r"no whole weight file \(\S"),
    "bomb": (
        lambda p: packed(p, {"a.npy": header(HUGE.replace("10000000000000", "8500000"), bytes(68 * 10**6))}, 8),
        "bytes unpack to 68,000,128, which weights or results never do",
    ),
    "encrypted": (lambda p: encrypted(packed(p, {"a.npy": npy(np.zeros(3))})), "a in it is encrypted"),
    "lzma": (lambda p: packed(p, {"a.npy": npy(np.zeros(3))}, zipfile.ZIP_LZMA), "compressed by a method"),
    "no-array": (lambda p: packed(p, {"a.txt": b"text"}), r"a\.txt in it is no array"),
    "objects": (lambda p: np.savez(p, a=np.array([{}], dtype=object)), "a holds Python objects"),
    "deep-metadata": (lambda p: packed(p, metadata("[" * 100_000)), "no whole weight file"),
    "long-number": (lambda p: packed(p, metadata('{"a": ' + "9" * 9000 + "}")), "no whole weight file"),
    "no-metadata": (lambda p: np.savez(p, a=np.zeros(3)), "has no metadata.*`memnet import`"),
    "html": (lambda p: p.write_text("\n<!DOCTYPE html>\n<html>"), "it is an HTML page"),
    "lfs": (lambda p: p.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "a Git-LFS pointer"),
    "hdf5": (lambda p: p.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(99)), "it is an HDF5 file"),
    "folder": (lambda p: p.mkdir(), "it is no regular file"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_weight_file_is_refused_in_little_memory(case: str, tmp_path: Path) -> None:
    make, message = HOSTILE[case]
    path = tmp_path / "w.npz"
    make(path)
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError, match=message) as caught:
            load(path, NETWORK)
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()
    assert str(caught.value).isprintable()
    with pytest.raises(MemnetError, match=r"w\.npz"):
        import_checkpoint(path, GENOTYPE, channels=1, layers=3)


def test_damage_anywhere_in_a_weight_file_is_refused_or_harmless(tmp_path: Path, tensors) -> None:
    save(tmp_path / "w.npz", NETWORK, tensors, {})
    whole, random = (tmp_path / "w.npz").read_bytes(), np.random.RandomState(0)
    for _ in range(12):
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            data[random.randint(len(data))] = random.randint(256)
        (tmp_path / "w.npz").write_bytes(data)
        try:
            read, _ = load(tmp_path / "w.npz", NETWORK)
        except WeightsError as error:
            assert str(error).startswith(f"{tmp_path / 'w.npz'}: ")
        else:
            for name, array in read.items():
                np.testing.assert_array_equal(array, tensors[name].astype(np.float32))


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"\x80\x02\x8a\x0a"])
def test_a_checkpoint_given_as_weights_points_to_the_import(head: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(head)
    if head.startswith(b"PK"):
        packed(path, {"x/data.pkl": b"", "x/version": b"3"})
    with pytest.raises(WeightsError, match=r"x\.pt: is a.*; `memnet import` makes one of a checkpoint"):
        load(path, NETWORK)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "module._orig_mod."])
def test_prefixes_of_wrappers_and_counts_of_profilers_are_left_out(prefix: str, tmp_path: Path, tensors) -> None:
    counts = {f"{at}total_{what}": np.zeros(1) for at in ("", "stem.0.") for what in ("ops", "params")}
    np.savez(tmp_path / "w.npz", **{f"{prefix}{name}": array for name, array in {**tensors, **counts}.items()})
    _, read = import_checkpoint(tmp_path / "w.npz", GENOTYPE, channels=1, layers=3)
    assert list(read) == list(NETWORK.tensor_shapes())
    for name, array in read.items():
        np.testing.assert_array_equal(array, tensors[name])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells.0._ops.1._ops.4.op.1.weight": np.zeros(3)}, "holds weights of a search network"),
        ({"alphas_normal": np.zeros((14, 8))}, r"holds weights of a search network \(it has alphas_normal\)"),
        ({"module.stem.1.bias": np.zeros(3)}, r"holds stem\.1\.bias twice"),
        ({"stem.1.bias": np.zeros(3, "c8")}, r"stem\.1\.bias holds complex64, not floating-point"),
        ({"stem.1.bias": np.zeros(3, "V2")}, r"stem\.1\.bias holds \|V2, not floating-point"),
        ({"stem.1.bias": np.zeros(3, "i4")}, r"stem\.1\.bias holds int32, not floating-point"),
        ({"stem.1.bias": np.zeros(3, "U2")}, r"stem\.1\.bias holds <U2, not floating-point"),
        ({"stem.0.weight": np.zeros((1, 3, 3, 3))}, r"its stem has 1 channels and its first cell C=1; DARTS's stem"),
        ({"stem.0.weight": np.zeros((16, 3, 3, 3))}, r"its stem has 16 channels and its first cell C=1"),
        ({"\x1b[31mred\n": np.zeros(3)}, r"\?\[31mred\? is foreign"),
    ],
)
def test_tensors_of_other_networks_are_named_as_such(change, message: str, tmp_path: Path, tensors) -> None:
    np.savez(tmp_path / "w.npz", **{**tensors, **change})
    with pytest.raises(WeightsError, match=message) as caught:
        import_checkpoint(tmp_path / "w.npz", GENOTYPE, channels=1, layers=3)
    assert "--channels 0" not in str(caught.value) and str(caught.value).isprintable()


def safetensors(path: Path, entries: dict[str, tuple[str, tuple[int, ...], bytes]]) -> Path:
    head, at, data = {}, 0, b""
    for name, (dtype, shape, values) in entries.items():
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(values)]}
        at, data = at + len(values), data + values
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def upper_halves(array: np.ndarray) -> bytes:
    return (np.asarray(array, "<f4").view("<u4") >> 16).astype("<u2").tobytes()


def test_bfloat16_is_read_exactly(tmp_path: Path, tensors) -> None:
    needs("safetensors")
    path = tmp_path / "w.safetensors"
    safetensors(path, {name: ("BF16", array.shape, upper_halves(array)) for name, array in tensors.items()})
    for file in (path, tmp_path / "pytorch_model.bin"):  # whatever it is called
        path = path.rename(file)
        _, read = import_checkpoint(file, GENOTYPE, channels=1, layers=3)
    for name, array in read.items():
        np.testing.assert_allclose(array, tensors[name], rtol=2**-7)
        assert upper_halves(array) == upper_halves(tensors[name])
    values = {"a": ("BF16", (4,), bytes.fromhex("803f 20c0 0000 807f"))}
    np.testing.assert_array_equal(read_tensors(safetensors(path, values))["a"], [1.0, -2.5, 0.0, np.inf])


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "F7"])
def test_other_types_of_safetensors_are_refused(dtype: str, tmp_path: Path) -> None:
    needs("safetensors")
    with pytest.raises(WeightsError, match=r"w\.safetensors: (a holds F8_E\dM\d, which is not read|no whole)"):
        read_tensors(safetensors(tmp_path / "w.safetensors", {"a": (dtype, (4,), bytes(4))}))


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".npz", ".safetensors", ".bin", ""])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><head>", "is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\n", r"is a Git-LFS pointer \(`git lfs pull`"),
        (b"x" * 257 + b"ustar\x00", "is a tar archive"),
        (b"\x1f\x8b\x08", "is a gzip archive"),
    ],
)
def test_a_checkpoint_that_is_something_else_is_named(suffix: str, content: bytes, message: str, tmp_path) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read_tensors(path)
