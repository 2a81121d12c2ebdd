# SPDX-License-Identifier: GPL-3.0-or-later
"""The check.py of an export tells right outputs from wrong ones, in each form of table that simulators write."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from deployments import deployed, primitive
from needed import needs

from memnet.netlist.contents import Timing
from memnet.netlist.export import CHECK, check_text, write_export
from memnet.simulation.engines.discover import environment, find_ngspice

IMAGE_S = 4e-6


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    chip, folder = deployed(primitive("max_pool_3x3", side=2)), tmp_path_factory.mktemp("exports")
    for analysis, timing in (("dc", None), ("transient", Timing(image_s=IMAGE_S, step_s=4e-8))):
        write_export(chip.export("pool", timing=timing), folder / analysis)
    return {analysis: folder / analysis for analysis in ("dc", "transient")}


def check(folder: Path, *arguments: object) -> tuple[int, str]:
    """Run it without the site's packages, and return its exit status and all that it printed."""
    command = [sys.executable, "-I", "-S", folder / CHECK, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def volts(folder: Path) -> tuple[list[str], np.ndarray]:
    head, *rows = [line.split(",") for line in (folder / "expected.csv").read_text().splitlines()]
    first = head.index("class") + 1
    return head[first:], np.array([[float(value) for value in row[first:]] for row in rows])


def csv_table(names: list[str], rows: np.ndarray) -> str:
    lines = [",".join(f"V({name.upper()})" for name in names), *(",".join(map(repr, row)) for row in rows.tolist())]
    return "\n".join(lines) + "\n"


def prn(names: list[str], rows: np.ndarray, axis: str = "V(IMAGE)") -> str:
    """Return a table as Xyce writes it, in columns."""
    head = f"Index   {axis}   " + "   ".join(f"V({name.upper()})" for name in names)
    lines = [f"{at}   {at:.8e}   " + "   ".join(f"{v:.8e}" for v in row) for at, row in enumerate(rows.tolist())]
    return "\n".join([head, *lines, "End of Xyce(TM) Simulation", ""])


def print_table(names: list[str], rows: np.ndarray) -> str:
    """Return a table as ngspice prints it: pages, dashes, and a table of its own for the columns that do not fit."""
    text = "\n\nCircuit: * memnet testbench of pool: 3 images, dc\n\nNo. of Data Rows : 3\n"
    for at, name in enumerate(names):
        for page in (range(2), range(2, len(rows))):
            head = f"Index   v-sweep         {f'v({name})'[:15]} "
            text += "\n".join([f"{'* memnet testbench of pool':^60}", "-" * 60, head, "-" * 60, ""])
            text += "".join(f"{row}\t{row:.6e}\t{rows[row, at]:.9e}\t\n" for row in page)
    return text


def raw(names: list[str], axis: np.ndarray, rows: np.ndarray, *, kind: str, first: str = "v-sweep") -> bytes:
    """Return a raw file: `ngspice` in binary, `text`, or `ltspice`, which has wide letters and short numbers."""
    flags = "real" if kind != "ltspice" else "real forward"
    listed = "".join(f"\t{at}\t{name}\tvoltage\n" for at, name in enumerate([first, *(f"V({n})" for n in names)]))
    head = (
        f"Title: * pool\nFlags: {flags}\nNo. Variables: {len(names) + 1}\nNo. Points: {len(rows)}\nVariables:\n{listed}"
    )
    if kind == "text":
        points = (
            f"{at}\t{float(axis[at])!r}\n" + "".join(f"\t{v!r}\n" for v in row) for at, row in enumerate(rows.tolist())
        )
        return (head + "Values:\n" + "\n".join(points)).encode()
    code, letter = ("utf-16-le", "f") if kind == "ltspice" else ("utf-8", "d")
    body = b"".join(struct.pack(f"<d{len(names)}{letter}", at, *row) for at, row in zip(axis, rows, strict=True))
    return (head + "Binary:\n").encode(code) + body


def dc_tables(names: list[str], rows: np.ndarray) -> dict[str, bytes]:
    axis = np.arange(len(rows), dtype=float)
    tables = {"csv": csv_table(names, rows), "prn": prn(names, rows), "print": print_table(names, rows)}
    tables |= {"spaced": "\r\n".join(prn(names, rows).splitlines()), "sweep": prn(names, rows, "v-sweep")}
    kinds = {kind: raw(names, axis, rows, kind=kind) for kind in ("ngspice", "text", "ltspice")}
    return {kind: text.encode() for kind, text in tables.items()} | kinds


def test_it_needs_no_more_than_python_3_8() -> None:
    tree = ast.parse(check_text(), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - {"__future__"} <= sys.stdlib_module_names


def test_tables_of_all_kinds_are_held_against_what_to_expect(exports: dict[str, Path], tmp_path: Path) -> None:
    folder, (names, rows) = exports["dc"], volts(exports["dc"])
    permitted = json.loads((folder / "manifest.json").read_text())["tolerance_v"]
    wrong = rows.copy()
    wrong[1, 1] += 2 * permitted[names[1]]
    for kind, content in dc_tables(names, rows).items():
        (tmp_path / kind).write_bytes(content)
        status, said = check(folder, tmp_path / kind)
        assert status == 0 and "3 images: all outputs are as expected" in said, f"{kind}: {said}"
    for kind, content in dc_tables(names, wrong).items():
        (tmp_path / kind).write_bytes(content)
        status, said = check(folder, tmp_path / kind)
        assert status == 1 and re.search(rf"{names[1]} .* V at image 1, permitted .*TOO FAR", said), f"{kind}: {said}"
        assert said.count("TOO FAR") == 1 and "NOT as expected" in said


def test_a_point_that_is_missing_is_named(exports: dict[str, Path], tmp_path: Path) -> None:
    folder, (names, rows) = exports["dc"], volts(exports["dc"])
    lines = prn(names, rows).splitlines(keepends=True)
    (tmp_path / "short.prn").write_text("".join(lines[:2] + lines[3:]))
    status, said = check(folder, tmp_path / "short.prn")
    assert status == 1 and "images without outputs: 1\n" in said and "TOO FAR" not in said
    (tmp_path / "short.csv").write_text(csv_table(names, rows[:2]))
    status, said = check(folder, tmp_path / "short.csv")
    assert status == 2 and "has 2 rows for 3 images and no column image or v-sweep that says which is which" in said
    rows[0, 0] = np.nan
    (tmp_path / "nan.csv").write_text(csv_table(names, rows))
    assert check(folder, tmp_path / "nan.csv")[0] == 1


def test_a_transient_is_read_at_the_end_of_each_image(exports: dict[str, Path], tmp_path: Path) -> None:
    folder, (names, rows) = exports["transient"], volts(exports["transient"])
    times = [0.0, *(IMAGE_S * (at + share) for at in range(3) for share in (0.5, 0.9, 1.1 if at < 2 else 1.0))]
    values = np.concatenate([rows[:1] * 0, *([rows[at] * 0.5, rows[at], rows[at]] for at in range(3))])
    for kind in ("ngspice", "ltspice"):
        marked = np.array(times) * ([1, -1] * 5 if kind == "ltspice" else 1)
        (tmp_path / kind).write_bytes(raw(names, marked, values, kind=kind, first="time"))
        assert check(folder, tmp_path / kind)[0] == 0
        (tmp_path / kind).write_bytes(raw(names, marked[:-3], values[:-3], kind=kind, first="time"))
        status, said = check(folder, tmp_path / kind)
        assert status == 1 and "images without outputs: 2" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it has no column classifier_c0; its columns are none"),
        (b"a,b\n1,2\n", "its columns are a, b"),
        (b"Title: x\nFlags: complex\nNo. Points: 0\nVariables:\n\t0\tv(a)\tvoltage\nBinary:\n", "complex numbers"),
        (b"Title: x\nFlags: real\nNo. Points: 9\nVariables:\n\t0\tv(a)\tvoltage\nBinary:\n", "ends before its last"),
        (b"Title: x\nFlags: real\nNo. Points: nine\nVariables:\nBinary:\n", "cannot be compared"),
    ],
)
def test_what_is_no_table_of_outputs_is_refused(
    exports: dict[str, Path], tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "table").write_bytes(content)
    status, text = check(exports["dc"], tmp_path / "table")
    assert status == 2 and said in text


