# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an export: a directory with netlists, images and expected outputs, which a user runs in another tool."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from memnet.netlist.contents import Export, technology_legend
from memnet.netlist.dialects import Dialect, find_dialect
from memnet.netlist.elements import element_of
from memnet.netlist.flat import DC_RELTOL, TRANSIENT_RELTOL
from memnet.netlist.folder import MANIFEST, digest_of_list, replace_files
from memnet.netlist.hierarchy import HierarchyWriter, block_path, count_elements, lines
from memnet.netlist.readme import readme
from memnet.netlist.schematics import schematic_files
from memnet.netlist.templates import Rendered, environment, left_open
from memnet.netlist.texts import shortest
from memnet.units import Floats, number

RISE_SHARE = 1e-3  # of an image's time: how long the inputs take to change to its voltages
CHECK = "check.py"  # the same in every export; its template is the file itself
_POINTS_PER_LINE = 6


def write_export(export: Export, folder: Path) -> dict[str, Any]:
    """Write the files of an export into `folder`, all or none; return the manifest. Equal exports give equal bytes.

    Files that the user has beside an older export stay as they are; see `memnet.netlist.folder`.

    Raises
    ------
    DialectError
        unknown dialect
    OutputError
        the folder is not writable, the disk is full, or the folder holds something other than an export or an export
        that was changed
    """
    dialect = find_dialect(export.dialect)
    return replace_files(folder, lambda fresh: _write_files(export, dialect, fresh))


def export_files(export: Export) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield every file of an export except the manifest: its name, and its content in pieces."""
    dialect = find_dialect(export.dialect)
    writer = HierarchyWriter(export.circuit, dialect, transient=export.timing is not None)
    suffix = dialect.suffix
    yield f"models.{suffix}", [writer.models().encode()]
    included: dict[str, list[str]] = {}
    for block in export.circuit.blocks:
        path = f"{block_path(block)}.{suffix}"
        contents = {f"blocks/{path}": writer.block(block)}
        if any(element_of(bank).programmed for bank in block.banks):
            contents = {f"conductances/{path}": writer.conductances(block)} | contents
        included[block.name] = list(contents)
        yield from contents.items()
    yield (
        f"{export.name}.{suffix}",
        writer.network(
            export.name,
            included,
            title=export.title,
            tool=dialect.tool,
            proof=dialect.proof,
            models=f"models.{suffix}",
            legend=technology_legend(export),
        ),
    )
    if export.circuit.selects:
        yield f"selects.{suffix}", [writer.selects().encode()]
    yield f"stimuli.{suffix}", _stimuli(export, writer)
    yield f"testbench.{suffix}", [_testbench("export_testbench", export, dialect, writer).encode()]
    if export.symbols:
        commands = _testbench("export_commands", export, dialect, writer)
        yield from schematic_files(export, writer, _stimuli(export, writer), commands)
    yield from export.extra.items()
    yield "expected.csv", [_expected(export, writer).encode()]
    yield CHECK, [check_text()]
    yield "README.md", [readme(export, dialect, writer.outputs()).encode()]


def check_text() -> bytes:
    """Return the program that compares a simulator's outputs with those to expect."""
    loader = environment().loader
    assert loader is not None
    return loader.get_source(environment(), CHECK)[0].encode()


