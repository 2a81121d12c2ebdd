# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are there whole or not at all, whatever interrupts their writing; texts are read in the encoding that they
show; the templates of both kinds."""

from __future__ import annotations

import errno
import os
import platform
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from memnet.errors import DataError, OutputError
from memnet.files import (
    aside,
    one_line,
    opened_text,
    read_text,
    remove_abandoned_parts,
    template_environment,
    write_aside,
)

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


def test_a_killed_writer_leaves_what_was_there(tmp_path):
    """Nothing can clean up after a kill, but no reader sees a part under the name."""
    target = tmp_path / "target"
    target.write_text("old")
    code = (
        "import os, signal\nfrom pathlib import Path\nfrom memnet.files import write_aside\n"
        "def half(stream):\n    stream.write(b'half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"write_aside(Path({str(target)!r}), half)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir() if path != target]
    write_aside(tmp_path / "another", lambda stream: stream.write(b""))
    (tmp_path / "another").unlink()
    assert all(name.startswith(".target.") and name.endswith(".part") for name in left) and len(left) == 1
    assert target.read_text() == "old"
    write_aside(target, lambda stream: stream.write(b"new"))
    assert target.read_text() == "new" and list(tmp_path.iterdir()) == [target]


def test_a_part_whose_writer_lives_stays(tmp_path):
    with aside(tmp_path / "file") as mine, aside(tmp_path / "file2") as other:
        mine.touch(), other.touch()
        dead, foreign = (
            tmp_path / name for name in (f".file.{platform.node()}-999999999.part", ".file.elsewhere-999999999.part")
        )
        dead.touch(), foreign.touch()
        remove_abandoned_parts(tmp_path)
        assert mine.exists() and other.exists() and foreign.exists() and not dead.exists()


def test_a_link_stays_and_the_file_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "file", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_aside(link, lambda stream: stream.write(b"new"))
    assert link.is_symlink() and target.read_text() == "new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "kept", "link"]


def test_a_link_to_a_pipe_or_in_a_circle_is_never_replaced(tmp_path):
    pipe, link, circle = tmp_path / "pipe", tmp_path / "link", tmp_path / "circle"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    circle.symlink_to(circle)
    for path, said in ((link, "a device or a pipe"), (circle, "symbolic links")):
        with pytest.raises(OSError, match=said), aside(path) as temporary:
            temporary.write_text("new")
    assert stat.S_ISFIFO(pipe.stat().st_mode) and link.is_symlink() and circle.is_symlink()
    assert len(list(tmp_path.iterdir())) == 3


def test_pipes_and_devices_are_written_to_and_stay(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        write_aside(pipe, lambda stream: stream.write(b"new"))
        assert read.result(timeout=10) == b"new"
    assert pipe.is_fifo()
    write_aside(Path(os.devnull), lambda stream: stream.write(b"gone"))
    assert Path(os.devnull).is_char_device()


def test_a_text_from_outside_is_one_line_of_printable_characters():
    assert one_line("HfOx, 1T1R: 10 uA, \u00b5S \u20ac") == "HfOx, 1T1R: 10 uA, \u00b5S \u20ac"
    assert one_line("a\nb\r\nc\u2028d\x00e\x1b[1m\ud800") == "a b  c d?e?[1m?"


def test_pages_escape_and_netlists_do_not():
    page, netlist = (template_environment(page=page, more={"x": "{{ a }}\n"}) for page in (True, False))
    assert page.get_template("x").render(a="<") == "&lt;"
    assert netlist.get_template("x").render(a="<") == "<\n"
    assert Path(page.get_template("report/report.html.j2").filename).is_file()
    assert netlist.from_string("{{ 1.5e-6|num }}").render() == "1.5e-06"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_in_the_encoding_that_it_shows(tmp_path, encoding):
    (tmp_path / "text").write_bytes("Grüße, 20 °C\r\n".encode(encoding))
    assert read_text(tmp_path / "text", DataError, most=20) == "Grüße, 20 °C\n"
    with opened_text(tmp_path / "text", DataError, newline="") as stream:
        assert stream.read() == "Grüße, 20 °C\r\n"


FAR = "ä" * 20_000 + "\r\nGr"  # beyond the part of a file that is decoded at once


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Grüße".encode("cp1252"), "line 1, column 3: byte 0xfc is not UTF-8; save it as UTF-8"),
        (FAR.encode() + "üße".encode("latin-1"), "line 2, column 3: byte 0xfc is not UTF-8"),
        ("\ufeffGr".encode() + b"\xfc\xdf", "line 1, column 3: byte 0xfc is not UTF-8"),
        ("Grüße".encode("utf-16-le"), "has zero bytes, so it is no text in UTF-8; save it as UTF-8"),
        ("Grüße".encode("utf-16")[:-1], r"is not UTF-16 throughout \(truncated data\)"),
        ("Grüße" * 5, "has over 20 characters, more than such a file needs"),
        (None, r"cannot be read \(No such file or directory\)"),
    ],
)
def test_what_is_no_such_text_is_refused_with_its_place(tmp_path, content, said):
    if content is not None:
        (tmp_path / "text").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError, match=said) as refused:
        read_text(tmp_path / "text", DataError, most=20 if isinstance(content, str) else 100_000)
    assert str(refused.value).startswith(f"{tmp_path / 'text'}: ") and "\n" not in str(refused.value)


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        read_text(tmp_path, DataError, most=20)


def test_a_text_is_read_from_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for content, said in ((b"text", None), (b"\xfc", "is not UTF-8 throughout")):
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
        writer.start()
        with nullcontext() if said is None else pytest.raises(DataError, match=said):
            assert read_text(tmp_path / "pipe", DataError, most=20) == "text"
        writer.join()
