# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and archives of CIFAR-10: as people have them, with slips, made up to do harm, and damaged."""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing.damage import damaged, other_file
from fuzzing.trial import Must, Random, Trial
from memnet.network.datasets import Dataset, load_dataset

_FOLDER = "cifar-10-batches-py"
_IMAGES = 3  # in a file
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
Files = dict[str, Any]


def trial(random: Random, folder: Path) -> Trial:
    """Return a folder or an archive."""
    make = random.choices((_right, _slip, _made_up, _damaged, _other), (3, 4, 2, 4, 1))[0]
    return make(random, folder)


@cache
def _pixels(name: str) -> np.ndarray:
    seed = _BATCHES.index(name)
    return np.random.RandomState(seed).randint(0, 256, (_IMAGES, 3072)).astype(np.uint8)


def _files() -> Files:
    meta = {"label_names": list("abcdefghij"), "num_cases_per_batch": _IMAGES, "num_vis": 3072}
    batches = {
        name: {"batch_label": name, "labels": [index, 9, 0], "data": _pixels(name), "filenames": ["a.png"] * _IMAGES}
        for index, name in enumerate(_BATCHES)
    }
    return {"batches.meta": meta, **batches}


def _trial(about: str, place: Path, must: Must) -> Trial:
    return Trial(about=about, read=lambda: _whole(load_dataset("cifar10", place)), right=_right_images, must=must)


def _whole(read: Dataset) -> Dataset:
    """Return the data set with all its files read."""
    return replace(read, train_images=read.train_images[:], train_labels=read.train_labels[:])


def _right_images(read: Dataset) -> bool:
    """Return whether the images are the right ones, held against the usual mean and deviation of each colour."""
    mean = np.array([0.4914, 0.4822, 0.4465]).reshape(1, 3, 1, 1)
    deviation = np.array([0.2470, 0.2435, 0.2616]).reshape(1, 3, 1, 1)
    wanted = {"train": np.concatenate([_pixels(name) for name in _BATCHES[:-1]]), "test": _pixels("test_batch")}
    return all(
        np.allclose(images, (pixels.reshape(-1, 3, 32, 32) / 255 - mean) / deviation, atol=1e-5)
        and all(label in range(10) for label in labels.tolist())
        for images, labels, pixels in (
            (read.train_images, read.train_labels, wanted["train"]),
            (read.test_images, read.test_labels, wanted["test"]),
        )
    )


def _write(contents: dict[str, bytes], folder: Path, random: Random) -> Path:
    """Write files as a folder or as an archive; return what a user would give."""
    if random.random() < 0.5:
        place = folder / _FOLDER
        place.mkdir()
        for name, content in contents.items():
            (place / name).write_bytes(content)
        return random.choice((place, folder))
    place = folder / random.choice(("cifar-10-python.tar.gz", "data.tgz", "data.tar"))
    with tarfile.open(place, random.choice(("w:gz", "w:bz2", "w:xz", "w"))) as archive:
        for name, content in contents.items():
            _add(archive, f"{_FOLDER}/{name}", content)
    return place


def _add(archive: tarfile.TarFile, name: str, content: bytes, **more: Any) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in more.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content))


def _pickled(files: Files, random: Random) -> dict[str, bytes]:
    protocol = random.randrange(6)
    return {name: pickle.dumps(content, protocol=protocol) for name, content in files.items()}


