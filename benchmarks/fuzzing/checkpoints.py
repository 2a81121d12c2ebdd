# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints as npz, safetensors and PyTorch files: as people save them, of other networks, made up, and damaged."""

from __future__ import annotations

import argparse
import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import arrays as made
from fuzzing.damage import damaged, other_file
from fuzzing.trial import Must, Random, Trial
from memnet.network import import_checkpoint

_PREFIXES = ("", "module.", "_orig_mod.", "model.", "module._orig_mod.")
_HALF = 2.0**-7  # share of a value that bfloat16 may lose


def trial(random: Random, folder: Path) -> Trial:
    """Return a checkpoint."""
    make = random.choices((_right, _slip, _other_network, _made_up, _damaged, _other), (4, 2, 2, 3, 4, 1))[0]
    return make(random, folder)


def _trial(about: str, path: Path, must: Must, rtol: float = 0.0) -> Trial:
    def read() -> dict[str, np.ndarray]:
        return dict(import_checkpoint(path, made.genotype(), channels=1, layers=3)[1])

    return Trial(about=about, read=read, right=lambda tensors: made.same(tensors, rtol), must=must)


def _kinds() -> tuple[str, ...]:
    """Return the kinds of files that can be written here, PyTorch's twice: by its new and its old format."""
    modules = {"safetensors": ("safetensors",), "torch": ("torch", "torch-old")}
    return ("npz", *(kind for module, kinds in modules.items() if find_spec(module) for kind in kinds))


