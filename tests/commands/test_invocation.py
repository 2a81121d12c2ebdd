# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all commands share: figures on standard output, how much is printed, and what figures come from."""

from __future__ import annotations

import csv
import json
import logging
import shlex
from types import SimpleNamespace

import numpy as np
import pytest

from memnet import __version__
from memnet.commands import console, progress
from memnet.commands.app import main
from memnet.commands.invocation import begin, with_provenance
from memnet.commands.progress import ProgressLines
from memnet.commands.train import epoch_words
from memnet.flow import Chip
from memnet.technology import load_technology, technology_names

pytestmark = pytest.mark.usefixtures("digits_of_half_the_size")

ESTIMATE = ["estimate", "darts_v1", "--channels", "2"]


def test_figures_go_to_standard_output_and_tables_to_standard_error(capsys):
    assert main([*ESTIMATE, "--json", "-"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["counts"]["memristors"] > 0
    assert "core time" in said.err


def test_a_quiet_call_prints_figures_only(capsys):
    assert main([*ESTIMATE, "-q", "--json", "-"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["command"] == "memnet estimate darts_v1 --channels 2"
    assert said.err == ""


def test_quiet_keeps_errors_and_the_next_call_is_not_quiet(capsys):
    assert main(["estimate", "nobody", "-q"]) == 2
    assert "unknown genotype 'nobody'" in capsys.readouterr().err
    assert main(ESTIMATE) == 0
    assert "core time" in capsys.readouterr().out


def test_figures_say_version_and_command_but_not_where_they_were_written(tmp_path):
    written = [tmp_path / name for name in ("one.json", "other.json")]
    assert main([*ESTIMATE, "--json", str(written[0])]) == 0
    assert main([*ESTIMATE[:1], f"--json={written[1]}", *ESTIMATE[1:], "--quiet"]) == 0
    assert written[0].read_bytes() == written[1].read_bytes()
    figures = json.loads(written[0].read_text(encoding="utf-8"))
    assert (figures["memnet"], figures["command"]) == (__version__, "memnet estimate darts_v1 --channels 2")


def test_a_command_can_be_pasted_back():
    words = ["netlist", "Genotype(normal=[('a b', 0)])", "--bits", "4"]
    begin([*words[:2], "-o", "a folder", *words[2:]], __version__)
    assert shlex.split(json.loads(with_provenance("{}"))["command"]) == ["memnet", *words]


def test_a_verbose_call_logs_what_is_done(capsys):
    level = logging.getLogger("memnet").level
    try:
        assert main(["arrays", "DARTS_V2", "--channels", "1", "-v"]) == 0
        assert "memnet: DARTS_V2, C=1, L=3, digits: deployed in" in capsys.readouterr().err
    finally:
        logging.getLogger("memnet").setLevel(level)
        logging.getLogger().handlers.clear()


def test_a_log_has_a_line_on_progress_every_few_seconds(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    tell = ProgressLines()
    for second in range(21):
        now[0] = second
        tell("sweeping 3 images", second / 20)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"memnet: sweeping 3 images: {share}%" for share in (25, 50, 75, 100)]


@pytest.mark.parametrize("columns", ["60", "200"])
def test_columns_are_respected_where_there_is_no_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert console.out().width == int(columns)


def test_technologies_are_listed_and_one_is_shown_with_its_sources(capsys):
    assert main(["technologies", "--json", "-"]) == 0
    said = capsys.readouterr()
    listed = json.loads(said.out)
    assert set(technology_names()) <= set(listed)
    assert all(name in said.err for name in technology_names())
    assert main(["technologies", "hfox-130nm"]) == 0
    shown, sources = capsys.readouterr().out, load_technology("hfox-130nm").sources
    assert all(key in shown for key in sources)
    assert "Yao et al." in shown


@pytest.mark.parametrize("command", ["simulate", "evaluate"])
def test_class_outputs_of_each_image_are_written_on_request(command, tmp_path):
    run = [command, "DARTS_V2", "--channels", "1", "--images", "3", "-q"]
    assert main([*run, "--outputs", str(tmp_path / "o.csv"), "--json", str(tmp_path / "f.json")]) == 0
    head, *rows = csv.reader((tmp_path / "o.csv").read_text(encoding="utf-8").splitlines())
    assert head[:3] == ["image", "label", "named"] and head[-10:] == [f"{digit}_v" for digit in range(10)]
    assert [row[0] for row in rows] == ["0", "1", "2"]
    for row in rows:
        volts = [float(value) for value in row[-10:]]
        assert row[2] == str(volts.index(max(volts)))
    right = sum(row[1] == row[2] for row in rows) / 3
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["accuracy"] == pytest.approx(right)


def test_simulation_and_evaluation_have_the_same_rows_for_pandas():
    pytest.importorskip("pandas")
    chip = Chip.of("DARTS_V2", channels=1)
    simulated, evaluated = chip.simulate(images=3).to_pandas(), chip.evaluate(images=3).to_pandas()
    assert list(evaluated.columns) == [*simulated.columns[:3], "device_seed", *simulated.columns[3:]]
    assert np.abs(simulated["7_v"] - evaluated["7_v"]).max() < 1e-5


def test_reports_have_version_and_command_and_the_date_where_asked_for(tmp_path):
    call = ["compare", "PDARTS", "--channels", "1", "--on", "shared", "--counts-only", "-q"]
    pages = []
    for name, more in (("one", []), ("other", []), ("dated", ["--date"])):
        assert main([*call, "--report", str(tmp_path / name), "--json", str(tmp_path / f"{name}.json"), *more]) == 0
        pages.append((tmp_path / name / "index.html").read_text())
    assert pages[0] == pages[1] and f"memnet {__version__}: <code>memnet {' '.join(call[:-1])}</code></p>" in pages[0]
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()
    date = json.loads((tmp_path / "dated.json").read_text())["date"]
    assert date.endswith("+00:00") and f"</code>, {date[:10]}" in pages[2] and date[:10] not in pages[0]


def test_a_training_says_epoch_and_loss_in_a_log(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    tell = ProgressLines()
    for number in (1, 2, 3):
        now[0] = 4.0 * number
        told = SimpleNamespace(number=number, epochs=3, loss=1.0 / number, train_accuracy=0.5)
        tell("training", number / 3, epoch_words(told))
    said = capsys.readouterr().err
    assert said == "memnet: training: 67%, epoch 2 of 3, loss 0.5, 50.0% of training images right\n"
