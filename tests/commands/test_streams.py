# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard output and standard error that are closed, full or read no more; knows no command's output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from memnet.commands.app import main


def unread():
    """Return a stream to a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


def full():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    return Path("/dev/full").open("w")


@pytest.mark.parametrize(
    ("stream", "status", "said"),
    [
        (unread, 141, ""),
        (full, 1, "memnet: standard output: No space left on device\n"),
        (lambda: None, 0, ""),
    ],
)
def test_a_run_writes_its_files_whatever_becomes_of_its_output(stream, status, said, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "stdout", stream())
    assert main(["genotypes", "--json", str(tmp_path / "g.json")]) == status
    assert capsys.readouterr().err == said
    assert json.loads((tmp_path / "g.json").read_text())["genotypes"]
    if sys.stdout is not None:
        sys.stdout.close()  # as Python does it at its end: no second error


@pytest.mark.parametrize("stream", [unread, lambda: None])
def test_errors_that_nobody_reads_leave_the_exit_status(stream, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", stream())
    assert main(["nonsense"]) == 2
    assert capsys.readouterr().out == ""
    if sys.stderr is not None:
        sys.stderr.close()


def test_a_program_without_streams_gives_their_numbers_to_no_file(tmp_path):
    code = (
        "import os, sys\nfrom memnet.commands.streams import standard_streams\n"
        "with standard_streams(): print('lost'); file = os.open('file', os.O_CREAT | os.O_WRONLY)\n"
        "sys.exit(file)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    shell = ["sh", "-c", f'exec "{sys.executable}" -c "$0" <&- >&- 2>&-', code]
    assert subprocess.run(shell, cwd=tmp_path, env=environment).returncode > 2
    assert (tmp_path / "file").read_text() == ""