def _write_files(export: Export, dialect: Dialect, folder: Path) -> dict[str, Any]:
    digests: dict[str, str] = {}
    for name, pieces in export_files(export):
        digest = hashlib.sha256()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
                digest.update(piece)
        digests[name] = digest.hexdigest()
    totals: dict[str, int] = {}
    for block in export.circuit.blocks:
        for kind, count in count_elements(block).items():
            totals[kind] = totals.get(kind, 0) + count
    outputs = HierarchyWriter(export.circuit, dialect, transient=False).outputs()
    # nine significant digits, as in all files: further ones depend on the machine's linear algebra
    input_scale_v, output_scale_v = (
        float(number(scale)) for scale in (export.circuit.input_scale_v, export.circuit.output_scale_v)
    )
    manifest = {
        "title": export.title,
        "dialect": dialect.name,
        "technology": export.circuit.technology.name,
        "input_scale_v": input_scale_v,
        "output_scale_v": output_scale_v,
        "outputs": outputs,
        "analysis": export.analysis,
        "images": len(export.images_v),
        **({} if export.timing is None else {"image_s": export.timing.image_s}),
        "table": dialect.table,
        **_deviation(export, outputs),
        "tolerance_v": _volts(outputs, export.tolerance_v),
        "blocks": len(export.circuit.blocks),
        **totals,
        **({} if export.listed_up_to is None else {"placement_table_up_to": export.listed_up_to}),
        **export.about,
        "digest": digest_of_list(digests),
        "files": dict(sorted(digests.items())),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def _deviation(export: Export, outputs: Sequence[str]) -> dict[str, Any]:
    if export.deviation_v is None:
        return {}
    return {"deviation_v": _volts(outputs, export.deviation_v), "deviation_by": "numeric engine of memnet"}


def _volts(outputs: Sequence[str], volts: Floats) -> dict[str, float]:
    """Return a figure of each class output by its name; differences of near numbers are not known to more digits."""
    return {name: float(f"{value:.3g}") for name, value in zip(outputs, volts.tolist(), strict=True)}


def _stimuli(export: Export, writer: HierarchyWriter) -> Iterator[bytes]:
    """Yield one voltage source for each input net, as a table over image numbers (dc) or times (transient)."""
    inputs, analysis = writer.inputs(), export.analysis
    yield writer.render(
        "export_stimuli_head",
        analysis=analysis,
        images=len(export.images_v),
        pixels=len(inputs),
        inputs=inputs,
        scale=number(export.circuit.input_scale_v),
        table=_table(export) if analysis == "dc" else [],
    ).encode()
    axis = _axis(export)
    volts = export.images_v if export.timing is None else np.repeat(export.images_v, 2, axis=0)
    if len(axis) == 1:  # tools refuse a table of one point
        axis, volts = [0.0, 1.0], np.repeat(volts, 2, axis=0)
    pairs = [f"{number(point)}, {left_open(f'volts{at}')}" for at, point in enumerate(axis)]
    rows = [Rendered(", ".join(pairs[i : i + _POINTS_PER_LINE])) for i in range(0, len(pairs), _POINTS_PER_LINE)]
    pattern = writer.pattern("export_stimulus", ("net",), analysis=analysis, rows=rows)
    texts = {f"volts{at}": (shortest(row),) for at, row in enumerate(volts)}
    yield from pattern.rows(texts | {"net": writer.input_names()}, len(inputs))


def _table(export: Export) -> list[list[str]]:
    """Return the input voltages as text, one row per image, for dialects that sweep a table of parameters."""
    return [[number(value) for value in row] for row in export.images_v.tolist()]


def _axis(export: Export) -> list[float]:
    """Return the image numbers (dc), or the times at which each image's voltages are reached and left (transient)."""
    count = len(export.images_v)
    if export.timing is None:
        return [float(image) for image in range(count)]
    hold, rise = export.timing.image_s, export.timing.image_s * RISE_SHARE
    return [time for image in range(count) for time in (image * hold + (rise if image else 0.0), (image + 1) * hold)]


def _testbench(template: str, export: Export, dialect: Dialect, writer: HierarchyWriter) -> str:
    """Return the testbench, or what a schematic of it has as text."""
    timing = export.timing
    times = (
        {}
        if timing is None
        else {
            "step_s": number(timing.step_s),
            "stop_s": number(timing.image_s * len(export.images_v)),
        }
    )
    return writer.render(
        template,
        title=export.title,
        images=len(export.images_v),
        analysis=export.analysis,
        reltol=number(DC_RELTOL if timing is None else TRANSIENT_RELTOL),
        network=f"{export.name}.{dialect.suffix}",
        stimuli=f"stimuli.{dialect.suffix}",
        selects=f"selects.{dialect.suffix}",
        bias_v=number(export.circuit.bias_v),
        name=export.name,
        ports=lines(writer.ports()),
        outputs=writer.outputs(),
        inputs=writer.inputs(),
        last_image=len(export.images_v) - 1,
        **times,
    )


def _expected(export: Export, writer: HierarchyWriter) -> str:
    """Return the expected output voltages as CSV, one row per image."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    known = len(export.labels) > 0
    table.writerow(["image", *(["label"] if known else []), "class", *writer.outputs()])
    for image, row in enumerate(export.expected_v):
        best = int(np.argmax(row * np.sign(export.circuit.output_scale_v)))
        label = [int(export.labels[image])] if known else []
        table.writerow([image, *label, best, *(number(value) for value in row.tolist())])
    return text.getvalue()
