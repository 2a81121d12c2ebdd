# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the placement table: what is written, what comes back, and what is refused."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deployments import Deployed, deployed, primitive
from needed import needs

from memnet.circuit.banks import Memristors
from memnet.circuit.blocks import Circuit
from memnet.commands.app import main
from memnet.errors import DataError
from memnet.flow.chip import Chip, simulate
from memnet.netlist.export import write_export
from memnet.netlist.hierarchy import block_path
from memnet.netlist.placement_reading import read_conductances
from memnet.netlist.placement_table import COLUMNS, TARGET, table_pieces, write_table
from memnet.simulation.engines.registry import find_engine
from memnet.simulation.sweep import sweep_images

NETWORK = ("DARTS_V1", "--channels", "1", "--images", "2")


@pytest.fixture(scope="module")
def chip() -> Deployed:
    return deployed(primitive("sep_conv_3x3"))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def rewritten(path: Path, rows: list[dict[str, str]], name: str = "changed.csv") -> Path:
    changed = path.with_name(name)
    with changed.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return changed


def conductances(circuit: Circuit) -> np.ndarray:
    banks = [bank for block in circuit.blocks for bank in block.banks if isinstance(bank, Memristors)]
    return np.concatenate([bank.siemens for bank in banks])


def flat(read: dict[str, list[np.ndarray]]) -> np.ndarray:
    return np.concatenate([bank for block in read.values() for bank in block])


def with_conductances(circuit: Circuit, path: Path) -> Circuit:
    """Return a circuit with the conductances of a table in place of its own."""
    read, blocks = read_conductances(circuit, path), []
    for block in circuit.blocks:
        given = iter(read.get(block.name, []))
        banks = [replace(bank, siemens=next(given)) if isinstance(bank, Memristors) else bank for bank in block.banks]
        blocks.append(replace(block, banks=tuple(banks)))
    return replace(circuit, blocks=tuple(blocks))


def test_there_is_one_row_for_each_memristor_and_it_says_what_the_device_holds(chip: Deployed, tmp_path: Path) -> None:
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    rows = rows_of(tmp_path / "placement.csv")
    assert len(rows) == len(chip.placement) == sum(block.memristors() for block in chip.circuit.blocks)
    assert len({(row["block"], row["instance"]) for row in rows}) == len(rows)
    targets = [float(row["conductance_siemens"]) for row in rows]
    np.testing.assert_allclose(targets, conductances(chip.circuit), rtol=1e-9)
    placed = chip.placement.blocks
    weights = np.concatenate([block.side * block.level * block.unit for block in placed])
    np.testing.assert_allclose([float(row["weight"]) for row in rows], weights, rtol=1e-9, atol=1e-15)
    assert [int(row["level"]) for row in rows] == np.concatenate([block.level for block in placed]).tolist()


def test_instances_are_those_of_the_export(chip: Deployed, tmp_path: Path) -> None:
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    write_export(chip.export("sep_conv_3x3"), tmp_path / "export")
    listed = {(row["block"], row["instance"]): row for row in rows_of(tmp_path / "placement.csv")}
    exported = {}
    for block in chip.circuit.blocks:
        file = tmp_path / "export" / f"conductances/{block_path(block)}.sp"
        for line in file.read_text().splitlines():
            words = line.split()
            if words[0].startswith(("rp", "rm")):
                exported[block.name, words[0]] = float(words[3])
    assert exported.keys() == listed.keys()
    for key, ohm in exported.items():
        assert ohm * float(listed[key]["conductance_siemens"]) == pytest.approx(1.0, rel=1e-8)


def test_an_unchanged_table_comes_back_as_the_same_circuit(chip: Deployed, tmp_path: Path) -> None:
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    again = read_conductances(chip.circuit, tmp_path / "placement.csv")
    np.testing.assert_allclose(flat(again), conductances(chip.circuit), rtol=1e-9)


def test_the_order_of_the_rows_does_not_matter(chip: Deployed, tmp_path: Path) -> None:
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    changed = rewritten(tmp_path / "placement.csv", rows_of(tmp_path / "placement.csv")[::-1])
    again = read_conductances(chip.circuit, changed)
    np.testing.assert_allclose(flat(again), conductances(chip.circuit), rtol=1e-9)


