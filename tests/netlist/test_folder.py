# SPDX-License-Identifier: GPL-3.0-or-later
"""An export replaces its own files as it wrote them, and nothing else, whatever interrupts it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from memnet.errors import OutputError
from memnet.netlist import folder as module
from memnet.netlist.folder import MANIFEST, digest_of_list, listed_files, replace_files

FIRST = {"testbench.sp": "first", "blocks/a.sp": "a", "blocks/b.sp": "b", "gone/c.sp": "c"}
SECOND = {"testbench.sp": "second", "blocks/a.sp": "a", "blocks/b.sp": "new b", "more/d.sp": "d"}


def write(files: dict[str, str], into: Path) -> str:
    """Write files and their manifest, as an export does."""
    digests = {}
    for name, text in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    (into / MANIFEST).write_text(json.dumps({"digest": digest_of_list(digests), "files": digests}))
    return "done"


def put(files: dict[str, str], folder: Path) -> str:
    return replace_files(folder, lambda into: write(files, into))


def content(folder: Path) -> dict[str, str]:
    """Return what a folder holds, hidden files too, but for the manifest."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the first files, and with what its user and a simulator put there."""
    made = tmp_path / "deep" / "export"
    assert put(FIRST, made) == "done"
    (made / "outputs.txt").write_text("of a run")
    (made / "blocks" / "notes.txt").write_text("of the user")
    return made


MINE = {"outputs.txt": "of a run", "blocks/notes.txt": "of the user"}


def test_files_beside_those_of_the_export_stay(folder: Path) -> None:
    inode = (folder / "outputs.txt").stat().st_ino
    assert put(SECOND, folder) == "done"
    assert content(folder) == SECOND | MINE and not (folder / "gone").exists()
    assert (folder / "outputs.txt").stat().st_ino == inode
    assert listed_files(folder).keys() == SECOND.keys()
    put(SECOND, folder)
    (folder / "blocks" / "a.sp").unlink()  # what the user deleted comes back
    put(FIRST, folder)
    assert content(folder) == FIRST | MINE


def refused(folder: Path, said: str) -> None:
    before = content(folder)
    manifest = (folder / MANIFEST).read_bytes() if (folder / MANIFEST).exists() else b""
    with pytest.raises(OutputError, match=said):
        put(SECOND, folder)
    assert content(folder) == before
    assert not manifest or (folder / MANIFEST).read_bytes() == manifest


def test_a_listed_file_that_was_changed_is_refused(folder: Path) -> None:
    (folder / "gone" / "c.sp").write_text("tuned by hand")
    refused(folder, r"gone/c\.sp: was changed since memnet wrote it; move it away, or choose another folder")
    assert not any(path.name.startswith(".memnet") for path in folder.iterdir())


def test_a_file_that_is_not_listed_is_not_replaced(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "d.sp").write_text("the user's")
    refused(folder, r"more/d\.sp: is in the way of a file of the export, and manifest\.json does not list it")
    (folder / "more" / "d.sp").unlink()
    (folder / "more").rmdir()
    (folder / "more").write_text("a file where a folder is to be")
    refused(folder, "more: is in the way")


def test_links_inside_are_not_followed(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "d.sp").write_text("elsewhere")
    (folder / "more").symlink_to(other)
    refused(folder, "more: is in the way")
    (folder / "more").unlink()
    (folder / "gone" / "c.sp").rename(tmp_path / "c.sp")
    (folder / "gone" / "c.sp").symlink_to(tmp_path / "c.sp")  # the same digest
    refused(folder, "was changed since")
    assert (other / "d.sp").read_text() == "elsewhere" and (tmp_path / "c.sp").read_text() == "c"


@pytest.mark.parametrize(
    "manifest",
    [
        "{}",
        "[]",
        "not JSON",
        "\udcff",
        "[" * 100_000,
        '{"name": "a web app", "files": ["thesis.tex"]}',
        '{"files": {"thesis.tex": "0123"}}',
        json.dumps({"files": {"thesis.tex": "0" * 64}, "digest": "0" * 64}),
    ],
)
def test_a_manifest_of_something_else_is_no_licence(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / MANIFEST).write_text(manifest, errors="surrogateescape")
    with pytest.raises(OutputError, match="is not the list of an export's files that memnet writes"):
        put(SECOND, tmp_path)
    assert content(tmp_path) == {"thesis.tex": "years of work"}


