# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: what each command prints and writes, and how it ends."""

from __future__ import annotations

import errno
import json
import time
from html import unescape
from xml.etree import ElementTree

import pytest
from needed import needs

import memnet
from memnet import flow
from memnet.commands import demo
from memnet.commands.app import COMMANDS, main
from memnet.errors import SetupError
from memnet.simulation.engines.base import EngineInfo

SMALL_RUN = ["simulate", "DARTS_V1", "--channels", "1", "--images", "2"]


def run(capsys, *arguments):
    """Run a command and return its exit status, standard output and standard error."""
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_help_lists_every_command(capsys):
    status, out, _ = run(capsys, "--help")
    assert status == 0
    for name in COMMANDS:
        assert f"\n  {name} " in out
    assert "..." not in out.partition("Commands:")[2]  # no sentence is cut short


def test_version_is_told_with_the_name(capsys):
    assert run(capsys, "--version") == (0, f"memnet {memnet.__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0 and "Usage" in out


def test_no_command_shows_the_help(capsys):
    status, out, err = run(capsys)
    assert status == 2 and "simulate" in out and not err


def test_genotypes_says_what_fits_and_counts_the_space(capsys, tmp_path):
    status, out, _ = run(capsys, "genotypes", "--json", tmp_path / "g.json")
    assert status == 0
    assert "PDARTS" in out and "sep_conv_7x7" in out and "1.93e+25" in out
    written = json.loads((tmp_path / "g.json").read_text())
    fits = {entry["name"]: entry["fits"] for entry in written["genotypes"]}
    assert fits["DARTS_V1"] and not fits["NASNet"]
    assert {space["name"]: space["genotypes"] for space in written["spaces"]}["full"] == 8**28


def test_graph_writes_a_picture_and_lists_edges(capsys, tmp_path, monkeypatch):
    status, out, _ = run(capsys, "graph", "DARTS_V2", "--svg", tmp_path / "cell.svg")
    assert status == 0 and "node3/edge2-skip_connect" in out
    ElementTree.fromstring((tmp_path / "cell.svg").read_text())
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "graph", "random:7")[0] == 0
    assert (tmp_path / "random-7.svg").exists()


def test_brackets_and_colons_in_a_path_are_printed_as_they_are(capsys, tmp_path):
    path = tmp_path / "run[seed0]:smile:.svg"
    status, out, _ = run(capsys, "graph", "DARTS_V2", "--svg", path)
    assert status == 0 and path.exists() and f"picture: {path}" in out


def test_brackets_in_a_message_are_printed_as_they_are(capsys, monkeypatch):
    note = "not here: pip install 'memnet-spice[embedded]'"
    info = EngineInfo(name="embedded", available=False, version="", klu=False, path="a[b]c", note=note)
    monkeypatch.setattr("memnet.simulation.engines.engine_report", lambda: (info,))
    status, out, _ = run(capsys, "engines")
    assert status == 0 and f"embedded: {note}" in out and "a[b]c" in out  # in a line, and in a table

    def fails(*_arguments, **_options):
        raise SetupError(note)

    monkeypatch.setattr(flow, "Chip", fails)
    assert run(capsys, "evaluate", "DARTS_V1") == (2, "", f"memnet: {note}\n")


def test_engines_says_what_is_here(capsys, tmp_path):
    needs("engine")
    status, out, _ = run(capsys, "engines", "--json", tmp_path / "e.json")
    assert status == 0 and "ngspice-batch" in out and "used by default" in out
    assert {info["name"] for info in json.loads((tmp_path / "e.json").read_text())["engines"]} >= {
        "ngspice",
        "embedded",
    }


def test_simulate_prints_the_table_and_writes_figures_and_report(keep_decks, capsys, tmp_path):
    needs("engine")
    status, out, _ = run(capsys, *SMALL_RUN, "--json", tmp_path / "f.json", "--report", tmp_path / "report")
    assert status == 0
    for text in ("agreement with the quantised reference", "100.0%", "says nothing", "f.json", "index.html"):
        assert text in out
    figures = json.loads((tmp_path / "f.json").read_text())
    assert figures["genotype"] == "DARTS_V1" and figures["images"] == 2 and figures["channels"] == 1
    assert (tmp_path / "report" / "index.html").read_text().startswith("<!DOCTYPE html>")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["f.json", "index.html"]


def demo_in(folder, capsys, *options):
    """Run a small demo; return what it printed, its page, and its figures by name."""
    status, out, _ = run(capsys, "demo", "--output", folder, "--channels", "1", "--images", "2", *options)
    assert status == 0
    figures = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    return out, unescape((folder / "index.html").read_text()), figures


def check_own_chips(out, page, figures, names):
    """Each architecture has delay, energy and power by transient, and a line on them before the table of all."""
    for name in names:
        assert figures[name]["analysis"] == "transient" and figures[name]["command"].startswith("memnet demo")
        assert min(figures[name][each] for each in ("delay_s", "energy_j", "power_w")) > 0
        first = next(line for line in out.splitlines() if line.startswith(f"{name}: ") and "of 2 digits right" in line)
        assert all(what in first for what in ("delay", "energy", "power"))
    assert page.count('aria-label="Settling:') == len(names) and "<code>memnet demo" in page
    ends = [out.index("digits right"), out.index("agreement"), out.index("on the hypernetwork shared")]
    assert ends == sorted(ends)


