# SPDX-License-Identifier: GPL-3.0-or-later
"""No output of a command costs a file that somebody needs, and what cannot be written is refused before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from memnet.commands.app import main
from memnet.commands.console import refuse_unwritable
from memnet.errors import SetupError
from memnet.genotype.read import read_genotype

pytestmark = pytest.mark.usefixtures("digits_of_half_the_size")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], status: int = 2) -> None:
    assert main(arguments) == status
    assert said in capsys.readouterr().err


def test_a_parquet_table_without_pyarrow_is_refused_before_anything_is_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("memnet.netlist.placement_parquet.import_module", missing)
    given = ["netlist", "random:1", "--channels", "1", "-o", "export", "--placement", "table.parquet"]
    refused(given, "Parquet needs pyarrow", capsys)
    assert list(here.iterdir()) == []


def test_an_output_over_an_input_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = read_genotype("PDARTS").to_json()
    (here / "arch.json").write_text(text)
    (here / "link").symlink_to("arch.json")
    said = "is read by this call and would be overwritten; name another file"
    for arguments in (
        ["graph", "arch.json", "--svg", "arch.json"],
        ["simulate", "arch.json", "--json", "./arch.json"],
        ["evaluate", "arch.json", "--json", "link"],
        ["compare", "PDARTS", "arch.json", "--json", "arch.json"],
        ["netlist", "arch.json", "-o", "export", "--placement", "arch.json"],
        ["import", "checkpoint.pt", "-g", "arch.npz", "-o", "arch.npz"],
    ):
        (here / "arch.npz").write_text(text)
        refused(arguments, said, capsys)
    assert (here / "arch.json").read_text() == text and not (here / "export").exists()


def test_one_file_for_two_outputs_is_refused(here: Path) -> None:
    (here / "link").symlink_to("file")
    for second in ("file", "./file", "link"):
        with pytest.raises(SetupError, match="is named for two outputs; name two files"):
            refuse_unwritable(Path("file"), None, Path(second))
    refuse_unwritable(Path("/dev/null"), Path("/dev/null"))
    assert [path.name for path in here.iterdir()] == ["link"]


def test_a_page_that_is_no_report_is_not_replaced(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "site").mkdir()
    (here / "site" / "index.html").write_text("<title>my group</title>")
    for arguments in (["simulate", "PDARTS", "--report", "site"], ["demo", "--output", "site"]):
        refused(arguments, "index.html: is no report of memnet; choose another folder", capsys, 1)
    assert (here / "site" / "index.html").read_text() == "<title>my group</title>"
    (here / "DARTS_V1.json").write_text(read_genotype("DARTS_V1").to_json())
    refused(["demo", "--output", "."], "DARTS_V1.json: is no result of memnet; choose another folder", capsys, 1)


def test_a_file_that_nobody_named_is_not_replaced(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "run.npz").write_text("hours of training")
    (here / "run.pt").touch()
    refused(["import", "run.pt", "-g", "PDARTS"], "run.npz: is there already; name it with -o to replace it", capsys, 1)
    assert (here / "run.npz").read_text() == "hours of training"


def test_an_export_says_where_no_trained_weights_are_in_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--channels", "1", "--images", "1"]
    for genotype, options, said in (("random:1", small, True), ("DARTS_V1", ["--images", "1"], False)):
        assert main(["netlist", genotype, *options, "-o", genotype.replace(":", "-")]) == 0
        readme = (here / genotype.replace(":", "-") / "README.md").read_text()
        for text in (capsys.readouterr().out, readme):
            assert ("no trained weights for digits-random" in " ".join(text.split())) == said
