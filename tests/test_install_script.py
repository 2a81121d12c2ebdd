# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer of ngspice where nothing is to be done and where nothing can be; knows no simulator and no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from needed import needs

from memnet import simulation
from memnet.commands.app import main
from memnet.simulation.engines import installing

SCRIPT = Path(simulation.engines.__file__).with_name("install_ngspice.sh")

needs("bash")


@pytest.fixture
def no_packages(tmp_path):
    """An environment whose package tools all fail, so that nothing can be asked of the network."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("apt-get", "dpkg-query", "sudo"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    return os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}


def install(folder, variables):
    return subprocess.run(["bash", SCRIPT, folder], capture_output=True, text=True, env=variables, timeout=60)


def test_what_is_there_is_left_alone(tmp_path, no_packages):
    library = tmp_path / "ngspice" / "usr" / "lib" / "libngspice.so.0"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"kept")
    done = install(tmp_path / "ngspice", no_packages)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert library.read_bytes() == b"kept"


def test_where_nothing_can_be_had_one_sentence_says_what_to_install(tmp_path, no_packages):
    done = install(tmp_path / "ngspice", no_packages)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "install the packages ngspice and libngspice0 (version 42 or newer)" in done.stderr
    assert not (tmp_path / "ngspice").exists()


def test_the_command_installs_into_a_folder_of_its_own(monkeypatch, tmp_path, no_packages, capfd):
    """Where nothing can be had, it says so and fails; the library that it finds it leaves alone, and lists engines."""
    monkeypatch.setattr(installing, "install_folder", lambda: tmp_path / "ngspice")
    monkeypatch.setenv("PATH", no_packages["PATH"])
    assert main(["engines", "--install"]) == 1
    said = capfd.readouterr().err
    assert "install the packages ngspice and libngspice0" in said
    assert "memnet: no ngspice was installed: see the line above" in said
    library = tmp_path / "ngspice" / "usr" / "lib" / "libngspice.so.0"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"kept")
    assert main(["engines", "--install"]) == 0
    assert "used by default" in capfd.readouterr().out


def test_what_the_installer_does_is_no_part_of_the_figures(monkeypatch, tmp_path, capfd):
    script = tmp_path / "install.sh"
    script.write_text("echo ngspice: downloading\n")
    monkeypatch.setattr(installing, "SCRIPT", script)
    assert main(["engines", "--install", "--json", "-"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["engines"] and said.err.startswith("ngspice: downloading\n")
    assert main(["engines", "--install", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")


def test_a_wheel_installs_into_the_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(installing, "REPOSITORY", tmp_path)
    assert installing.install_folder() == Path(sys.prefix) / "ngspice"
