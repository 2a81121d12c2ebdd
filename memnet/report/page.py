# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of one or several simulations: figures, plots and definitions in one HTML file.

The figures come from `flow.Simulation`, the plots from `charts` and `genotype`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memnet.deployment import Wiring
from memnet.flow import NO_TRANSIENT, ChipArrays, Comparison, Simulation, chip_arrays
from memnet.genotype import cell_graph_svg
from memnet.measurement import confusion, count_conductances
from memnet.report.array_charts import drop_picture, floor_plan_picture, utilisation_picture
from memnet.report.charts import confusion_picture, error_histogram, scatter, waveforms
from memnet.report.chip_charts import conductances, headroom_picture, shares, stage_errors
from memnet.report.definitions import ARRAY_DEFINITIONS, DEFINITIONS, LAW_DEFINITIONS
from memnet.report.schematic import ShownColumn, pair_svg, shown_column
from memnet.report.switched import SWITCHED_HEADINGS, switched_notes, switched_rows, switched_title
from memnet.report.templates import rendered
from memnet.report.thumbnails import data_url, json_url
from memnet.simulation import STEP_AT_S
from memnet.units import engineering

NOT_MEASURED = "-"  # in place of a value
MOST_SEEN = 40  # test images that the page shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure as text; `definitions` has the meaning of its label."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One test image and its classification by the circuit."""

    url: str  # the image as a data URL
    named: str  # the class that the circuit names
    true: str  # its class
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """A picture as inline SVG with its heading and what can be seen in it."""

    heading: str
    note: str
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The texts and pictures on the page of one result; pictures are inline SVG, '' where there is none."""

    anchor: str
    name: str
    about: str
    figures: tuple[Figure, ...]
    warnings: tuple[str, ...]
    differing: tuple[str, ...]
    seen: tuple[Seen, ...]
    json: str  # a data URL
    graph: str
    schematic: str
    column: ShownColumn
    conductances: str
    scatter: str
    errors: str
    stage_errors: str
    confusion: str
    waveforms: str
    power: str
    area: str
    headroom: str
    arrays: tuple[Pictured, ...]
    no_transient: str
    power_total: str
    area_total: str


def report_html(results: Sequence[Simulation], comparison: Comparison | None = None) -> str:
    """Return an HTML page about one or more results; equal results give equal texts but for run times.

    Parameters
    ----------
    comparison : one architecture on one hypernetwork, which gets a section of its own
    """
    arrays = any(result.chip.tiles for result in results)
    laws = any(result.law_shift is not None for result in results)
    sections = [_section(index, result, arrays, laws) for index, result in enumerate(results)]
    names = [section.name for section in sections]
    return rendered(
        "report/report.html.j2",
        title=" · ".join(names),
        sections=sections,
        switched=None if comparison is None else _switched(comparison),
        definitions=(*DEFINITIONS, *(LAW_DEFINITIONS if laws else ()), *(ARRAY_DEFINITIONS if arrays else ())),
        rows=[[section.figures[row] for section in sections] for row in range(len(sections[0].figures))],
    )


def _switched(comparison: Comparison) -> dict[str, object]:
    """Return the texts of the section on a hypernetwork."""
    return {
        "title": switched_title(comparison),
        "headings": SWITCHED_HEADINGS,
        "rows": switched_rows(comparison),
        "notes": switched_notes(comparison),
    }


def _section(index: int, result: Simulation, arrays: bool, laws: bool) -> Section:
    chip, transient, timing = result.chip, result.transient, result.timing
    scale = chip.circuit.output_scale_v
    reference_v, classes = result.reference_logits * scale, chip.dataset.classes
    bound_v = result.accuracy.error_bound * float(abs(reference_v).max())
    limits = chip.technology.memristor.read_limit_v, chip.technology.opamp.saturation_v
    return Section(
        anchor=f"network-{index}",
        name=chip.network.genotype.name,
        about=_about(result),
        figures=(
            *figures(result),
            *(_law_figures(result) if laws else ()),
            *(_array_figures(result) if arrays else ()),
        ),
        warnings=result.warnings,
        differing=_differing(result),
        json=json_url(result.to_json()),
        graph=cell_graph_svg(chip.network.genotype),
        schematic=pair_svg(),
        column=shown_column(chip),
        conductances=conductances(count_conductances(chip.devices)),
        stage_errors=stage_errors(result.stage_errors) if result.stage_errors else "",
        scatter=scatter(reference_v, result.outputs_v, classes),
        errors=error_histogram(reference_v, result.outputs_v, bound_v),
        confusion=confusion_picture(confusion(result.logits, result.labels), classes),
        waveforms=""
        if transient is None
        else waveforms(
            transient.time_s,
            transient.outputs_v,
            transient.dc_outputs_v,
            classes,
            step_s=STEP_AT_S,
            delay_s=transient.delay_s,
        ),
        power=shares(timing.power_parts_w, "power", "W") if timing and timing.power_parts_w else "",
        area=shares(result.area_parts_m2, "area", "m2"),
        seen=_seen(result),
        arrays=() if chip.tiles is None else _array_pictures(chip_arrays(chip)),
        headroom=headroom_picture(result.headroom.train, result.headroom.test, *limits),
        no_transient=_no_waveforms(result),
        power_total=_quantity(timing.power_w if timing else None, "W"),
        area_total=f"{result.area_m2 * 1e6:.3g} mm²",
    )


def _array_pictures(arrays: ChipArrays) -> tuple[Pictured, ...]:
    """Return the pictures of a chip's arrays."""
    layout = (
        Pictured(
            heading="Utilisation of arrays",
            note="Share of each stage's crosspoints that have a memristor; dashed: the whole chip.",
            picture=utilisation_picture(arrays.tiles).svg(),
        ),
        Pictured(
            heading="Floor plan",
            note="All tiles to scale, one colour a stage, in the order of the signal from the upper left.",
            picture=floor_plan_picture(arrays.floor_plan).svg(),
        ),
    )
    drop = arrays.drop
    if drop is None:
        return layout
    note = (
        f"Share of the driver's voltage that wires take from each device of {drop.stage}, tile {drop.number}, the "
        f"largest, while all rows have one voltage; drivers are on the left, virtual grounds below, plus and "
        f"minus columns of a channel side by side. At most {drop.largest:.2%}, {drop.mean:.2%} on average."
    )
    return (*layout, Pictured(heading="Drop on the wires of a tile", note=note, picture=drop_picture(drop).svg()))