def test_changed_conductances_are_what_is_simulated(chip: Deployed, tmp_path: Path) -> None:
    """Moving every classifier device by one amount of siemens in plus columns alone shifts every output as computed."""
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    rows, added = rows_of(tmp_path / "placement.csv"), 1e-6
    for row in rows:
        if row["block"] == "classifier" and row["instance"].startswith("rp") and "bias" not in row["instance"]:
            row["conductance_siemens"] = str(float(row["conductance_siemens"]) + added)
    changed = with_conductances(chip.circuit, rewritten(tmp_path / "placement.csv", rows))
    engine = find_engine()
    images_v = chip.images.reshape(len(chip.images), -1) * chip.circuit.input_scale_v
    before, after = (
        sweep_images(circuit, images_v, engine, keep=("global_pool",)).volts for circuit in (chip.circuit, changed)
    )
    feedback = chip.deployment.programs["classifier"].feedback_ohm(chip.deployment.technology)
    shift = feedback[None, :] * added * before["global_pool"].sum(axis=1, keepdims=True)
    assert np.abs(shift).max() > 1e-5
    np.testing.assert_allclose(after["classifier"] - before["classifier"], shift, atol=2e-6)


@pytest.mark.parametrize("group_rows", [100, 2**20])
def test_parquet_holds_the_same_as_csv(
    chip: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_rows: int
) -> None:
    needs("pyarrow")
    from pyarrow import parquet

    monkeypatch.setattr("memnet.netlist.placement_parquet.GROUP_ROWS", group_rows)
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv", targets=chip.placement.conductance)
    write_table(chip.circuit, chip.placement, tmp_path / "placement.parquet", targets=chip.placement.conductance)
    rows, table = rows_of(tmp_path / "placement.csv"), parquet.read_table(tmp_path / "placement.parquet")
    assert tuple(table.column_names) == tuple(rows[0]) == (*COLUMNS, TARGET)
    number = {"weight": float, "conductance_siemens": float, "level": int, TARGET: float}
    for name in table.column_names:
        assert table.column(name).to_pylist() == [number.get(name, str)(row[name]) for row in rows], name
    text = "dictionary<values=string, indices=int32, ordered=0>"
    types = ["string", text, text, text, "double", "double", "int16", "double"]
    assert [str(field.type) for field in table.schema] == types  # as the documentation has them
    again = read_conductances(chip.circuit, tmp_path / "placement.parquet")
    np.testing.assert_allclose(flat(again), conductances(chip.circuit), rtol=1e-9)


def blank_lines(text: str) -> bytes:
    head, first, *rest = text.splitlines()
    return "\n".join([head, first, "", " ", ",,,,,,", *rest, "", ""]).encode()


# What other programs make of a table.
REWRITTEN = {
    "BOM": lambda text: text.encode("utf-8-sig"),
    "blank lines": blank_lines,
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "line ends of old Macs": lambda text: text.replace("\n", "\r").encode(),
    "Unicode text of spreadsheets": lambda text: text.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "quotes": lambda text: ('"' + text.strip().replace(",", '","').replace("\n", '"\n"') + '"').encode(),
    "spaces": lambda text: text.replace(",", ", ").encode(),
}


@pytest.mark.parametrize("program", REWRITTEN)
def test_a_table_is_read_as_other_programs_write_it(chip: Deployed, tmp_path: Path, program: str) -> None:
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    (tmp_path / "other.csv").write_bytes(REWRITTEN[program]((tmp_path / "placement.csv").read_text()))
    again = read_conductances(chip.circuit, tmp_path / "other.csv")
    np.testing.assert_array_equal(flat(again), flat(read_conductances(chip.circuit, tmp_path / "placement.csv")))


def parquet_table(chip: Deployed, path: Path):
    from pyarrow import parquet

    write_table(chip.circuit, chip.placement, path)
    return parquet.read_table(path), lambda table: parquet.write_table(table, path)


def test_parquet_is_read_in_other_types(chip: Deployed, tmp_path: Path) -> None:
    """Categories, as pandas writes repeated words, bytes of writers that have no texts, and numbers as text."""
    needs("pyarrow")
    import pyarrow as arrow

    path = tmp_path / "placement.parquet"
    table, write = parquet_table(chip, path)
    plain = flat(read_conductances(chip.circuit, path))
    for name, kind in (("block", None), ("instance", arrow.binary()), ("conductance_siemens", arrow.string())):
        column = table.column(name)
        changed = column.dictionary_encode() if kind is None else column.cast(kind)
        write(table.set_column(table.column_names.index(name), name, changed))
        np.testing.assert_array_equal(flat(read_conductances(chip.circuit, path)), plain)


