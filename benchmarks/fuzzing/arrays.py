# SPDX-License-Identifier: GPL-3.0-or-later
"""The tensors of a small network, written as npz files of every kind, and the slips that such files may have."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from fuzzing.trial import Random
from memnet.genotype import Genotype, read_genotype
from memnet.network import Network, build_network, seeded_weights

GENOTYPE = "PC_DARTS_cifar"
Arrays = dict[str, np.ndarray]
Members = dict[str, bytes]
_HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': %s}"


@cache
def genotype() -> Genotype:
    """Return the genotype of all weights."""
    return read_genotype(GENOTYPE)


@cache
def network() -> Network:
    """Return the network of all weights: C=1, L=3, one image channel."""
    return build_network(genotype(), channels=1, image_shape=(1, 8, 8))


@cache
def tensors() -> Mapping[str, np.ndarray]:
    """Return the weights, in float32."""
    images = np.random.RandomState(0).rand(8, 1, 8, 8)
    return {name: array.astype(np.float32) for name, array in seeded_weights(network(), 0, images).items()}


def same(read: Mapping[str, np.ndarray], rtol: float = 0.0) -> bool:
    """Return whether tensors are the weights, each within a share of its largest value."""
    return read.keys() == tensors().keys() and all(
        read[name].shape == array.shape and np.abs(read[name] - array).max() <= rtol * np.abs(array).max()
        for name, array in tensors().items()
    )


def npy(array: np.ndarray) -> bytes:
    """Return an array as NumPy writes it."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def made_up(header: str, data: bytes = b"") -> bytes:
    """Return a .npy file with this text as its header."""
    padded = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + data


def write_zip(path: Path, members: Members, method: int = zipfile.ZIP_STORED, twice: str = "") -> None:
    """Write an archive; the member `twice` stands in it a second time."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as archive:
        warnings.simplefilter("ignore")  # about a name that is there twice
        for name, data in members.items():
            archive.writestr(name, data)
        if twice:
            with archive.open(zipfile.ZipInfo(twice), "w") as stream:
                stream.write(members[twice])


def as_members(arrays: Mapping[str, np.ndarray]) -> Members:
    """Return the members of an npz file."""
    kept = _members()  # most arrays are as they were
    return {f"{name}.npy": kept[name] if array is tensors().get(name) else npy(array) for name, array in arrays.items()}


@cache
def _members() -> Members:
    return {name: npy(array) for name, array in tensors().items()}


def encrypted(data: bytes) -> bytes:
    """Return an archive whose first member says that it is encrypted."""
    changed = bytearray(data)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.find(mark) + flags] |= 1
    return bytes(changed)


def one_of(arrays: Arrays, random: Random) -> str:
    """Return the name of a tensor."""
    return random.choice([name for name in arrays if name in tensors()])


def _spoil(arrays: Arrays, random: Random, change: Callable[[np.ndarray], np.ndarray]) -> None:
    name = one_of(arrays, random)
    arrays[name] = change(arrays[name])


def _one_value(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed.reshape(-1)[-1] = value
        return changed

    return change


def _negative_variance(arrays: Arrays, random: Random) -> None:
    name = random.choice([name for name in arrays if name.endswith("running_var")])
    arrays[name] = _one_value(-0.5)(arrays[name])


# Slips that keep the file an npz file, each of which has to be refused.
SLIPS: dict[str, Callable[[Arrays, Random], object]] = {
    "tensor missing": lambda a, r: a.pop(one_of(a, r)),
    "tensor foreign": lambda a, r: a.__setitem__(
        r.choice(("cells.9.x", "fc.weight", "\x1b[31m", "a\nb")), np.zeros(2, "f4")
    ),
    "tensor renamed": lambda a, r: a.__setitem__(f"{(name := one_of(a, r))}_", a.pop(name)),
    "another shape": lambda a, r: _spoil(a, r, lambda x: np.concatenate([x, x])),
    "no axes": lambda a, r: _spoil(a, r, lambda x: np.float32(1)),
    "NaN": lambda a, r: _spoil(a, r, _one_value(np.nan)),
    "infinite": lambda a, r: _spoil(a, r, _one_value(-np.inf)),
    "negative variance": _negative_variance,
    "integers": lambda a, r: _spoil(a, r, lambda x: x.astype(r.choice(("i1", "i4", "u8", "?")))),
    "complex": lambda a, r: _spoil(a, r, lambda x: x.astype("c8")),
    "texts": lambda a, r: _spoil(a, r, lambda x: x.astype(r.choice(("U9", "S9")))),
    "dates": lambda a, r: _spoil(a, r, lambda x: np.zeros(x.shape, "M8[s]")),
    "raw": lambda a, r: _spoil(a, r, lambda x: np.zeros(x.shape, "V2")),
    "fields": lambda a, r: _spoil(a, r, lambda x: np.zeros(x.shape, "f4,f4")),
    "objects": lambda a, r: _spoil(a, r, lambda x: x.astype(object)),
}


def hostile_member(random: Random) -> bytes:
    """Return a member that claims to be what it is not."""
    shape = random.choice(
        ("(10000000000000,)", "(-1,)", "(0, 10000000000000)", "(99999999,)", "(3, 1, 3)", "3", "'a'", "()")
    )
    return random.choice(
        (
            made_up(_HUGE % shape, bytes(36)),
            made_up("(" * random.choice((5, 200, 9000))),
            made_up("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n(S'false'\ntR."),
            made_up("{'descr': 'x', 'fortran_order': 7, 'shape': (1,)}", bytes(4)),
            made_up("{}"),
            b"\x93NUMPY\x09\x09" + bytes(20),
            b"\x93NUMPY\x01\x00\xff\xff{",
            b"",
            b"no array",
        )
    )


def bomb(random: Random) -> bytes:
    """Return a member that packs to a thousandth of its size."""
    count = random.choice((17 * 10**6, 18 * 10**6))
    return made_up(_HUGE % f"({count},)", bytes(4 * count))


def other_layout(array: np.ndarray, random: Random) -> np.ndarray:
    """Return an array of the same values that is stored in another way."""
    form = random.choice((">f4", "<f8", ">f8", "F"))
    return np.asfortranarray(array) if form == "F" else array.astype(form)
