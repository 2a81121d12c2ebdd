# SPDX-License-Identifier: GPL-3.0-or-later
"""`memnet evaluate`: classifies a whole test set with the numeric engine, `flow.evaluate`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from memnet.commands.console import out, progress_bar, refuse_unwritable, table, write_text
from memnet.commands.options import (
    Bits,
    Data,
    DataSet,
    Deploy,
    EngineName,
    Ideal,
    JsonFile,
    Name,
    Seed,
    Structure,
    TechnologyName,
    UsualChannels,
    UsualLayers,
    WeightFile,
    Workers,
    usual_size,
)

if TYPE_CHECKING:
    from memnet.flow import Evaluation
    from memnet.measurement import ChipCost

_DEVICES = "Devices"


class DistributionName(StrEnum):
    """Distributions of programmed conductances around their targets."""

    lognormal = "lognormal"
    normal = "normal"


AllImages = Annotated[
    int | None, typer.Option(min=1, help="Test images, from the first; all by default.", rich_help_panel="Run")
]
Variation = Annotated[
    float, typer.Option(min=0, max=2, help="Relative sigma of each conductance.", rich_help_panel=_DEVICES)
]
Distribution = Annotated[DistributionName, typer.Option(help="Of the variation.", rich_help_panel=_DEVICES)]
Stuck = Annotated[
    float, typer.Option(min=0, max=1, help="Share of devices stuck at Gmin or Gmax.", rich_help_panel=_DEVICES)
]
ReadNoise = Annotated[
    float, typer.Option(min=0, max=2, help="Relative sigma of a device's current at a read.", rich_help_panel=_DEVICES)
]
Offset = Annotated[
    float, typer.Option(min=0, max=0.1, help="Sigma of op-amp offsets, volts.", rich_help_panel=_DEVICES)
]
Seeds = Annotated[int, typer.Option(min=1, help="Chips to draw, from --device-seed on.", rich_help_panel=_DEVICES)]
DeviceSeed = Annotated[int, typer.Option(min=0, help="Of the first chip's devices.", rich_help_panel=_DEVICES)]
References = Annotated[
    int, typer.Option(min=1, help="Images on which the float and quantised network run too.", rich_help_panel="Run")
]
SpiceCheck = Annotated[int, typer.Option(min=0, help="Sampled blocks to hold against SPICE.", rich_help_panel="Run")]
Cost = Annotated[
    int, typer.Option(min=0, help="Image transitions to take power and delay from.", rich_help_panel="Run")
]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("evaluate")(evaluate)


def evaluate(
    genotype: Name = "PDARTS",
    channels: UsualChannels = None,
    layers: UsualLayers = None,
    dataset: DataSet = "digits",
    data: Data = None,
    seed: Seed = 0,
    weights: WeightFile = None,
    technology: TechnologyName = "hfox-130nm",
    bits: Bits = None,
    ideal: Ideal = False,
    deploy: Deploy = "individual",
    structure: Structure = "shared",
    images: AllImages = None,
    variation: Variation = 0.0,
    distribution: Distribution = DistributionName.lognormal,
    stuck: Stuck = 0.0,
    read_noise: ReadNoise = 0.0,
    offset: Offset = 0.0,
    seeds: Seeds = 1,
    device_seed: DeviceSeed = 0,
    references: References = 200,
    spice_check: SpiceCheck = 0,
    cost: Cost = 0,
    engine: EngineName = None,
    workers: Workers = None,
    json_file: JsonFile = None,
) -> None:
    """Classify the whole test set with the circuit of a genotype, computed in closed form.

    Finite gain, offsets, saturation, output limits and quantised conductances are those of the SPICE circuit; devices
    may vary, be stuck or be noisy. --spice-check holds sampled blocks against a simulator; --cost follows every op-amp
    through steps from image to image.
    """
    from memnet.devices import DeviceSpread
    from memnet.flow import Setup
    from memnet.flow import evaluate as run

    refuse_unwritable(json_file)
    channels, layers = usual_size(dataset, channels, layers)
    setup = Setup(
        genotype=genotype,
        channels=channels,
        layers=layers,
        dataset=dataset,
        data=data,
        seed=seed,
        weights=weights,
        technology=technology,
        bits=bits,
        ideal=ideal,
        deploy=deploy,
        structure=structure,
    )
    spread = DeviceSpread(
        variation=variation,
        distribution=distribution.value,
        stuck=stuck,
        read_noise=read_noise,
        offset_v=offset,
        seed=device_seed,
    )
    with progress_bar() as progress:
        result = run(
            setup,
            images=images,
            spread=spread,
            seeds=seeds,
            references=references,
            spice_blocks=spice_check,
            transitions=cost,
            engine=engine,
            workers=workers,
            progress=progress,
        )
    show(result)
    if json_file is not None:
        write_text(json_file, result.to_json())
        out().print(f"figures: {json_file}")


def show(result: Evaluation) -> None:
    """Print the table of figures, and below it warnings and notes."""
    figures = result.figures()
    spread = f" +- {100 * figures['accuracy_std']:.2f}" if len(result.chips) > 1 else ""
    compared, seeds = figures["reference_images"], len(result.chips)
    rows = [
        ("accuracy", f"{100 * figures['accuracy']:.2f}{spread} %", f"{len(result.labels)} images, {seeds} chips"),
        ("float accuracy", f"{100 * figures['float_accuracy']:.2f} %", f"first {compared} images"),
        ("agreement", f"{100 * figures['agreement']:.2f} %", f"with the quantised reference, first {compared} images"),
        ("logit error", f"{figures['logit_error']:.2e}", "of its largest logit"),
        ("memristors", f"{figures['memristors']:,}", f"{figures['bits']} bits"),
        ("op-amps", f"{figures['opamps']:,}", f"{figures['area_m2'] * 1e6:.3g} mm2 in all"),
        ("largest row voltage", f"{figures['largest_row_v']:.3f} V", ""),
        ("images per second", f"{figures['images_per_s']:.1f}", f"{figures['wall_s']:.1f} s in all"),
    ]
    if result.cost is not None:
        rows += _cost_rows(result.cost)
    if result.check is not None:
        worst = result.check.worst
        about = f"of full scale at most, {len(result.check.blocks)} blocks, {result.check.engine}, net/{worst.stage}"
        rows.append(("SPICE check", f"{worst.deviation:.2e}", about))
    console = out()
    console.print(table((result.deployed.title, "", ""), rows, left=1))
    for line in result.warnings():
        console.print(f"note: {line}")


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