def test_it_says_what_to_do_without_a_table(exports: dict[str, Path], tmp_path: Path) -> None:
    status, said = check(exports["dc"])
    assert status == 2 and "outputs.txt: No such file or directory: run the simulator first, or name its table" in said
    write_export(deployed(primitive("none", side=2)).export("none", dialect="hspice"), tmp_path / "hspice")
    status, said = check(tmp_path / "hspice")
    assert status == 2 and "python check.py [TABLE]" in said
    assert "    python check.py TABLE\n" in (tmp_path / "hspice" / "README.md").read_text()


@pytest.mark.parametrize("analysis", ["dc", "transient"])
def test_an_export_is_run_and_checked_by_the_commands_of_its_readme_and_replaced(
    analysis: str, exports: dict[str, Path], tmp_path: Path
) -> None:
    needs("ngspice-batch")
    found, folder = find_ngspice("executable"), tmp_path / "export"
    shutil.copytree(exports[analysis], folder)
    commands = re.findall(r"^    (\S.*)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert commands == ["ngspice -b testbench.sp", "python check.py"]
    run = [found.path, *commands[0].split()[1:]]
    subprocess.run(run, cwd=folder, check=True, env=os.environ | environment(found), capture_output=True)
    status, said = check(folder)
    assert status == 0, said
    before = (folder / "outputs.txt").read_bytes()
    write_export(deployed(primitive("skip_connect", side=2)).export("another"), folder)
    assert (folder / "outputs.txt").read_bytes() == before  # results of a run are not the export's
    assert check(folder)[0] != 0  # nor those of the new circuit