def _write(kind: str, path: Path, arrays: made.Arrays, random: Random) -> Path:
    """Write arrays in a file of a kind, under one of the names that such files have; return where."""
    suffixes = {"npz": (".npz",), "safetensors": (".safetensors", ".bin", "")}.get(
        kind, (".pt", ".pth.tar", ".ckpt", ".bin")
    )
    path = path.with_name(f"{path.name}{random.choice(suffixes)}")
    if kind == "npz":
        made.write_zip(path, made.as_members(arrays), random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    elif kind == "safetensors":
        path.write_bytes(safetensors(arrays))
    else:
        path.write_bytes(_torch(arrays, kind == "torch", random))
    return path


def safetensors(arrays: made.Arrays, dtypes: dict[str, str] | None = None) -> bytes:
    """Return a safetensors file; `dtypes` says what is written as something else than float32."""
    head: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in arrays.items():
        dtype = (dtypes or {}).get(
            name, {"f": "F", "i": "I", "u": "U"}.get(array.dtype.kind, "?") + str(8 * array.itemsize)
        )
        content = (
            (np.asarray(array, "<f4").view("<u4") >> 16).astype("<u2").tobytes() if dtype == "BF16" else array.tobytes()
        )
        head[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


def _torch(arrays: made.Arrays, new: bool, random: Random) -> bytes:
    import torch

    tensors: Any = {name: torch.tensor(np.array(array, order="C")) for name, array in arrays.items()}
    if random.random() < 0.5:
        beside = {"epoch": 600, "best": np.float64(97.4), "args": argparse.Namespace(lr=0.1, out=Path("eval"))}
        tensors = {**beside, random.choice(("state_dict", "model_state_dict", "model")): tensors}
    stream = io.BytesIO()
    torch.save(tensors, stream, _use_new_zipfile_serialization=new)
    return stream.getvalue()


def _as_saved(random: Random) -> made.Arrays:
    """Return the weights with what training, profilers and wrappers add to them."""
    arrays: made.Arrays = dict(made.tensors())
    if random.random() < 0.5:
        arrays["auxiliary_head.classifier.bias"] = np.zeros(10, np.float32)
    if random.random() < 0.5:
        arrays |= {f"{at}.num_batches_tracked": np.zeros(1, np.int64) for at in ("stem.1", "cells.0._ops.0.op.2")}
    if random.random() < 0.5:
        arrays |= {f"{at}total_{what}": np.zeros(1) for at in ("", "stem.") for what in ("ops", "params")}
    prefix = random.choice(_PREFIXES)
    return {f"{prefix}{name}": array for name, array in arrays.items()}


def _right(random: Random, folder: Path) -> Trial:
    kind = random.choice(_kinds())
    if kind == "safetensors" and random.random() < 0.4:
        arrays: made.Arrays = dict(made.tensors())
        path = folder / "w.safetensors"
        path.write_bytes(safetensors(arrays, dict.fromkeys(random.sample(sorted(arrays), 40), "BF16")))
        return _trial("bfloat16", path, "be read", _HALF)
    return _trial(f"{kind}, as saved", _write(kind, folder / "w", _as_saved(random), random), "be read")


def _slip(random: Random, folder: Path) -> Trial:
    arrays: made.Arrays = dict(made.tensors())
    name = random.choice(tuple(made.SLIPS))
    made.SLIPS[name](arrays, random)
    plain = all(array.dtype.kind in "fiu" for array in arrays.values())
    kind = random.choice(_kinds()) if plain and not any("\n" in name for name in arrays) else "npz"
    return _trial(f"{kind}: {name}", _write(kind, folder / "w", arrays, random), "be refused")


def _other_network(random: Random, folder: Path) -> Trial:
    arrays: made.Arrays = dict(made.tensors())
    name = random.choice(tuple(_NETWORKS))
    arrays.update(_NETWORKS[name](random))
    return _trial(name, _write(random.choice(_kinds()), folder / "w", arrays, random), "be refused")


_NETWORKS: dict[str, Callable[[Random], made.Arrays]] = {
    "search network, mixed operations": lambda r: {"cells.0._ops.1._ops.4.op.1.weight": np.zeros((1, 1, 3, 3), "f4")},
    "search network, alphas": lambda r: {"alphas_normal": np.zeros((14, 8), "f4")},
    "another stem": lambda r: {"stem.0.weight": np.zeros((r.choice((1, 2, 4, 16)), 1, 3, 3), "f4")},
    "more cells": lambda r: {f"cells.{r.choice((3, 19, 10**9))}.preprocess0.op.1.weight": np.zeros((1, 1, 1, 1), "f4")},
    "ImageNet": lambda r: {"stem.0.weight": np.zeros(3, "f4"), "stem0.0.weight": np.zeros((1, 3, 3, 3), "f4")},
    "a wrapped copy beside": lambda r: {f"{r.choice(_PREFIXES[1:])}stem.1.bias": np.zeros(3, "f4")},
}


def _made_up(random: Random, folder: Path) -> Trial:
    made_of = {"npz": _made_up_npz, "safetensors": _made_up_safetensors}
    kind = random.choice(_kinds())
    return made_of.get(kind, _made_up_torch)(random, folder)


def _made_up_npz(random: Random, folder: Path) -> Trial:
    path, members = folder / "w.npz", made.as_members(dict(made.tensors()))
    victim = random.choice(tuple(members))
    member = made.hostile_member(random) if random.random() < 0.8 else made.bomb(random)
    made.write_zip(path, {**members, victim: member}, zipfile.ZIP_DEFLATED)
    if random.random() < 0.2:
        path.write_bytes(made.encrypted(path.read_bytes()))
    return _trial("made-up npz", path, "be refused")


def _made_up_safetensors(random: Random, folder: Path) -> Trial:
    path, arrays = folder / "w.safetensors", dict(made.tensors())
    data = safetensors(arrays)
    length = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8 : 8 + length])
    entry = head[made.one_of(arrays, random)]
    name = random.choice(("length", "deep", "dtype", "shape", "offsets", "overlap", "not JSON"))
    if name == "dtype":
        entry["dtype"] = random.choice(("F8_E4M3", "F8_E5M2", "F64", "I32", "U32", "BOOL", "F4", "", "X", 7, None))
    elif name == "shape":
        entry["shape"] = random.choice(([10**13], [-1], [0, 10**30], [2**64], "a", None, [1.5], [10**13, 0]))
    elif name == "offsets":
        entry["data_offsets"] = random.choice(([0, 10**15], [-4, 0], [10, 4], [0], None, [2**64, 2**64 + 4]))
    elif name == "overlap":
        entry["data_offsets"] = [value + 4 for value in entry["data_offsets"]]
    text = {"deep": b"[" * 10**5, "not JSON": b'{"a": '}.get(name, json.dumps(head).encode())
    shown = random.choice((2**63, 10**13, len(data) * 2, 0)) if name == "length" else len(text)
    path.write_bytes(struct.pack("<Q", shown) + text + data[8 + length :])
    return _trial(f"made-up safetensors: {name}", path, "be refused")