def _in_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return {_in_bytes(key): _in_bytes(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_in_bytes(each) for each in value]
    return value.encode() if isinstance(value, str) else value


def _right(random: Random, folder: Path) -> Trial:
    files = _in_bytes(_files()) if random.random() < 0.3 else _files()
    files = {name.decode() if isinstance(name, bytes) else name: content for name, content in files.items()}
    if random.random() < 0.3:
        label_key = next(key for key in files["test_batch"] if key in ("labels", b"labels"))
        files["test_batch"][label_key] = np.array([5, 9, 0])
    return _trial("as pickled", _write(_pickled(files, random), folder, random), "be read")


def _slip(random: Random, folder: Path) -> Trial:
    files = _files()
    victim = random.choice(_BATCHES)
    name = random.choice(tuple(_SLIPS))
    _SLIPS[name](files, victim, random)
    return _trial(name, _write(_pickled(files, random), folder, random), "be refused")


def _set(files: Files, name: str, key: str, value: Any) -> None:
    files[name][key] = value


_SLIPS: dict[str, Callable[[Files, str, Random], Any]] = {
    "file missing": lambda files, v, r: files.pop(r.choice((v, "batches.meta"))),
    "file of another batch": lambda files, v, r: _set(files, v, "batch_label", "training batch 7 of 7"),
    "two files exchanged": lambda files, v, r: files.update({v: files[w := _next(v)], w: files[v]}),
    "label too large": lambda files, v, r: _set(files, v, "labels", [0, 1, r.choice((10, -1, 10**30, 2.5, "1", None))]),
    "label missing": lambda files, v, r: _set(files, v, "labels", [0, 1]),
    "labels of another type": lambda files, v, r: _set(files, v, "labels", r.choice((None, 7, "012", {}, ()))),
    "fine labels": lambda files, v, r: _set(files, v, "fine_labels", files[v].pop("labels")),
    "images missing": lambda files, v, r: _set(files, v, "data", files[v]["data"][:2]),
    "images of another size": lambda files, v, r: _set(files, v, "data", files[v]["data"][:, :1024]),
    "images of another type": lambda files, v, r: _set(
        files, v, "data", files[v]["data"].astype(r.choice(("i1", "f4", "u2")))
    ),
    "images as a list": lambda files, v, r: _set(files, v, "data", files[v]["data"].tolist()),
    "no dictionary": lambda files, v, r: files.__setitem__(v, r.choice(([1], None, "text", 7))),
    "nine classes": lambda files, v, r: files["batches.meta"]["label_names"].pop(),
    "another count": lambda files, v, r: _set(
        files, "batches.meta", "num_cases_per_batch", r.choice((0, 4, -1, 10**12, "3", None))
    ),
}


def _next(name: str) -> str:
    return _BATCHES[(_BATCHES.index(name) + 1) % len(_BATCHES)]


class _Call:
    """A pickle that would call a function if it were executed."""

    def __init__(self, function: Any, *given: Any) -> None:
        self.call = (function, given)

    def __reduce__(self) -> Any:
        return self.call


def _made_up(random: Random, folder: Path) -> Trial:
    contents = _pickled(_files(), random)
    victim = random.choice(tuple(contents))
    name = random.choice(("a call", "huge memo", "huge array", "deep", "links", "huge member"))
    if name in ("links", "huge member"):
        return _trial(name, _archive(name, contents, victim, folder), "be refused")
    contents[victim] = {
        "a call": lambda: pickle.dumps({"data": _Call(Path.touch, folder / "sprung")}),
        "huge memo": lambda: b"\x80\x02}r\xff\xff\xff\x7f.",
        "huge array": lambda: pickle.dumps({"data": _Call(np.ndarray, (10**6, 10**6), "u1")}),
        "deep": lambda: b"\x80\x02" + b"]" * 10**5 + b"a" * (10**5 - 1) + b".",
    }[name]()
    return _trial(name, _write(contents, folder, random), "be refused")


def _archive(name: str, contents: dict[str, bytes], victim: str, folder: Path) -> Path:
    place = folder / "cifar-10-python.tar.gz"
    with tarfile.open(place, "w:gz") as archive:
        for each, content in contents.items():
            if each != victim:
                _add(archive, f"{_FOLDER}/{each}", content)
            elif name == "links":
                _add(archive, f"{_FOLDER}/{each}", b"", type=tarfile.SYMTYPE, linkname=each)
    if name == "huge member":
        head = tarfile.TarInfo(f"{_FOLDER}/{victim}")
        head.size = 8**11 - 1
        place.write_bytes(head.tobuf() + bytes(2048))
    return place


def _damaged(random: Random, folder: Path) -> Trial:
    """Return damaged files; pixels and labels of a folder have no checksum, so the damage is not in them."""
    contents = _pickled(_files(), random)
    victim = random.choice(tuple(contents))
    data = contents[victim]
    pixels = data.find(_pixels(victim).tobytes()) if victim in _BATCHES else len(data)
    contents[victim] = damaged(data, random, 0, pixels if pixels > 0 else 60)
    return _trial(f"damaged {victim}", _write(contents, folder, random), "either")


def _other(random: Random, folder: Path) -> Trial:
    place = folder / random.choice(("data", "data.tar.gz", "cifar-10-python.tar.gz", "train.parquet", "data.npz"))
    place.write_bytes(other_file(random))
    return _trial("another file", random.choice((place, folder)), "be refused")
