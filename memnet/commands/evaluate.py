# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet evaluate`: a whole test set at circuit level, computed in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from memnet.commands.console import (
    out,
    refuse_unwritable,
    report_deviations,
    table,
    write_figures,
    write_outputs,
)
from memnet.commands.options import JsonFile, OutputsFile, Strict, files_of, takes
from memnet.commands.progress import progress_bar
from memnet.flow import EvaluationSettings, Setup

if TYPE_CHECKING:
    from memnet.flow import Evaluation
    from memnet.measurement import ChipCost


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("evaluate")(evaluate)


@takes(Setup, EvaluationSettings)
def evaluate(
    setup: Setup,
    settings: EvaluationSettings,
    json_file: JsonFile = None,
    outputs: OutputsFile = None,
    strict: Strict = False,
) -> None:
    """Classify the whole test set with the circuit of a genotype, computed in closed form.

    Finite gain, offsets, saturation, output limits and quantised conductances are those of the SPICE circuit; devices
    may vary, be stuck or be noisy. --noise adds what op-amps, resistances and devices make at the read. --spice-check
    holds sampled blocks against a simulator; --transitions follows every op-amp through steps from image to image.
    """
    from memnet.flow import Chip, as_keywords

    refuse_unwritable(json_file, outputs, read=files_of(setup))
    with progress_bar() as progress:
        progress("choosing scales and levels", 0.0)
        chip = Chip(setup)
        progress("choosing scales and levels", 1.0)
        result = chip.evaluate(**as_keywords(replace(settings, progress=progress)))
    show(result)
    write_figures(json_file, result.to_json())
    write_outputs(outputs, result)
    report_deviations([result.deviation], strict)


def show(result: Evaluation) -> None:
    """Print the table of figures, and below it warnings and notes."""
    figures = result.figures()
    spread = f" +- {100 * figures['accuracy_std']:.2f}" if len(result.samples) > 1 else ""
    compared, seeds = figures["reference_images"], len(result.samples)
    on_these = 100 * figures["accuracy_on_reference_images"]
    some = f"first {compared} images, of which the circuit has {on_these:.2f} %"
    same = some if compared < len(result.labels) else f"the same {compared} images"
    rows = [
        ("accuracy", f"{100 * figures['accuracy']:.2f}{spread} %", f"{len(result.labels)} images, {seeds} chips"),
        ("float accuracy", f"{100 * figures['float_accuracy']:.2f} %", same),
        ("agreement", f"{100 * figures['agreement']:.2f} %", f"with the quantised reference, first {compared} images"),
        ("logit error", f"{figures['logit_error']:.2e}", f"of its largest logit; at most {figures['error_bound']:g}"),
        *_law_rows(figures),
        ("error gain", f"{figures['error_gain']:.1f}", "of small errors at the inputs"),
        ("memristors", f"{figures['memristors']:,}", f"{figures['bits']} bits"),
        ("op-amps", f"{figures['opamps']:,}", f"{figures['area_m2'] * 1e6:.3g} mm2 in all"),
        *_array_rows(figures),
        *_noise_rows(figures),
        ("largest row voltage", f"{figures['largest_row_v']:.3f} V", ""),
        ("images per second", f"{figures['images_per_s']:.1f}", f"{figures['wall_s']:.1f} s in all"),
    ]
    if result.cost is not None:
        rows += _cost_rows(result.cost)
    if result.check is not None:
        worst = result.check.worst
        about = f"of full scale, {len(result.check.blocks)} nominal blocks, {result.check.engine}, {worst.stage}"
        rows.append(("SPICE check", f"{worst.deviation:.2e}", about))
    console = out()
    console.print(table((result.chip.title, "", ""), rows, left=1))
    for line in result.warnings():
        if line != str(result.deviation):  # that is a line on standard error
            console.print(f"note: {line}")


def _law_rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the row on a law of memristors, where there is one."""
    if "law_shift" not in figures:
        return []
    return [("law shift", f"{figures['law_shift']:.2e}", "of the largest class output, against I = G V")]


def _array_rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the row on the arrays of a chip, where they were asked for."""
    if "tiles" not in figures:
        return []
    ohm = figures["wire_ohm"]
    wires = "" if ohm is None else f", {ohm[0]:g} and {ohm[1]:g} ohm a cell"
    if "remedies" in figures:
        wires += f", {', '.join(figures['remedies'])}"
    about = f"of up to {figures['array']}, {figures['utilisation']:.1%} of crosspoints used{wires}"
    return [("tiles", f"{figures['tiles']:,}", about)]


def _noise_rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the rows on the noise at the read, where it was asked for."""
    from memnet.units import engineering

    if "noise" not in figures:
        return []
    noise, check = figures["noise"], figures["noise"]["check"]
    about = f"{noise['ratio_db']:.1f} dB, {noise['effective_bits']:.1f} effective bits over {noise['range_v']:.3g} V"
    same = f"{100 * noise['same_class']:.2f} % with the class of the same read without it"
    rows = [
        ("noise of class outputs", engineering(noise["noise_rms_v"], "V"), f"rms; {about}"),
        ("accuracy without noise", f"{100 * noise['accuracy_without']:.2f} %", same),
    ]
    if check is not None:
        about = f"of its rms, {check['columns']} nominal columns, {check['worst']}"
        rows.append(("noise in SPICE", f"{check['largest_deviation']:.2e}", about))
    return rows


def _cost_rows(cost: ChipCost) -> list[tuple[str, str, str]]:
    from memnet.units import engineering

    if cost.delay_s is None or cost.power_w is None or cost.energy_j is None:
        return [("delay", "-", cost.delay_reason)]
    about = f"{cost.transitions} image transitions, nominal devices"
    largest = max(cost.power_parts_w, key=lambda part: cost.power_parts_w[part])
    share = cost.power_parts_w[largest] / cost.power_w
    return [
        ("delay", engineering(cost.delay_s, "s"), about),
        ("power", engineering(cost.power_w, "W"), f"{share:.0%} of it {largest}"),
        ("energy", engineering(cost.energy_j, "J"), "an image"),
    ]