class Unknown:
    """A class that no checkpoint may ask for; made from a file, it would leave a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def _made_up_torch(random: Random, folder: Path) -> Trial:
    import torch

    path, tensors = folder / "w.pt", {name: torch.tensor(array) for name, array in made.tensors().items()}
    victim = made.one_of(dict(made.tensors()), random)
    name = random.choice((*_TENSORS, "class", "plain pickle", "packed", "encrypted"))
    if name in _TENSORS:
        tensors[victim] = _TENSORS[name](tensors[victim])
    content: Any = {"state_dict": tensors, "more": Unknown(folder / "sprung")} if name == "class" else tensors
    torch.save(content, path, _use_new_zipfile_serialization=name in ("packed", "encrypted") or random.random() < 0.7)
    if name == "plain pickle":
        path.write_bytes(pickle.dumps(random.choice((Unknown(folder / "sprung"), {"a": 1}, [1, 2], None, {"a": {1}}))))
    elif name == "encrypted":
        path.write_bytes(made.encrypted(path.read_bytes()))
    elif name == "packed":
        with zipfile.ZipFile(path) as archive:
            members = {member: archive.read(member) for member in archive.namelist()}
        made.write_zip(path, members, zipfile.ZIP_DEFLATED)
    return _trial(f"made-up PyTorch file: {name}", path, "be refused")


def _quantised(tensor: Any) -> Any:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quantised tensors are to go
        return torch.quantize_per_tensor(tensor, 0.1, 0, torch.quint8)


_TENSORS: dict[str, Callable[[Any], Any]] = {
    "sparse": lambda tensor: tensor.to_sparse(),
    "quantised": _quantised,
    "complex": lambda tensor: tensor * 1j,
    "repeated": lambda tensor: tensor.reshape(-1)[:1].expand(10**13),
    "other shape": lambda tensor: tensor.reshape(-1).repeat(2),
    "no axes": lambda tensor: tensor.sum(),
}


def _damaged(random: Random, folder: Path) -> Trial:
    """Return a damaged file; where nothing covers the numbers by a checksum, the damage is beside them."""
    kind = random.choice(_kinds())
    path = _write(kind, folder / "w", dict(made.tensors()), random)
    data, first, last = path.read_bytes(), 0, None
    if kind == "safetensors":
        last = struct.unpack("<Q", data[:8])[0] + 8
    elif kind == "torch-old":
        last = data.rfind(b"\x80\x02]q")  # the list of storages, before their numbers
    path.write_bytes(damaged(data, random, first, last))
    return _trial(f"damaged {kind}", path, "either")


def _other(random: Random, folder: Path) -> Trial:
    path = folder / f"w{random.choice(('.pt', '.pth', '.bin', '.npz', '.safetensors', '.ckpt', '.h5', ''))}"
    if random.random() < 0.1:
        path.mkdir()
    else:
        path.write_bytes(other_file(random))
    needs_torch = path.suffix in (".pt", ".pth", ".bin", ".ckpt") and not find_spec("torch")
    return _trial(f"another file{', without PyTorch' if needs_torch else ''}", path, "be refused")
