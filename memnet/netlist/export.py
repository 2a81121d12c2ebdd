# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an export: a directory with netlists, images and expected outputs, which a user runs in another tool."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from memnet.circuit import Circuit
from memnet.files import one_line
from memnet.netlist.dialects import Dialect, find_dialect
from memnet.netlist.elements import element_of
from memnet.netlist.flat import DC_RELTOL, TRANSIENT_RELTOL
from memnet.netlist.folder import MANIFEST, digest_of_list, replace_files
from memnet.netlist.hierarchy import HierarchyWriter, count_elements, lines
from memnet.netlist.places import identifier
from memnet.netlist.templates import environment
from memnet.units import Floats, number

RISE_SHARE = 1e-3  # of an image's time: how long the inputs take to change to its voltages
EXPECTED_SHARE = 0.01  # of the largest output: how near a circuit with the exported models comes to the reference
_POINTS_PER_LINE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The time axis of a transient testbench: each image is applied for `image_s`, one after the other."""

    image_s: float
    step_s: float  # largest time step


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Everything that an export consists of.

    Attributes
    ----------
    title : what the circuit is, in a few words
    images_v : (images, input nets) volts
    expected_v : (images, classes) volts of the class outputs, computed by the quantised reference, or from the devices
    sampled : whether the devices are not at their targets, so that `expected_v` are computed from them
    labels : (images,) true classes; empty if unknown
    timing : of a transient testbench; with None the testbench is a dc sweep over the images
    extra : contents of further files by name, such as the placement table
    about : further entries of the manifest
    """

    circuit: Circuit
    title: str
    images_v: Floats
    expected_v: Floats
    sampled: bool = False
    dialect: str = "ngspice"
    name: str = "network"
    labels: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    timing: Timing | None = None
    extra: Mapping[str, Iterable[bytes]] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


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
    for block in export.circuit.blocks:
        name = identifier(block.name)
        has_values = any(element_of(bank).programmed for bank in block.banks)
        programmed = f"conductances_{name}.{suffix}" if has_values else ""
        yield f"block_{name}.{suffix}", writer.block(block, programmed)
        if programmed:
            yield programmed, writer.conductances(block)
    files = [f"block_{identifier(block.name)}.{suffix}" for block in export.circuit.blocks]
    yield (
        f"{export.name}.{suffix}",
        writer.network(
            export.name,
            title=export.title,
            tool=dialect.tool,
            proof=dialect.proof,
            models=f"models.{suffix}",
            blocks=files,
            legend=_technology_legend(export),
        ),
    )
    if export.circuit.selects:
        yield f"selects.{suffix}", [writer.selects().encode()]
    yield f"stimuli.{suffix}", _stimuli(export, writer)
    yield f"testbench.{suffix}", [_testbench(export, dialect, writer).encode()]
    yield from export.extra.items()
    yield "expected.csv", [_expected(export, writer).encode()]
    yield "README.md", [_readme(export, dialect, writer).encode()]


def _write_files(export: Export, dialect: Dialect, folder: Path) -> dict[str, Any]:
    digests: dict[str, str] = {}
    for name, pieces in export_files(export):
        digest = hashlib.sha256()
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
        "analysis": _analysis(export),
        "images": len(export.images_v),
        "blocks": len(export.circuit.blocks),
        **totals,
        **export.about,
        "digest": digest_of_list(digests),
        "files": dict(sorted(digests.items())),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def _analysis(export: Export) -> str:
    return "dc" if export.timing is None else "transient"


def _technology_legend(export: Export) -> list[str]:
    """Return comment lines on technology, levels and bias; they depend on neither weights nor images."""
    technology = export.circuit.technology
    device = technology.memristor
    low, high = number(device.g_min_siemens), number(device.g_max_siemens)
    return [
        f"technology {technology.name}: {technology.description}",
        f"memristors: 2^{device.bits} levels from {low} S to {high} S; bias rail {number(export.circuit.bias_v)} V",
    ]


def _scale_legend(export: Export) -> list[str]:
    circuit = export.circuit
    return [
        f"inputs: {number(circuit.input_scale_v)} V for 1 of the network's input",
        f"outputs: {number(circuit.output_scale_v)} V for a logit of 1",
    ]


def _stimuli(export: Export, writer: HierarchyWriter) -> Iterator[bytes]:
    """Yield one voltage source for each input net, as a table over image numbers (dc) or times (transient)."""
    inputs, analysis = writer.inputs(), _analysis(export)
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
    for net, column in zip(inputs, volts.T, strict=True):
        pairs = [f"{number(point)}, {number(value)}" for point, value in zip(axis, column.tolist(), strict=True)]
        rows = [", ".join(pairs[i : i + _POINTS_PER_LINE]) for i in range(0, len(pairs), _POINTS_PER_LINE)]
        yield writer.render("export_stimulus", analysis=analysis, net=net, rows=rows).encode()


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


def _testbench(export: Export, dialect: Dialect, writer: HierarchyWriter) -> str:
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
        "export_testbench",
        title=export.title,
        images=len(export.images_v),
        analysis=_analysis(export),
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


def _markdown(text: str) -> str:
    """Return text from outside for a Markdown file: one line without HTML, links, code or table cells of its own."""
    return re.sub(r"[\\`\[|]", r"\\\g<0>", escape(one_line(text), quote=False))


def _readme(export: Export, dialect: Dialect, writer: HierarchyWriter) -> str:
    outputs = writer.outputs()
    timing = export.timing
    shown = export.expected_v[: min(4, len(export.expected_v))]
    largest = float(np.abs(export.expected_v).max(initial=0.0))
    return (
        environment()
        .get_template("readme.md.j2")
        .render(
            title=_markdown(export.title),
            dialect=dialect,
            network=export.name,
            analysis=_analysis(export),
            images=len(export.images_v),
            outputs=outputs,
            rows=[[number(value) for value in row] for row in shown.tolist()],
            image_s=number(timing.image_s) if timing else "",
            bound=number(EXPECTED_SHARE * largest),
            inverted=export.circuit.output_scale_v < 0,
            placed="placement.csv" in export.extra,
            sampled=export.sampled,
            switched=bool(export.circuit.selects),
            legend=[_markdown(line) for line in (*_technology_legend(export), *_scale_legend(export))],
        )
    )
