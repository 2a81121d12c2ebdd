# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders are there whole or not at all, whatever interrupts their writing; the templates of both kinds."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from memnet.errors import OutputError
from memnet.files import aside, template_environment, write_aside, write_folder_aside

FULL = OSError(errno.ENOSPC, "No space left on device")


def test_a_file_written_aside_replaces_the_old_one(tmp_path):
    path = tmp_path / "below" / "file"
    with aside(path) as temporary:
        assert temporary.parent == path.parent and temporary != path
        temporary.write_text("new")
        assert not path.exists()
    write_aside(path, lambda stream: stream.write(b"newer"))
    assert path.read_text() == "newer" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt(), ValueError("no number")])
def test_a_writer_that_fails_leaves_the_old_file_alone(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(type(error)), aside(path) as temporary:
        temporary.write_text("half")
        raise error
    with pytest.raises(OutputError if error is FULL else type(error)):
        write_aside(path, lambda stream: (stream.write(b"half"), (_ for _ in ()).throw(error)))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def fill(folder: Path) -> str:
    (folder / "inside").write_text("new")
    return "done"


def test_a_folder_written_aside_replaces_the_old_one(tmp_path):
    folder = tmp_path / "deep" / "folder"
    assert write_folder_aside(folder, fill) == "done"
    (folder / "more").write_text("of the old one")
    assert write_folder_aside(folder, fill) == "done"
    assert [path.name for path in folder.iterdir()] == ["inside"] and list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt(), ValueError("no number")])
def test_a_writer_that_fails_leaves_the_old_folder_alone(tmp_path, error):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").touch()

    def half(temporary: Path) -> None:
        fill(temporary)
        raise error

    with pytest.raises(OutputError if error is FULL else type(error)):
        write_folder_aside(folder, half)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()])
def test_the_old_folder_comes_back_if_the_new_one_cannot_be_renamed(tmp_path, monkeypatch, error):
    folder = tmp_path / "folder"
    write_folder_aside(folder, fill)
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path.name.endswith(".part"):
            raise error
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError if error is FULL else KeyboardInterrupt):
        write_folder_aside(folder, lambda temporary: (temporary / "newer").touch())
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "inside"]


@pytest.mark.parametrize("kind", ["write_aside", "write_folder_aside"])
def test_a_killed_writer_leaves_what_was_there(tmp_path, kind):
    """Nothing can clean up after a kill, but no reader sees a part under the name."""
    target = tmp_path / "target"
    if kind == "write_aside":
        target.write_text("old")
    else:
        target.mkdir()
    body = "thing.write(b'half') if hasattr(thing, 'write') else (thing / 'half').touch()"
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        f"from memnet.files import {kind}\n"
        f"def half(thing):\n    {body}\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{kind}(Path({str(target)!r}), half)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir() if path != target]
    assert all(name.startswith(".target.") and name.endswith(".part") for name in left) and len(left) == 1
    assert target.read_text() == "old" if target.is_file() else not list(target.iterdir())


def test_pages_escape_and_netlists_do_not():
    page, netlist = (template_environment(page=page, more={"x": "{{ a }}\n"}) for page in (True, False))
    assert page.get_template("x").render(a="<") == "&lt;"
    assert netlist.get_template("x").render(a="<") == "<\n"
    assert Path(page.get_template("report/report.html.j2").filename).is_file()
    assert netlist.from_string("{{ 1.5e-6|num }}").render() == "1.5e-06"