def test_a_bad_parquet_table_is_refused_with_row_and_column(chip: Deployed, tmp_path: Path) -> None:
    needs("pyarrow")
    import pyarrow as arrow
    from pyarrow import parquet

    path = tmp_path / "placement.parquet"
    table, write = parquet_table(chip, path)
    for name in ("conductance_siemens", "instance"):
        position, column = table.column_names.index(name), table.column(name).to_pylist()
        emptied = arrow.array([*column[:4], None, *column[5:]], table.schema.field(name).type)
        write(table.set_column(position, name, emptied))
        with pytest.raises(DataError, match=rf"placement.parquet: row 5: column {name} is empty \(null\); fill it in"):
            read_conductances(chip.circuit, path)
    write(table.append_column("block", table.column("block")))
    with pytest.raises(DataError, match="has 2 columns 'block'; keep one"):
        read_conductances(chip.circuit, path)
    write(table.set_column(5, "conductance_siemens", arrow.array([[1e-5]] * len(table))))
    with pytest.raises(DataError, match="cannot be read as a placement table"):
        read_conductances(chip.circuit, path)
    million = arrow.table({name: arrow.nulls(10**6) for name in table.column_names})
    parquet.write_table(million, path)
    with pytest.raises(DataError, match=r"has 1000000 rows, but the chip has \d+ memristors"):
        read_conductances(chip.circuit, path)


