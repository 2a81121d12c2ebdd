# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries compiled on demand: kept, shared by processes, and done without where they cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from needed import needs

from memnet.operators import NotCompiled, compiled_library, kernels
from memnet.operators.kernels import SWITCH, kernels_here

TEXT = 'extern "C" int answer() { return 42; }\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small source; the cache folder is a new one, but for the kernels."""
    kernels_here()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "answer.cpp"
    path.write_text(TEXT)
    return path


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").rglob("*answer*") if path.is_file())


def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put another compiler in the place of g++."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "g++").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "g++").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_library_is_compiled_once(source, tmp_path, monkeypatch):
    needs("kernels")
    assert compiled_library([source], ["-O1"]).answer() == 42
    (name,) = kept(tmp_path)
    compiler(tmp_path, monkeypatch, "exit 1")
    assert compiled_library([source], ["-O1"]).answer() == 42 and kept(tmp_path) == [name]
    with pytest.raises(NotCompiled):  # other flags are another library
        compiled_library([source], ["-O0"])


def test_a_damaged_file_is_compiled_anew(source, tmp_path, monkeypatch):
    needs("kernels")
    compiled_library([source], [])
    (name,) = kept(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache" / "other"))
    damaged = tmp_path / "cache" / "other" / "memnet" / name
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"\x7fELF, but no more")
    assert compiled_library([source], []).answer() == 42 and damaged.stat().st_size > 1000


def test_a_cache_folder_that_cannot_be_written_to_costs_a_compilation(source, tmp_path, monkeypatch):
    needs("kernels")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert compiled_library([source], []).answer() == 42 and (tmp_path / "file").read_text() == "no folder"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("echo 'answer.cpp:1: error: no such answer' >&2; exit 1", "no such answer"),
        ('touch "$5"; kill -9 $$', "status -9"),
        ("exec sleep 60", "took more than"),
    ],
)
def test_a_compiler_that_fails_leaves_nothing_behind(script, text, source, tmp_path, monkeypatch):
    compiler(tmp_path, monkeypatch, script)
    monkeypatch.setattr("memnet.operators.compiling.PATIENCE_S", 0.3)
    with pytest.raises(NotCompiled, match=text):
        compiled_library([source], [])
    assert kept(tmp_path) == []


def test_processes_compile_beside_each_other(source, tmp_path):
    needs("kernels")
    code = f"""
from pathlib import Path
from memnet.operators import compiled_library
assert compiled_library([Path({str(source)!r})], ["-O2"]).answer() == 42
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    (name,) = kept(tmp_path)
    assert name.endswith(".so")


def test_without_a_compiler_the_reason_is_said(monkeypatch, source):
    monkeypatch.setenv("PATH", "")
    found = kernels_here.__wrapped__()
    assert found.library is None and found.reason == "g++ is not installed"


def test_the_environment_chooses_numpy(monkeypatch):
    monkeypatch.setenv(SWITCH, "numpy")
    assert kernels_here.__wrapped__() == kernels.Kernels(None, "MEMNET_KERNELS=numpy")
    monkeypatch.setenv(SWITCH, "fast")
    with pytest.raises(Exception, match="choose compiled or numpy"):
        kernels_here.__wrapped__()