def _no_waveforms(result: Simulation) -> str:
    """Return why the page of a result shows no waveforms, and perhaps no delay."""
    if result.cost is not None and not result.cost.delay_reason:
        return "delay, energy and power are the numeric engine's, without a transient"
    return NO_TRANSIENT if result.timing is None else result.timing.delay_reason


def _charges(wiring: Wiring) -> str:
    return f", {wiring.row_farad:g} and {wiring.column_farad:g} F" if wiring.charges else ""


def _law_figures(result: Simulation) -> tuple[Figure, ...]:
    """Return the figure of a law of memristors."""
    shift = result.law_shift
    return (Figure(label="law shift", value="-" if shift is None else f"{shift:.2g}", note="against I = G V"),)


def figures(result: Simulation) -> tuple[Figure, ...]:
    """Return the figures of one result as texts, the most important first."""
    timing, counts, accuracy = result.timing, result.counts, result.accuracy
    close = len(accuracy.close_images)
    calls = f"{close or 'no'} close call{'' if close == 1 else 's'}"
    steps = f"largest of {timing.transitions}" if timing and timing.transitions > 1 else ""
    by = "" if result.cost is None else "numeric engine"
    steps = ", ".join(part for part in (steps, by) if part)
    cells = f"{counts.access_transistors:,} access transistors" if counts.access_transistors else ""
    supplies = f"{counts.enables:,} more at supplies, {counts.select_drivers:,} select nets" if counts.enables else ""
    return (
        Figure(label="accuracy", value=f"{accuracy.accuracy:.1%}", note=f"{result.images} test images"),
        Figure(label="agreement", value=f"{accuracy.agreement:.1%}", note=calls),
        Figure(label="float agreement", value=f"{accuracy.float_agreement:.1%}"),
        Figure(label="logit error", value=f"{accuracy.logit_error:.2g}", note=f"permitted {accuracy.error_bound:g}"),
        Figure(label="error gain", value=f"{result.error_gain:.3g}", note="of small errors at the inputs"),
        Figure(label="delay", value=_quantity(timing.delay_s if timing else None, "s"), note=steps),
        Figure(label="energy an image", value=_quantity(timing.energy_j if timing else None, "J"), note=by),
        Figure(label="power", value=_quantity(timing.power_w if timing else None, "W"), note=by),
        Figure(label="area", value=f"{result.area_m2 * 1e6:.3g} mm²", note="converters included"),
        Figure(label="memristors", value=f"{counts.memristors:,}", note=cells),
        Figure(label="op-amps", value=f"{counts.opamps:,}"),
        Figure(label="comparators", value=f"{counts.comparators:,}"),
        Figure(label="switches", value=f"{counts.switches:,}", note=supplies),
        Figure(label="simulation", value=f"{result.core_s / result.swept:.2g} s", note="an image and core"),
    )


