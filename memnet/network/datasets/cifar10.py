# SPDX-License-Identifier: GPL-3.0-or-later
"""CIFAR-10 from the files of its Python version, which are pickles; code that a file contains is never executed."""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import DataError
from memnet.network.datasets.base import Dataset, DataSource
from memnet.network.recipe import Recipe

CIFAR_FOLDER = "cifar-10-batches-py"
CIFAR_MEAN = (0.4914, 0.4822, 0.4465)  # of red, green and blue in the training set, scale 0 to 1; the usual values
CIFAR_STD = (0.2470, 0.2435, 0.2616)
CIFAR_PIXELS = 3 * 32 * 32
CIFAR_MD5 = {  # of the files of the original
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}
# The names that unpickling a byte array imports, by the module paths of old and new NumPy.
ALLOWED = {
    (module, name)
    for module, names in {
        "numpy": ("dtype", "ndarray"),
        "numpy.core.multiarray": ("_reconstruct",),
        "numpy._core.multiarray": ("_reconstruct",),
        "numpy.core.numeric": ("_frombuffer",),
        "numpy._core.numeric": ("_frombuffer",),
        "_codecs": ("encode",),
    }.items()
    for name in names
}


class _CifarFiles:
    """The files of CIFAR-10 by name, read from the folder or directly from the archive."""

    def __init__(self, place: Path) -> None:
        candidates = (place, place / CIFAR_FOLDER, place / "cifar-10-python.tar.gz")
        self.place = next((path for path in candidates if path.is_file() or (path / "batches.meta").is_file()), place)
        if not self.place.exists():
            raise DataError(f"{place}: no such file or folder; give the folder {CIFAR_FOLDER} or its .tar.gz")
        self.contents = self._unpacked() if self.place.is_file() else None

    def _unpacked(self) -> dict[str, bytes]:
        """Return the contents of CIFAR-10's files in the archive, by name; nothing is written to disk."""
        contents: dict[str, bytes] = {}
        try:
            with tarfile.open(self.place) as archive:
                for member in archive:
                    stream = archive.extractfile(member) if Path(member.name).name in CIFAR_MD5 else None
                    if stream is not None:
                        contents[Path(member.name).name] = stream.read()
        except (tarfile.TarError, EOFError, OSError) as error:
            size = self.place.stat().st_size
            raise DataError(f"{self.place}: no whole .tar.gz ({size} bytes found; {error}); fetch it again") from error
        return contents

    def path(self, name: str) -> str:
        return f"{self.place}:{name}" if self.contents is not None else str(self.place / name)

    def read(self, name: str) -> bytes:
        try:
            return self.contents[name] if self.contents is not None else (self.place / name).read_bytes()
        except (KeyError, OSError) as error:
            wanted = ", ".join(CIFAR_MD5)
            raise DataError(f"{self.path(name)}: missing or unreadable; {CIFAR_FOLDER} has {wanted}") from error


