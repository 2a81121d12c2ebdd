# SPDX-License-Identifier: GPL-3.0-or-later
"""Genotypes as people have them: logs, printed NumPy values, Python files, JSON of other programs, any file name."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from memnet.commands.app import main
from memnet.errors import GenotypeError, GenotypeWarning, SetupError
from memnet.flow.estimation import estimate
from memnet.flow.run_comparison import compare
from memnet.genotype.read import read_genotype

SEARCHED = read_genotype("random-derived:5")
OTHER = read_genotype("random-derived:6").to_text()
TEXT = SEARCHED.to_text()
LOG = f"""11/24 10:20:01 PM gpu device = 0 (of 4
11/24 10:20:03 PM param size = 1.930842MB
11/24 10:20:04 PM genotype = {OTHER}
11/24 10:24:04 PM train 000 2.326062e+00 9.375000 57.812500
tensor([[0.1250, 0.1251]], device='cuda:0')
11/24 10:29:13 PM genotype = {TEXT}
11/24 10:31:13 PM valid_acc 53.916000
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(text: str | Path) -> str:
    with pytest.raises(GenotypeError) as caught:
        read_genotype(text)
    return str(caught.value)


def with_weights() -> str:
    text = TEXT
    for source in range(5):
        text = text.replace(f", {source})", f", {source}, 0.2{source}7015)")
    return text.replace("range(2, 6, 0.267015)", "range(2, 6)")


@pytest.mark.parametrize(
    "text",
    [
        f"11/24 10:29:13 PM genotype = {TEXT}",
        f"2019-07-16 13:39:20,853 genotype = {TEXT}",
        f"2019-07-16 13:39:20,853 - INFO - best: {TEXT}.",
        f"gt.{TEXT}",
        f"from genotypes import Genotype\nOWN = models.gt.{TEXT}",
        TEXT.replace("range(2, 6)", "list(range(2, 6))"),
        TEXT.replace("range(2, 6)", "np.array([2, 3, 4, 5])"),
        TEXT.replace("', 1)", "', np.int64(1))")
        .replace("', 0)", "', numpy.int32(0))")
        .replace("', 2)", "', tensor(2))"),
        TEXT.replace("'skip_connect'", "np.str_('skip_connect')"),
    ],
)
def test_other_ways_to_write_a_genotype_are_read(text):
    assert read_genotype(text) == SEARCHED


def test_the_last_genotype_of_a_log_is_read_and_said_so(tmp_path, capsys):
    with pytest.warns(GenotypeWarning, match="2 genotypes in the text: the last is read, in line 6"):
        assert read_genotype(LOG) == SEARCHED
    Path("search.log").write_text(LOG * 400, encoding="utf-8")  # longer than any genotype
    with pytest.warns(GenotypeWarning, match="800 genotypes in the text: the last is read, in line 2799"):
        assert read_genotype("search.log") == SEARCHED
    for _ in range(2):  # each time
        assert main(["graph", "search.log", "--svg", "g.svg"]) == 0
        assert "memnet: note: 800 genotypes in the text: the last is read" in capsys.readouterr().err
    with pytest.warns(GenotypeWarning):
        assert read_genotype("search.log").name == "search"


def test_weights_of_edges_are_left_out_and_said_so():
    text = with_weights()
    assert text.count("7015") == 16
    with pytest.warns(GenotypeWarning, match="the third entries of edges are weights and are left out"):
        assert read_genotype(text) == SEARCHED


def test_a_log_whose_last_genotype_is_cut_off_or_wrong_is_refused_there():
    assert "line 6, column 38: not a genotype: '(' was never closed" in refused(LOG[: LOG.rindex("(")])
    again = 30 + TEXT.index("reduce=")
    assert f'line 6, column {again}: "normal=' in refused(LOG.replace(TEXT, TEXT.replace("reduce=", "normal=")))
    assert "line 1, column 40: 'f()': neither a literal" in refused("10:29:13 PM genotype = Genotype(normal=f())")


def test_several_genotypes_of_different_names_are_refused_by_name():
    assert "2 genotypes, ONE; TWO: leave the one that is meant" in refused(f"ONE = {TEXT}\nTWO = {OTHER}\n")
    assert "2 genotypes, ONE; TWO" in refused(f"print 1\nONE = {TEXT}\nTWO = {OTHER}\n")


def nni(one_in_a_list: bool) -> dict[str, object]:
    document: dict[str, object] = {}
    for kind, cell in (("normal", SEARCHED.normal), ("reduce", SEARCHED.reduce)):
        for node, edges in enumerate(cell.nodes, start=2):
            for index, edge in enumerate(edges):
                document[f"{kind}/op_{node}_{index}"] = edge.op
                document[f"{kind}/input_{node}_{index}"] = [edge.source] if one_in_a_list else edge.source
    return document


def configspace() -> dict[str, object]:
    prefix = "NetworkSelectorDatasetInfo:darts:"
    document: dict[str, object] = {f"{prefix}layers": 20, "OptimizerSelector:optimizer": "sgd"}
    for kind, cell in (("normal", SEARCHED.normal), ("reduce", SEARCHED.reduce)):
        for node, edges in enumerate(cell.nodes, start=2):
            for edge in edges:
                number = sum(range(2, node)) + edge.source
                document[f"{prefix}edge_{kind}_{number}"] = edge.op
            if node > 2:
                document[f"{prefix}inputs_node_{kind}_{node}"] = "_".join(str(edge.source) for edge in edges)
    return document


@pytest.mark.parametrize("document", [nni(True), nni(False), configspace()])
def test_json_of_other_programs_is_read(document):
    read = read_genotype(json.dumps(document))
    assert read == SEARCHED and read.normal.concat == (2, 3, 4, 5)


@pytest.mark.parametrize(
    ("document", "key", "value", "message"),
    [
        (nni(True), "normal/op_3_1", None, "NNI: normal/op_3_1 is missing"),
        (nni(True), "reduce/input_5_0", [7], "reduce/node5/edge7.*predecessor out of range"),
        (nni(True), "reduce/input_5_0", "x", "reduce/node5: .* is not a pair"),
        (nni(True), "reduce/op_7_0", "none", "NNI: reduce/input_7_0 is missing"),
        (nni(True), "width", 16, "unknown field 'width'"),
        (
            configspace(),
            "NetworkSelectorDatasetInfo:darts:edge_normal_0",
            None,
            "edge_normal_0 is missing, which node 2",
        ),
        (
            configspace(),
            "NetworkSelectorDatasetInfo:darts:inputs_node_reduce_3",
            "0_3",
            "'0_3'; it should be two states",
        ),
        (
            configspace(),
            "NetworkSelectorDatasetInfo:darts:inputs_node_reduce_3",
            None,
            "None'?; it should be two states",
        ),
        (configspace(), "NetworkSelectorDatasetInfo:darts:edge_normal_99", "none", "edge_normal_99 is given, but no"),
    ],
)
def test_json_of_other_programs_with_a_slip_is_refused_by_key(document, key, value, message):
    changed = {**document, key: value}
    if value is None:
        del changed[key]
    with pytest.raises(GenotypeError, match=message):
        read_genotype(json.dumps(changed))


@pytest.mark.parametrize("name", ["arch_1", "arch.TXT", "arch.yaml", "arch.py", "a (1).log", "DARTS", "x=1.JSON"])
def test_an_existing_file_of_any_name_is_read(name):
    Path(name).write_text(f"import collections\nARCH = {TEXT}\n", encoding="utf-8")
    assert read_genotype(name) == read_genotype(Path(name)) == SEARCHED


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("DARTS_V", b"\x89HDF\r\n\x1a\n", "is an HDF5 file; it should hold one genotype"),
        ("arch.txt", b"<!DOCTYPE html><html>", "is an HTML page"),
        ("arch.json", b"version https://git-lfs.github.com/spec/v1\n", "is a Git-LFS pointer"),
        ("arch.yaml", b"normal:\n  - [none, 0]\n", "not a genotype.*; YAML is not read, JSON is"),
        ("arch.py", b"import os\nprint(os)\n", "line 1, column 1: 'import os': not a genotype"),
        ("arch_1", b"", "empty; it should hold one genotype"),
    ],
)
def test_a_file_that_is_none_is_named_for_what_it_is(name, content, message):
    Path(name).write_bytes(content)
    with pytest.raises(GenotypeError, match=f"{name}: .*{message}") as caught:
        read_genotype(name)
    assert "did you mean" not in str(caught.value)


