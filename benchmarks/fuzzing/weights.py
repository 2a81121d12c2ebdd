# SPDX-License-Identifier: GPL-3.0-or-later
"""Weight files: as NumPy may write them, with slips, made up, damaged, and files that are something else."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import arrays as made
from fuzzing.damage import damaged, other_file
from fuzzing.trial import Random, Trial
from memnet.network import load_for
from memnet.network.datasets import Dataset, load_dataset

_SUFFIXES = (".npz", ".npz", ".npz", ".NPZ", "", ".weights")


def trial(random: Random, folder: Path) -> Trial:
    """Return a weight file."""
    path = folder / f"w{random.choice(_SUFFIXES)}"
    make = random.choices((_right, _slip, _metadata, _made_up, _damaged, _other), (3, 3, 2, 2, 4, 1))[0]
    return make(random, path)


@cache
def _digits() -> Dataset:
    return load_dataset("digits")


def _about() -> dict[str, Any]:
    text = made.genotype().to_text()
    return {"name": made.GENOTYPE, "genotype": text, "channels": 1, "layers": 3, "float_accuracy": 0.5}


def _arrays(about: object = None) -> made.Arrays:
    text = json.dumps(_about() if about is None else about).encode()
    return {"metadata": np.frombuffer(text, np.uint8), **made.tensors()}


def _trial(about: str, path: Path, must: Any) -> Trial:
    def read() -> dict[str, np.ndarray]:
        return dict(load_for(made.network(), _digits(), path=path).tensors)

    return Trial(about=about, read=read, right=made.same, must=must)


def _right(random: Random, path: Path) -> Trial:
    arrays = _arrays()
    for name in random.sample(sorted(made.tensors()), random.randrange(10)):
        arrays[name] = made.other_layout(arrays[name], random)
    if random.random() < 0.3:
        arrays["state/momentum"] = np.zeros(5, np.float32)
    names = random.sample(list(arrays), len(arrays))
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    made.write_zip(path, made.as_members({name: arrays[name] for name in names}), method)
    return _trial("as NumPy writes them", path, "be read")


def _slip(random: Random, path: Path) -> Trial:
    arrays = _arrays()
    name = random.choice(tuple(made.SLIPS))
    made.SLIPS[name](arrays, random)
    made.write_zip(path, made.as_members(arrays))
    return _trial(name, path, "be refused")


def _metadata(random: Random, path: Path) -> Trial:
    texts: dict[str, bytes] = {
        "deep": b"[" * random.choice((2000, 10**6)),
        "long number": b'{"genotype": ' + b"9" * 10_000 + b"}",
        "a list": b"[1, 2]",
        "no genotype": b"{}",
        "another genotype": json.dumps(_about() | {"genotype": "Genotype()", "name": "\x1b[31m" * 99}).encode(),
        "genotype of another type": json.dumps(_about() | {"genotype": [1], "name": {"a": []}}).encode(),
        "not UTF-8": b"\xff\xfe\x00",
        "empty": b"",
    }
    name = random.choice(tuple(texts))
    made.write_zip(path, made.as_members({**_arrays(), "metadata": np.frombuffer(texts[name], np.uint8)}))
    return _trial(f"metadata: {name}", path, "be refused")


def _made_up(random: Random, path: Path) -> Trial:
    members = made.as_members(_arrays())
    victim = random.choice((f"{made.one_of(_arrays(), random)}.npy", "metadata.npy", "more.npy"))
    name = random.choice(tuple(_MADE_UP))
    _MADE_UP[name](path, members, victim, random)
    return _trial(name, path, "be refused")


def _hostile(path: Path, members: made.Members, victim: str, random: Random) -> None:
    made.write_zip(path, {**members, victim: made.hostile_member(random)})


def _bomb(path: Path, members: made.Members, victim: str, random: Random) -> None:
    made.write_zip(path, {**members, victim: made.bomb(random)}, zipfile.ZIP_DEFLATED)


def _encrypted(path: Path, members: made.Members, victim: str, random: Random) -> None:
    made.write_zip(path, members)
    path.write_bytes(made.encrypted(path.read_bytes()))


_MADE_UP: dict[str, Callable[[Path, made.Members, str, Random], object]] = {
    "hostile array": _hostile,
    "bomb": _bomb,
    "encrypted": _encrypted,
    "oddly compressed": lambda p, m, v, r: made.write_zip(p, m, r.choice((zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2))),
    "a member that is no array": lambda p, m, v, r: made.write_zip(p, {**m, "readme.txt": b"x"}),
    "a tensor twice": lambda p, m, v, r: made.write_zip(p, m, twice=r.choice(tuple(m))),
    "a folder": lambda p, m, v, r: p.mkdir(),
    "no file": lambda p, m, v, r: None,
    "a plain state dict": lambda p, m, v, r: made.write_zip(p, {n: d for n, d in m.items() if n != "metadata.npy"}),
}


def _damaged(random: Random, path: Path) -> Trial:
    made.write_zip(path, made.as_members(_arrays()), random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    data = path.read_bytes()
    directory = data.rfind(b"PK\x05\x06") - random.choice((0, 3000))  # where little is covered by checksums
    path.write_bytes(damaged(data, random, *random.choice(((0, len(data)), (directory, len(data)), (0, 400)))))
    return _trial("damaged", path, "either")


def _other(random: Random, path: Path) -> Trial:
    path.write_bytes(other_file(random))
    return _trial("another file", path, "be refused")
