# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of CIFAR-10's files, from the folder of the Python version or its archive; other things are named."""

from __future__ import annotations

import hashlib
import lzma
import re
import tarfile
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path

from memnet.errors import DataError
from memnet.files import kind_of_file
from memnet.genotype import shorten

CIFAR_FOLDER = "cifar-10-batches-py"
CIFAR_MD5 = {  # of the files of the original
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}
_WANTED = f"cifar10 is read from the folder {CIFAR_FOLDER} of its Python version, or from its .tar.gz"
_MOST_BYTES = 2**28  # of one file; the largest of the original has 31 million
_MOST_MEMBERS = 1000  # of the archive; the original has 9
_TARS = ("", "a gzip archive", "a bzip2 archive", "an xz archive", "a tar archive")  # kinds that may be a .tar.gz
# What collections of images in other forms are: each pattern fits the name of one of their files.
_OTHERS = (
    ("the binary version of CIFAR-10", (r"(data_batch_\d|test_batch)\.bin|cifar-10-(binary|batches-bin)",)),
    ("the Matlab version of CIFAR-10", (r"(data_batch_\d|batches\.meta)\.mat|cifar-10-(matlab|batches-mat)",)),
    ("CIFAR-100", (r"cifar-100|fine_label_names\.txt",)),
    ("CIFAR-100", (r"meta$", r"train$", r"test$")),
    ("idx files (as of MNIST)", (r".*idx\d-ubyte",)),
    ("Parquet files", (r".*\.parquet$",)),
    ("Arrow files", (r".*\.arrow$",)),
    ("NumPy files", (r".*\.np[yz]$",)),
    ("HDF5 files", (r".*\.(h5|hdf5)$",)),
    ("pictures", (r"(?i).*\.(png|jpe?g)$",)),
)


class CifarFiles:
    """The files of CIFAR-10 by name, read from the folder or directly from the archive.

    Parameters
    ----------
    first : names of the files that are read in any case; an archive is gone through once for all of these

    Attributes
    ----------
    sizes : bytes of each file
    altered : names of the files read so far that differ from the original

    Raises
    ------
    DataError
        there is no such folder or archive, it is damaged or lacks a file, or it is something else; the message says
        what
    """

    def __init__(self, place: Path, first: Collection[str]) -> None:
        candidates = (place, place / CIFAR_FOLDER, place / "cifar-10-python.tar.gz")
        self.place = next((path for path in candidates if path.is_file() or (path / "batches.meta").is_file()), place)
        if not self.place.exists():
            raise DataError(f"{place}: no such file or folder; give the folder {CIFAR_FOLDER} or its .tar.gz")
        self.sizes: dict[str, int] = {}
        self.altered: set[str] = set()
        self.contents = self._unpacked(first) if self.place.is_file() else {}
        for name in CIFAR_MD5:
            try:
                self._take_size(name, self.sizes[name] if self.place.is_file() else (self.place / name).stat().st_size)
            except (KeyError, OSError) as error:
                raise self._missing(name) from error

    def path(self, name: str) -> str:
        """Return where the file of that name is, for messages."""
        return f"{self.place}:{name}" if self.place.is_file() else str(self.place / name)

    def read(self, name: str) -> bytes:
        """Return the contents of the file of that name."""
        try:
            if self.place.is_file():
                data = self.contents.pop(name, None) or self._unpacked((name,))[name]
            else:
                data = (self.place / name).read_bytes()
        except (KeyError, OSError) as error:
            raise self._missing(name) from error
        if hashlib.md5(data).hexdigest() != CIFAR_MD5[name]:
            self.altered.add(name)
        return data

    def _missing(self, name: str) -> DataError:
        if self.place.is_dir() and (kind := _kind_of_names([path.name for path in self.place.iterdir()])):
            return DataError(f"{self.place}: has {kind}; {_WANTED}")
        wanted = ", ".join(CIFAR_MD5)
        return DataError(f"{self.path(name)}: missing or unreadable; {CIFAR_FOLDER} has {wanted}")

    def _unpacked(self, wanted: Collection[str]) -> dict[str, bytes]:
        """Return the contents of some of the files in the archive, by name; nothing is written to disk."""
        kind = kind_of_file(self.place)
        if kind not in _TARS:
            raise DataError(f"{self.place}: is {kind}; {_WANTED}")
        contents: dict[str, bytes] = {}
        names: list[str] = []
        try:
            with tarfile.open(self.place) as archive:
                for member in archive:
                    names.append(Path(member.name).name)
                    self._take_size(names[-1], member.size, regular=member.isfile())
                    if names[-1] in wanted and member.isfile() and (stream := archive.extractfile(member)):
                        contents[names[-1]] = stream.read()
                    if len(contents) == len(wanted) and len(self.sizes) == len(CIFAR_MD5):
                        break
                    if len(names) > _MOST_MEMBERS:
                        raise DataError(f"{self.place}: has over {_MOST_MEMBERS} files; {_WANTED}")
        except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
            if other := _kind_of_names([self.place.name]):
                raise DataError(f"{self.place}: has {other}; {_WANTED}") from error
            size = self.place.stat().st_size
            reason = shorten(str(error).partition(":\n")[0])  # not the list of what each kind of archive lacks
            raise DataError(f"{self.place}: no whole .tar.gz ({size} bytes found; {reason}); fetch it again") from error
        if not self.sizes:
            raise DataError(f"{self.place}: has {_kind_of_names(names) or 'no file of CIFAR-10'}; {_WANTED}")
        return contents

    def _take_size(self, name: str, size: int, *, regular: bool = True) -> None:
        if name in CIFAR_MD5 and regular:
            self.sizes[name] = size
        if not 0 <= size <= _MOST_BYTES:
            raise DataError(f"{self.path(name)}: has {size:,} bytes, but CIFAR-10 has no such file; {_WANTED}")


def _kind_of_names(names: Iterable[str]) -> str:
    """Return what a folder or archive has, by the names of its files; '' if that is unknown or may be CIFAR-10."""
    names = set(names)
    if names & set(CIFAR_MD5):
        return ""
    for kind, patterns in _OTHERS:
        if all(any(re.match(pattern, name) for name in names) for pattern in patterns):
            return kind
    return ""