def _array_figures(result: Simulation) -> tuple[Figure, ...]:
    """Return the figures of a chip's arrays as texts; "-" where the chip has none."""
    tiles, wiring = result.chip.tiles, result.chip.wiring
    if tiles is None:
        return Figure(label="tiles", value=NOT_MEASURED), Figure(label="lines", value=NOT_MEASURED)
    wires = "" if wiring is None else f"{wiring.row_ohm:g} and {wiring.column_ohm:g} ohm a cell{_charges(wiring)}"
    if wiring is not None and wiring.remedies:
        wires += f", {', '.join(sorted(wiring.remedies))}"
    used = f"of up to {tiles.size}, {tiles.utilisation:.1%} of crosspoints used"
    return (
        Figure(label="tiles", value=f"{tiles.tiles:,}", note=used),
        Figure(label="lines", value=f"{tiles.lines:,}", note=wires),
    )


def _about(result: Simulation) -> str:
    """Return one line on the network, the chip, the technology, the weights and the simulator."""
    chip = result.chip
    network, device = chip.network, chip.technology.memristor
    kind = f"hypernetwork, {chip.structure}" if chip.structure else "individual deployment"
    how = "one flat deck" if result.flat else "partitioned at op-amp outputs"
    return (
        f"C={network.channels}, L={network.cells}, {network.parameters():,} parameters on {chip.dataset.name}; "
        f"{kind}; technology {chip.technology.name}, {device.bits}-bit conductances of "
        f"{device.g_min_siemens * 1e6:g} to {device.g_max_siemens * 1e6:g} µS; {chip.weights.note}; "
        f"{result.engine} with {result.solver}, {how}"
    )


def _seen(result: Simulation) -> tuple[Seen, ...]:
    """Return up to MOST_SEEN images, wrongly classified ones before the others."""
    dataset, named = result.chip.dataset, result.logits.argmax(axis=1)
    wrong_first = sorted(range(result.images), key=lambda image: bool(named[image] == result.labels[image]))
    return tuple(
        Seen(
            url=data_url(dataset.test_images[image]),
            named=dataset.classes[named[image]],
            true=dataset.classes[result.labels[image]],
            right=bool(named[image] == result.labels[image]),
        )
        for image in wrong_first[:MOST_SEEN]
    )


def _differing(result: Simulation) -> tuple[str, ...]:
    """Return a sentence for each image for which circuit and quantised reference name different classes."""
    return tuple(
        f"Image {image}: the circuit names class {result.chip.dataset.classes[result.logits[image].argmax()]}, the "
        f"quantised reference {result.chip.dataset.classes[result.reference_logits[image].argmax()]}"
        + ("; its margin is within the error bound" if image in result.accuracy.close_images else "")
        for image in result.accuracy.differing_images
    )


def _quantity(value: float | None, unit: str) -> str:
    """Return a value with its unit, NOT_MEASURED for None."""
    return NOT_MEASURED if value is None else engineering(value, unit)
