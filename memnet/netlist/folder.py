# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an export: which files of it are memnet's, and how newer ones come in their place.

A folder may hold files of its user beside those of the export, such as what a simulator wrote there. So only files that
a valid manifest lists are replaced or removed, and only while their digests match.

New files are written to a hidden folder inside. When all are there it is renamed, which is the decision; then the old
files go, and the new ones are moved in, the manifest last. Whoever is stopped before that decision has changed nothing,
and after it the next call goes on from where the last one was: no folder ever has old and new files together.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from memnet.errors import OutputError

Result = TypeVar("Result")
MANIFEST = "manifest.json"
_PART = ".memnet-part"  # the folder that new files are written to
_READY = ".memnet-ready"  # the same when all are there
_OLD = "old-manifest.json"  # in `_READY`, beside the folder `_NEW`: the manifest whose files are to be replaced
_NEW = "new"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20


def replace_files(folder: Path, write: Callable[[Path], Result]) -> Result:
    """Let `write` fill a new folder with the files of an export and its manifest, then put these into `folder`.

    A symbolic link to a folder stays, and its folder gets the files.

    Raises
    ------
    OutputError
        see `refuse_foreign`; a file of the export's user is in the way of a new one; another process writes to the
        folder; it cannot be made or written to, or the disk is full. The folder is as it was
    """
    refuse_foreign(folder)
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            return _replace(folder, write)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{folder}: not written ({reason}); free space or choose another folder") from error
    finally:
        for path in made:
            with suppress(OSError):  # what is not empty stays
                path.rmdir()


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder whose files are not all memnet's as it wrote them, or the user's beside a valid manifest.

    Raises
    ------
    OutputError
        it is a file, or a link to nothing; it holds files and no valid manifest; a file that the manifest lists was
        changed since
    """
    if folder.is_symlink() and not folder.exists():
        raise OutputError(f"{folder}: a symbolic link to {folder.readlink()}, which is not there; make that folder")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: is a file; choose another folder")
    if folder.exists() and not (folder / _READY).exists():
        _refuse_in_the_way(folder, listed_files(folder), [])


def listed_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 digests of the files that a folder's manifest lists, by path; none of an empty folder.

    Raises
    ------
    OutputError
        the folder holds files and no manifest, or one that memnet did not write
    """
    path = folder / MANIFEST
    if not os.path.lexists(path):
        if any(each.name not in (_PART, _READY) for each in folder.iterdir()):
            raise OutputError(f"{folder}: exists and is no export of memnet; choose another folder, or empty it")
        return {}
    try:
        if path.is_symlink():
            raise ValueError("it is a symbolic link")
        return manifest_files(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise OutputError(
            f"{path}: is not the list of an export's files that memnet writes ({error}); choose another folder"
        ) from error


def manifest_files(manifest: Any) -> dict[str, str]:  # noqa: ANN401 - whatever the JSON file holds
    """Return the digests of the files in a manifest by path; ValueError where it is none or has odd paths."""
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not files:
        raise ValueError("it lists no files")
    for name, digest in files.items():
        parts = PurePosixPath(name).parts
        inside = name and "/".join(parts) == name and not {"..", _PART, _READY} & set(parts)
        if (
            not inside
            or "\\" in name
            or name == MANIFEST
            or not isinstance(digest, str)
            or not _DIGEST.fullmatch(digest)
        ):
            raise ValueError(f"its entry {name!r} is none of a file in the folder")
    if manifest.get("digest") != digest_of_list(files):
        raise ValueError("its digest does not fit its list of files")
    return files


def digest_of_list(files: Mapping[str, str]) -> str:
    """Return one digest of all files, given theirs by path."""
    listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(listed.encode()).hexdigest()


def _replace(folder: Path, write: Callable[[Path], Result]) -> Result:
    if (folder / _READY).exists():
        _move_in(folder)
    _refuse_in_the_way(folder, listed_files(folder), [])
    part = folder / _PART
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    try:
        (part / _NEW).mkdir(parents=True)
        result = write(part / _NEW)
        _refuse_in_the_way(folder, listed_files(folder), _files(part / _NEW))
        part.rename(folder / _READY)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    try:
        _move_in(folder)
    except KeyboardInterrupt:  # the rest takes milliseconds
        _move_in(folder)
        raise
    return result


def _move_in(folder: Path) -> None:
    """Replace the files of the old manifest by the new ones in `_READY`; goes on from wherever an earlier call was."""
    ready, new = folder / _READY, folder / _READY / _NEW
    if (new / MANIFEST).exists():
        waiting = _files(new)
        if not (ready / _OLD).exists() and (folder / MANIFEST).exists():
            (folder / MANIFEST).rename(ready / _OLD)
        old = manifest_files(json.loads((ready / _OLD).read_text("utf-8"))) if (ready / _OLD).exists() else {}
        # What is listed and waits no more was moved in by the earlier call.
        listed = manifest_files(json.loads((new / MANIFEST).read_text("utf-8")))
        old = {name: digest for name, digest in old.items() if name in waiting or name not in listed}
        _refuse_in_the_way(folder, old, waiting)
        # The files at the top, which a tool is started with, go first and come last.
        for name in sorted(old, key=lambda path: path.count("/")):
            _remove(folder, name)
        for name in sorted(waiting, key=lambda path: -path.count("/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).rename(folder / name)
        (new / MANIFEST).rename(folder / MANIFEST)
    shutil.rmtree(ready, ignore_errors=True)


def _remove(folder: Path, name: str) -> None:
    """Delete a file and the folders above it that are empty then."""
    path = folder / name
    path.unlink(missing_ok=True)
    for parent in path.relative_to(folder).parents[:-1]:
        with suppress(OSError):  # other files are in it
            (folder / parent).rmdir()


def _refuse_in_the_way(folder: Path, old: Mapping[str, str], new: Iterable[str]) -> None:
    """Raise OutputError for a file that was changed since its digest was taken, or stands where a new one is to be."""
    for name, digest in old.items():
        path = folder / name
        if os.path.lexists(path) and (_linked(folder, path) or not path.is_file() or _digest(path) != digest):
            raise OutputError(f"{path}: was changed since memnet wrote it; move it away, or choose another folder")
    for name in new:
        path = folder / name
        above = [folder / parent for parent in path.relative_to(folder).parents[:-1]]
        blocking = [each for each in above if os.path.lexists(each) and (each.is_symlink() or not each.is_dir())]
        if name not in old and os.path.lexists(path):
            blocking.append(path)
        for each in blocking:
            raise OutputError(
                f"{each}: is in the way of a file of the export, and {MANIFEST} does not list it; move it away, or "
                "choose another folder"
            )


def _linked(folder: Path, path: Path) -> bool:
    """Tell whether a path inside a folder is, or leads through, a symbolic link."""
    inside = path.relative_to(folder)
    return any((folder / each).is_symlink() for each in (inside, *inside.parents[:-1]))


def _files(folder: Path) -> list[str]:
    """Return the paths of all files below a folder but for its manifest."""
    files = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return [name for name in files if name != MANIFEST]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to the folder; the system ends that with the process, however it ends."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:  # no such locks on Windows
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                f"{folder}: another process writes an export to it; wait for it, or choose another folder"
            ) from None
        yield
    finally:
        os.close(handle)