def test_a_table_is_written_in_pieces_of_bounded_size(chip: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = b"".join(table_pieces(chip.circuit, chip.placement))
    monkeypatch.setattr("memnet.netlist.placement_table.BATCH_ROWS", 10)
    pieces = list(table_pieces(chip.circuit, chip.placement))
    assert b"".join(pieces) == whole
    assert len(pieces) > len(chip.placement) // 10


def missing(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return rows[:4] + rows[5:]


def doubled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [*rows, rows[7]]


def negative(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [rows[0] | {"conductance_siemens": "-1e-5"}, *rows[1:]]


def in_microsiemens(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [rows[0] | {"conductance_siemens": "55"}, *rows[1:]]


def not_finite(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [rows[0] | {"conductance_siemens": "nan"}, *rows[1:]]


def a_word(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [rows[0] | {"conductance_siemens": "10u"}, *rows[1:]]


def foreign_device(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [*rows, rows[0] | {"instance": "rp9_c9y9x9_in0_c0"}]


def foreign_block(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [*rows, rows[0] | {"block": "stm"}]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (missing, r"device rp\d_\w+ of block stem is missing \(1 in all\)"),
        (doubled, r"line \d+: device r\w+ of block stem stands there twice; keep one"),
        (negative, r"device rp0_\w+ of block stem has -1e-05 S, outside 1e-15 to 10 S"),
        (in_microsiemens, r"has 55 S, outside 1e-15 to 10 S \(1 in all\); the device ranges from 1e-06 to 0.0001 S"),
        (not_finite, r"has nan S, outside"),
        (a_word, r"line 2: device \w+ of block stem has the conductance '10u', which is no number of siemens"),
        (foreign_device, r"device rp9_c9y9x9_in0_c0 of block stem is not on this chip"),
        (foreign_block, r"block 'stm' is not on this chip: did you mean stem"),
    ],
)
def test_a_bad_table_is_refused_by_name(chip: Deployed, tmp_path: Path, spoil, said: str) -> None:
    write_table(chip.circuit, chip.placement, tmp_path / "placement.csv")
    bad = rewritten(tmp_path / "placement.csv", spoil(rows_of(tmp_path / "placement.csv")))
    with pytest.raises(DataError, match=said):
        read_conductances(chip.circuit, bad)


def test_a_file_that_is_no_table_is_refused(chip: Deployed, tmp_path: Path) -> None:
    (tmp_path / "weights.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"has no column 'instance'; a placement table has instance, block, row"):
        read_conductances(chip.circuit, tmp_path / "weights.csv")
    with pytest.raises(DataError, match=r"nowhere.csv: cannot be read \(No such file or directory\)"):
        read_conductances(chip.circuit, tmp_path / "nowhere.csv")
    (tmp_path / "weights.csv").write_text("x" * 200_000 + "\n")
    with pytest.raises(DataError, match=r"cannot be read as a placement table \(field larger than field limit"):
        read_conductances(chip.circuit, tmp_path / "weights.csv")
    short = rewritten(tmp_path / "weights.csv", [])
    short.write_text(short.read_text() + "rp0,stem\n")
    with pytest.raises(DataError, match="line 2: has 2 columns, expected 7"):
        read_conductances(chip.circuit, short)
    short.write_text(",".join(COLUMNS) + "\nrp0,stem,in0,c0,-0,5,1.5e-05,12\n")  # a decimal comma moves what follows
    with pytest.raises(DataError, match="line 2: has 8 columns, expected 7"):
        read_conductances(chip.circuit, short)
    short.write_bytes(",".join(COLUMNS).encode() + b"\nr\xfc0,stem,in0,c0,0.5,1.5e-05,12\n")
    with pytest.raises(DataError, match=r"changed.csv: line 2, column 2: byte 0xfc is not UTF-8"):
        read_conductances(chip.circuit, short)


def test_instances_stay_apart_when_one_edge_of_a_node_doubles_another(tmp_path: Path) -> None:
    """Two crossbars between the same rows and columns differ in their group's number."""
    chip = deployed(primitive("skip_connect", stride=2))
    node = chip.circuit.block("node2")
    twice = replace(node, banks=(*[bank for bank in node.banks if isinstance(bank, Memristors)], *node.banks))
    circuit = replace(chip.circuit, blocks=tuple(twice if b.name == "node2" else b for b in chip.circuit.blocks))
    export = replace(chip.export("doubled"), circuit=circuit)
    write_export(export, tmp_path / "export")
    lines = (tmp_path / "export" / "conductances/node2.sp").read_text().splitlines()[1:]
    names = [line.split()[0] for line in lines]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def network_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    call = ["netlist", *NETWORK, "-o", str(folder / "export"), "--placement", str(folder / "placement.csv")]
    assert main(call) == 0
    return folder / "placement.csv"


def test_an_export_has_a_table_up_to_a_number_of_memristors(
    network_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Above it the README says how to get the table, and a file that is asked for has it all the same."""
    table, small = network_table.read_bytes(), network_table.parent / "export"
    devices = len(table.splitlines()) - 1
    assert (small / "placement.csv").read_bytes() == table
    assert "placement_table_up_to" not in (small / "manifest.json").read_text()
    monkeypatch.setattr("memnet.flow.exporting.LISTED_MEMRISTORS", devices)
    call = ["netlist", *NETWORK, "-o", str(tmp_path / "export")]
    assert main(call) == 0 and (tmp_path / "export/placement.csv").read_bytes() == table
    assert "no placement table" not in capsys.readouterr().out
    monkeypatch.setattr("memnet.flow.exporting.LISTED_MEMRISTORS", devices - 1)
    assert main(call) == 0
    assert f"which exports have of up to {devices - 1} memristors" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "export/placement.csv").exists()
    assert json.loads((tmp_path / "export/manifest.json").read_text())["placement_table_up_to"] == devices - 1
    text = " ".join((tmp_path / "export/README.md").read_text().split())
    assert f"of up to {devices - 1:,} memristors, and this chip has more" in text and "| placement.csv |" not in text
    chip = Chip.of("DARTS_V1", channels=1)
    chip.export(tmp_path / "export", images=2, placement=tmp_path / "asked.csv")
    assert (tmp_path / "asked.csv").read_bytes() == table


def test_the_command_simulates_a_changed_table(network_table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(network_table)
    for row in rows:
        if row["block"] == "classifier" and row["instance"].startswith("rp0_c3_"):
            row["conductance_siemens"] = "1e-4"
    table, figures = rewritten(network_table, rows), network_table.with_name("figures.json")
    changed = simulate("DARTS_V1", channels=1, images=2, conductances=table)
    largest = np.abs(changed.reference_logits).max()
    moved = np.abs(changed.logits - changed.reference_logits).max(axis=0) > 0.01 * largest
    assert moved.nonzero()[0].tolist() == [3]
    assert main(["simulate", *NETWORK, "--conductances", str(table), "--json", str(figures)]) == 0
    said = json.loads(figures.read_text())
    assert said["logit_error"] == pytest.approx(changed.accuracy.logit_error, rel=1e-6) and said["logit_error"] > 0.01
    assert f"conductances of {table}; the references have the targets" in said["warnings"]
    assert said["deviation"]["cause"] == "the given table of conductances"
    assert said["deviation"]["stage"] == "classifier"
    assert "the references have the targets" in " ".join(capsys.readouterr().out.split())


def test_the_command_refuses_a_bad_table_by_name(network_table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs("engine")
    bad = rewritten(network_table, missing(rows_of(network_table)), "bad.csv")
    assert main(["simulate", *NETWORK, "--conductances", str(bad)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("memnet: ") and "bad.csv: device rp0_" in said and "is missing (1 in all)" in said
    assert main(["simulate", *NETWORK, "--conductances", str(bad.with_name("nowhere.csv"))]) == 2
    assert "nowhere.csv: cannot be read (No such file or directory)" in capsys.readouterr().err