@pytest.mark.parametrize("name", ["../thesis.tex", "/etc/hostname", "a/../../thesis.tex", "./a", "", "a\\b", MANIFEST])
def test_a_manifest_lists_no_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    inside = tmp_path / "export"
    inside.mkdir()
    files = {name: hashlib.sha256(b"years of work").hexdigest()}
    (inside / MANIFEST).write_text(json.dumps({"files": files, "digest": digest_of_list(files)}))
    with pytest.raises(OutputError, match="is none of a file in the folder"):
        put(SECOND, inside)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_link_to_a_folder_stays_and_is_followed(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    put(SECOND, link)
    assert link.is_symlink() and content(folder) == SECOND | MINE
    broken = tmp_path / "broken"
    broken.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match=r"broken: a symbolic link to .*nowhere, which is not there"):
        put(SECOND, broken)
    (tmp_path / "file").write_text("a file")
    with pytest.raises(OutputError, match="file: is a file; choose another folder"):
        put(SECOND, tmp_path / "file")
    assert broken.is_symlink() and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("no number")]
)
def test_a_writer_that_fails_leaves_all_as_it_was(folder: Path, tmp_path: Path, error: BaseException) -> None:
    def half(into: Path) -> None:
        write(SECOND, into)
        raise error

    for place in (folder, tmp_path / "new" / "below"):
        with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
            replace_files(place, half)
    assert content(folder) == FIRST | MINE and not (tmp_path / "new").exists()


def test_an_interrupt_while_files_are_moved_leaves_all_new_ones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = Path.rename, []

    def rename(path: Path, target: Path) -> Path:
        calls.append(path)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        put(SECOND, folder)
    assert content(folder) == SECOND | MINE


def killed_at(step: int, folder: Path) -> bool:
    """Export the second files in a process that is killed before its file operation of that number, if it has one."""
    code = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_folder import SECOND, put
left = {step}
def counted(real):
    def call(*given, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)
    return call
for name in ("rename", "unlink", "rmdir", "mkdir", "write_text"):
    setattr(Path, name, counted(getattr(Path, name)))
put(SECOND, Path({str(folder)!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode != 0


@pytest.mark.long
def test_a_kill_at_any_step_leaves_the_old_files_or_gets_the_new_ones(tmp_path: Path) -> None:
    step, seen = 0, set()
    while True:
        folder = tmp_path / str(step)
        put(FIRST, folder)
        (folder / "outputs.txt").write_text("of a run")
        if not killed_at(step, folder):
            break
        assert_whole(folder, seen)
        step += 1
    assert step > 15 and seen == {"old", "between"}


def assert_whole(folder: Path, seen: set[str]) -> None:
    """Check that a folder has the files of one export, or no main netlist, and that the next call sets it right."""
    found = {name: text for name, text in content(folder).items() if not name.startswith(".memnet")}
    assert found.pop("outputs.txt") == "of a run"
    old = found == FIRST and (folder / MANIFEST).exists()
    seen.add("old" if old else "between")
    if not old:
        kept = [name for name, text in found.items() if FIRST.get(name) == text and SECOND.get(name) != text]
        fresh = [name for name, text in found.items() if SECOND.get(name) == text and FIRST.get(name) != text]
        assert not (kept and fresh) and ("testbench.sp" not in found or found in (FIRST, SECOND))
    put(SECOND, folder)
    assert content(folder) == SECOND | {"outputs.txt": "of a run"}


def test_a_folder_that_was_left_between_is_finished_and_then_replaced(folder: Path) -> None:
    """What a process had decided on when it was killed comes first, so that no file is taken for the user's."""
    write(SECOND, folder / module._READY / module._NEW)
    (folder / MANIFEST).rename(folder / module._READY / module._OLD)
    (folder / "testbench.sp").unlink()
    put(FIRST, folder)
    assert content(folder) == FIRST | MINE


def test_a_folder_that_lacked_its_manifest_alone_is_finished(folder: Path) -> None:
    put(SECOND, folder)
    waiting = folder / module._READY / module._NEW
    waiting.mkdir(parents=True)
    (folder / MANIFEST).rename(waiting / MANIFEST)
    put(FIRST, folder)
    assert content(folder) == FIRST | MINE


def test_two_processes_do_not_write_to_one_folder(folder: Path) -> None:
    def meanwhile(into: Path) -> str:
        with pytest.raises(OutputError, match="another process writes an export to it"):
            put(SECOND, folder)
        return write(SECOND, into)

    replace_files(folder, meanwhile)
    assert content(folder) == SECOND | MINE


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable to root")
def test_an_unwritable_folder_is_refused(folder: Path) -> None:
    folder.chmod(0o500)
    refused(folder, "not written")