class _Restricted(pickle.Unpickler):
    """Unpickles lists, texts and byte arrays; any other class is refused before it is imported."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - the signature of pickle
        if (module, name) not in ALLOWED:
            raise DataError(f"asks for {module}.{name}, which data never needs; refused without running it")
        return super().find_class(module, name)


def _unpickle(data: bytes, path: str, expected: str) -> dict[str, Any]:
    try:
        # The original was pickled by Python 2, whose arrays NumPy can rebuild with this encoding only.
        content = _Restricted(io.BytesIO(data), encoding="latin1").load()
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except Exception as error:  # a damaged pickle may raise nearly anything
        raise DataError(f"{path}: truncated or damaged: {len(data)} bytes found, {expected} ({error})") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: holds a {type(content).__name__}, not a dictionary; it is no file of {CIFAR_FOLDER}")
    return content


def load_cifar10(data_dir: Path | None) -> Dataset:
    """Return CIFAR-10, normalised; `notes` says if files differ from the original.

    Parameters
    ----------
    data_dir : the folder ``cifar-10-batches-py``, the folder that holds it, or its ``.tar.gz``

    Raises
    ------
    DataError
        no folder is given, or its files are bad
    """
    if data_dir is None:
        raise DataError(f"cifar10: say where it is: --data DIR, the folder {CIFAR_FOLDER} or its .tar.gz")
    files = _CifarFiles(data_dir)
    meta_bytes = files.read("batches.meta")
    meta = _unpickle(meta_bytes, files.path("batches.meta"), "158 in the original")
    classes = tuple(str(name) for name in meta.get("label_names", ()))
    count = meta.get("num_cases_per_batch")
    if len(classes) != 10 or not isinstance(count, int) or meta.get("num_vis", CIFAR_PIXELS) != CIFAR_PIXELS:
        raise DataError(f"{files.path('batches.meta')}: does not describe ten classes of 32x32x3 images")
    altered = [] if hashlib.md5(meta_bytes).hexdigest() == CIFAR_MD5["batches.meta"] else ["batches.meta"]
    parts: dict[str, list[tuple[NDArray[np.uint8], NDArray[np.int64]]]] = {"train": [], "test": []}
    for name in CIFAR_MD5:
        if name != "batches.meta":
            data = files.read(name)
            if hashlib.md5(data).hexdigest() != CIFAR_MD5[name]:
                altered.append(name)
            parts["test" if name == "test_batch" else "train"].append(_batch(data, files.path(name), name, count))
    note = f"{len(altered)} of {len(CIFAR_MD5)} files differ from the original CIFAR-10 (MD5): a re-encoded copy"
    images = {split: _normalised(np.concatenate([pixels for pixels, _ in pairs])) for split, pairs in parts.items()}
    labels = {split: np.concatenate([labels for _, labels in pairs]) for split, pairs in parts.items()}
    return Dataset(
        name="cifar10",
        classes=classes,
        notes=(note,) if altered else (),
        train_images=images["train"],
        train_labels=labels["train"],
        test_images=images["test"],
        test_labels=labels["test"],
    )


def _batch(data: bytes, path: str, name: str, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the pixels (count, 3072) and labels (count,) of one file, checked."""
    content = _unpickle(data, path, f"at least {count * (CIFAR_PIXELS + 1)} expected for {count} images")
    pixels, labels = content.get("data"), content.get("labels")
    if not isinstance(pixels, np.ndarray) or not isinstance(labels, list):
        keys = ", ".join(sorted(str(key) for key in content))
        raise DataError(f"{path}: has {keys}, but CIFAR-10 has data and labels; is this CIFAR-100?")
    if pixels.dtype != np.uint8 or pixels.shape != (count, CIFAR_PIXELS) or len(labels) != count:
        raise DataError(
            f"{path}: expected {count} images of {CIFAR_PIXELS} bytes and {count} labels, "
            f"found {pixels.dtype} {pixels.shape} and {len(labels)} labels; fetch it again"
        )
    if not all(isinstance(label, int) and 0 <= label < 10 for label in labels):
        raise DataError(f"{path}: has labels outside 0 to 9; it is no file of CIFAR-10")
    label = str(content.get("batch_label", name))
    number = name.rsplit("_", 1)[1]
    fits = "test" in label if name == "test_batch" else "test" not in label and number in label
    if not fits:
        raise DataError(f"{path}: calls itself {label!r}, so it stands under a wrong name; restore the original names")
    return pixels, np.asarray(labels, dtype=np.int64)


def _normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return images (n, 3, 32, 32) of pixels (n, 3072): (pixel / 255 - mean) / standard deviation of each colour."""
    images = np.empty((len(pixels), 3, 32, 32), dtype=np.float32)
    for channel, (mean, std) in enumerate(zip(CIFAR_MEAN, CIFAR_STD, strict=True)):
        table = ((np.arange(256) / 255.0 - mean) / std).astype(np.float32)
        images[:, channel] = table[pixels.reshape(-1, 3, 32, 32)[:, channel]]
    return images


CIFAR10 = DataSource(
    name="cifar10",
    image_shape=(3, 32, 32),
    classes=10,
    channels=16,
    layers=8,
    recipe=Recipe(
        epochs=30,
        batch_size=64,
        learning_rate=0.08,
        muon_rate=0.04,
        label_smoothing=0.05,
        sides=((0.0, 16), (0.3, 24), (0.65, 32)),
    ),
    load=load_cifar10,
)