def test_paths_that_lead_nowhere_are_named_as_such(tmp_path):
    for path in ("arch.yaml", "folder/DARTS_V1", Path("DARTS_V1")):
        assert f"{path}: cannot be read: No such file" in refused(path)
    assert "is a folder" in refused(str(tmp_path))
    assert "give a name, a text, a path or a Genotype" in refused(7)  # type: ignore[arg-type]
    assert "did you mean" in refused("DARTS_V")


def test_a_path_object_is_a_genotype_wherever_one_is_taken():
    path = Path("mine")
    path.write_text(TEXT, encoding="utf-8")
    assert estimate(path).memristors == estimate(SEARCHED).memristors
    settings = {"on": ("shared",), "counts_only": True, "channels": 1}
    assert [chip.genotype for chip in compare([path], **settings).individual] == ["mine"]
    with pytest.raises(SetupError, match="two different genotypes are called mine"):
        compare([path, f"mine = {OTHER}"], **settings)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_log_that_a_windows_program_wrote_is_read(encoding):
    Path("search.log").write_text(f"11/24 10:29:13 PM genotype = {TEXT}\r\n", encoding=encoding)
    assert read_genotype("search.log") == SEARCHED


def test_plain_texts_are_read_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_genotype(TEXT) == SEARCHED