def check_hypernetwork(out, page, figures, name):
    """The hypernetwork's accuracy, power, delay and area are there as ratios, and what gave them is said."""
    (compared,) = figures[f"{name}-on-shared"]["comparisons"]
    chip, alone = compared["hypernetworks"][0]["measured"], compared["individual"][0]["measured"]
    assert (chip["analysis"], alone["analysis"], chip["images"]) == ("cost", "cost", 2)
    assert chip["agreement"] == 1.0 and chip["accuracy"] == alone["accuracy"]
    ratios = {each["figure"]: each for each in compared["ratios"]}
    assert ratios["power"]["ratio"] == chip["power_w"] / alone["power_w"] > 1.0
    assert ratios["area"]["ratio"] > ratios["area"]["bound"] > 1.5
    words = (
        "accuracy",
        f"{ratios['delay']['ratio']:.2f}",
        "1.22 to 1.25",
        "by the numeric engine, without a transient",
    )
    for text in words:
        assert text in out.partition("on the hypernetwork shared")[2]
        assert text in page.partition('id="hypernetwork"')[2]


def test_demo_has_chips_of_their_own_and_a_hypernetwork(digits_of_half_the_size, capsys, tmp_path, monkeypatch):
    """With one architecture and small images; the long test has all three, and the images of the demo."""
    needs("ngspice")
    monkeypatch.setattr(demo, "GENOTYPES", ("DARTS_V1",))
    monkeypatch.setattr(demo, "SWITCHED", "DARTS_V1")
    done = demo_in(tmp_path, capsys)
    check_own_chips(*done, ["DARTS_V1"])
    check_hypernetwork(*done, "DARTS_V1")


@pytest.mark.long
def test_demo_does_the_main_job(keep_decks, capsys, tmp_path):
    needs("ngspice")
    done = demo_in(tmp_path, capsys)
    check_own_chips(*done, ["DARTS_V1", "DARTS_V2", "PDARTS"])
    check_hypernetwork(*done, "PDARTS")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["simulat"], "No such command 'simulat'"),
        (["simulate", "DARTS_V1", "--chanels", "2"], "No such option"),
        (["simulate", "DARTS_V1", "--images", "many"], "integer"),
        (["simulate", "DARTS_V1", "--images", "0"], "greater than or equal to 1"),
        (["simulate", "DARTS_V1", "--analysis", "ac"], "ac"),
        (["simulate", "DARTS_V1", "--layers", "2"], "greater than or equal to 3"),
        (["simulate", "DARTS_V1", "--images", "361"], "digits: 361 images asked for, but it has 360 test images"),
        (["graph", "DARTS_V1", "DARTS_V2"], "unexpected extra argument"),
    ],
)
def test_a_wrong_call_exits_2_with_one_sentence(arguments, text, capsys):
    if arguments[0] == "simulate":
        needs("engine")
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert text in err and "Traceback" not in err
    assert err.startswith("memnet: ")


def test_interruption_exits_130_and_leaves_nothing(capsys, tmp_path, monkeypatch):
    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(flow.Chip, "simulate", interrupted)
    status, _, err = run(capsys, *SMALL_RUN, "--json", tmp_path / "f.json")
    assert status == 130 and "interrupted" in err
    assert list(tmp_path.iterdir()) == []


def test_output_that_cannot_be_written_is_refused_before_the_work(capsys, tmp_path, monkeypatch):
    def never(*_arguments, **_options):
        raise RuntimeError("simulated although the output cannot be written")

    monkeypatch.setattr(flow, "simulate", never)
    (tmp_path / "file").write_text("old")
    for target in (tmp_path, tmp_path / "file" / "f.json"):
        status, _, err = run(capsys, *SMALL_RUN, "--json", target)
        assert status == 1 and str(target) in err and "Traceback" not in err
    assert (tmp_path / "file").read_text() == "old"


def test_a_full_disk_leaves_the_old_output(capsys, tmp_path, monkeypatch):
    import os

    def full(_number):
        raise OSError(errno.ENOSPC, "No space left on device")

    old = tmp_path / "cell.svg"
    old.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    status, _, err = run(capsys, "graph", "DARTS_V1", "--svg", old)
    assert status == 1 and "cell.svg" in err and "No space left" in err
    assert [path.name for path in tmp_path.iterdir()] == ["cell.svg"] and old.read_text() == "old"


def test_an_engine_without_transients_says_so_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The embedded engine ran for minutes and then failed."""
    pytest.importorskip("neospice")
    start = time.monotonic()
    assert main(["simulate", "DARTS_V2", "--channels", "1", "--engine", "embedded", "--analysis", "transient"]) == 2
    assert "engine embedded runs dc analyses only" in capsys.readouterr().err
    assert time.monotonic() - start < 20


def test_the_demo_takes_the_numeric_cost_on_such_an_engine(digits_of_half_the_size, tmp_path, capsys, monkeypatch):
    pytest.importorskip("neospice")
    monkeypatch.setattr(demo, "GENOTYPES", ("DARTS_V1",))
    monkeypatch.setattr(demo, "SWITCHED", "DARTS_V1")
    out, page, figures = demo_in(tmp_path, capsys, "--engine", "embedded")
    assert out.startswith("delay, energy and power by the numeric engine, without a transient: transients of neospice")
    assert "* delay, energy and power are the numeric engine's" in out
    own = figures["DARTS_V1"]
    assert (own["analysis"], own["cost_engine"], own["delay_s"] > 0) == ("cost", "numeric", True)
    assert "No waveforms: delay, energy and power are the numeric engine's, without a transient" in page
    check_hypernetwork(out, page, figures, "DARTS_V1")
