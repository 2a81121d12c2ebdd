# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the arrays of checkpoints: PyTorch, safetensors and npz files; code that a file contains is never executed.

PyTorch files are read with `weights_only`, which refuses pickles that contain classes other than tensors; safetensors
and npz files contain no code. Numbers, options and paths that training scripts save beside the tensors are left out.
bfloat16 is read exactly; tensors that are sparse, quantised or complex, and 8-bit floats, are refused by name.
"""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import SetupError, WeightsError
from memnet.files import NPZ, PICKLE, SAFETENSORS, TORCH, ZIP, ZIP_DAMAGE, ContentsError, kind_of_file, read_npz
from memnet.genotype import shorten

_TORCH_SUFFIXES = (".pt", ".pth", ".tar", ".ckpt", ".bin")
_WITHIN = ("state_dict", "model_state_dict", "model")  # keys under which training scripts save the state dict
_ASKED_FOR = re.compile(r"\bGLOBAL ([\w.]+)", re.ASCII)
_DTYPES = {  # of safetensors
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?"},
    **{f"{kind.upper()}{8 * size}": f"<{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)},
}
# Classes of values that stand beside tensors: NumPy's scalars, options of the command line, paths.
_BESIDE = (
    ("numpy._core.multiarray", "scalar"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy", "dtype"),
    ("argparse", "Namespace"),
    ("pathlib", "PosixPath"),
    ("pathlib", "WindowsPath"),
    ("pathlib._local", "PosixPath"),
    ("pathlib._local", "WindowsPath"),
)


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a checkpoint by the names in the file, in the types of the file (bfloat16 as float32).

    Raises
    ------
    WeightsError
        the file is no checkpoint, is damaged, or contains classes or kinds of tensors that are not read
    SetupError
        the package that reads this kind of file is not installed
    """
    if not path.is_file():
        raise WeightsError(f"{path}: {'is no file' if path.exists() else 'no such checkpoint'}")
    try:
        kind = kind_of_file(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    kinds = {".npz": NPZ, ".safetensors": SAFETENSORS, **dict.fromkeys(_TORCH_SUFFIXES, TORCH)}
    by_suffix = kinds.get(path.suffix.lower())
    if kind in (TORCH, NPZ, SAFETENSORS):  # whatever it is called
        return _READERS[kind](path)
    if by_suffix and (kind in ("", ZIP) or (kind == PICKLE and by_suffix == TORCH)):
        return _READERS[by_suffix](path)
    known = f"{', '.join(_TORCH_SUFFIXES)}, .safetensors and .npz"
    raise WeightsError(f"{path}: {f'is {kind}, not a' if kind else 'unknown kind of'} checkpoint; known are {known}")


def _torch(path: Path) -> dict[str, NDArray[Any]]:
    try:
        import torch
    except ImportError as missing:
        raise SetupError(
            f"{path}: reading it needs PyTorch: pip install 'memnet-spice[train]', or save the state dict as .npz"
        ) from missing
    _refuse_packed(path)
    loaded = _unpickled(path)
    for name in _WITHIN:
        if isinstance(loaded, dict) and isinstance(loaded.get(name), dict):
            loaded = loaded[name]
            break
    tensors = loaded.items() if isinstance(loaded, dict) else ()
    held = {str(name): value for name, value in tensors if isinstance(value, torch.Tensor)}
    if not held:
        kinds = sorted({type(value).__name__ for value in loaded.values()}) if isinstance(loaded, dict) else []
        what = f"a dict of {', '.join(kinds)}" if kinds else f"a {type(loaded).__name__}"
        raise WeightsError(f"{path}: holds {what}, not a state dict of tensors; save model.state_dict()")
    return {name: _array(path, name, value) for name, value in held.items()}


def _refuse_packed(path: Path) -> None:
    """Refuse a zip archive that PyTorch has not written, or whose checksums, which PyTorch does not check, are wrong.

    PyTorch stores all members as they are, so that none unpacks to more than its size in the file.
    """
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1 or member.compress_type != zipfile.ZIP_STORED:
                    how = "encrypted" if member.flag_bits & 1 else "compressed"
                    raise WeightsError(f"{path}: {shorten(member.filename)} in it is {how}, as PyTorch never writes it")
            damaged = archive.testzip()
    except ZIP_DAMAGE as error:
        raise WeightsError(f"{path}: no whole PyTorch checkpoint ({_reason(error)}); fetch it again") from error
    if damaged:
        raise WeightsError(f"{path}: no whole PyTorch checkpoint ({shorten(damaged)} has changed); fetch it again")


def _unpickled(path: Path) -> Any:  # noqa: ANN401 - anything that a file holds
    """Return what a PyTorch file holds; values of the classes in `_BESIDE` are replaced by empty ones."""
    import torch

    try:
        with warnings.catch_warnings(), _left_out(torch):
            warnings.simplefilter("ignore")  # about the pickle protocol of files that it refuses anyway
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = _ASKED_FOR.search(str(error))
        reason = f"it asks for {asked[1]}" if asked else "its pickle is damaged, or of another kind"
        raise WeightsError(
            f"{path}: refused unexecuted, for it holds more than tensors, or is no PyTorch file ({reason}); "
            "save model.state_dict() alone"
        ) from error
    except Exception as error:  # a damaged pickle may raise nearly anything
        raise WeightsError(f"{path}: no whole PyTorch checkpoint ({_reason(error)}); fetch it again") from error


class _LeftOut:
    """Stands for a value beside the tensors, and holds nothing of it."""

    def __new__(cls, *_: object) -> _LeftOut:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass


def _left_out(torch: Any) -> AbstractContextManager[Any]:  # noqa: ANN401 - the module
    """Let PyTorch read the names in `_BESIDE` as empty values; before 2.5 it cannot, and refuses them by name."""
    safe_globals = getattr(torch.serialization, "safe_globals", None)
    if safe_globals is None:
        return nullcontext()
    context: AbstractContextManager[Any] = safe_globals(
        [type(name, (_LeftOut,), {"__module__": module}) for module, name in _BESIDE]
    )
    return context


def _reason(error: Exception) -> str:
    """Return the first line of an error, unless it says how to switch the safe reading off."""
    lines = str(error).splitlines()
    if not lines or "weights_only" in str(error):
        return type(error).__name__
    return shorten(lines[0], 160)


def _array(path: Path, name: str, tensor: Any) -> NDArray[Any]:  # noqa: ANN401 - a tensor
    """Return a tensor of real numbers as an array, of float64 where it is one of floating-point numbers."""
    import torch

    kind = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout != torch.strided or tensor.is_nested:
        kind = "sparse or nested"
    elif tensor.device.type != "cpu":
        kind = "numberless (meta)"
    elif not tensor.is_quantized and not tensor.is_complex() and "float8" not in kind and "float4" not in kind:
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise WeightsError(f"{path}: {shorten(name)} repeats the numbers that it holds; save it as float32")
        exact = torch.float64 if tensor.is_floating_point() else tensor.dtype
        array: NDArray[Any] = tensor.detach().to(exact).numpy()
        return array
    raise WeightsError(f"{path}: {shorten(name)} is a {kind} tensor, which is not read; save it as float32")


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return read_npz(path)
    except ContentsError as error:
        raise WeightsError(f"{path}: no whole npz file of plain arrays ({error}); save it again") from error


def _safetensors(path: Path) -> dict[str, NDArray[Any]]:
    try:
        import safetensors
    except ImportError as missing:
        raise SetupError(f"{path}: reading it needs safetensors: pip install 'memnet-spice[safetensors]'") from missing
    try:
        deserialize: Any = safetensors.deserialize  # which has no types
        entries = deserialize(path.read_bytes())
    except (safetensors.SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: no whole safetensors file ({_reason(error)}); fetch it again") from error
    arrays: dict[str, NDArray[Any]] = {}
    for name, entry in entries:
        dtype, shape = entry["dtype"], entry["shape"]
        if dtype == "BF16":
            arrays[name] = _bfloat16(entry["data"]).reshape(shape)
        elif dtype in _DTYPES:
            arrays[name] = np.frombuffer(entry["data"], _DTYPES[dtype]).reshape(shape)
        else:
            raise WeightsError(f"{path}: {shorten(name)} holds {shorten(dtype)}, which is not read; save it as float32")
    return arrays


def _bfloat16(data: bytes) -> NDArray[np.float32]:
    """Return numbers of type bfloat16 as float32: they are the upper halves of these."""
    return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")


_READERS = {TORCH: _torch, NPZ: _npz, SAFETENSORS: _safetensors}
