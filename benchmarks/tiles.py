# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiles, utilisation and areas of networks on their own and on hypernetworks, over the size of arrays.

All is counted from plans: no weights, no images, no circuit.

python benchmarks/tiles.py                                      C=4, L=3, digits
python benchmarks/tiles.py --patches                            output pixels share tiles
python benchmarks/tiles.py --channels 16 --layers 8 --side 32   C=16, L=8, images as CIFAR-10 has
"""

from __future__ import annotations

import argparse

from ratios_with_channels import blank, short

from memnet.flow import ComparedChip, Comparison, compare

HEAD = (
    *("array", "chip", "tiles", "used", "lines", "area, mm2", "by crosspoints", "of lines"),
    *("ratio (its bound) by devices", "by crosspoints", "crosspoints and lines"),
)


def main() -> None:
    """Print a row for each size of arrays and each chip."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotypes", nargs="+", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--on", nargs="+", default=["shared", "slotted", "duplicated"])
    parser.add_argument("--arrays", nargs="+", default=["64x64", "128x128", "256x256"])
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--side", type=int, default=8)
    parser.add_argument("--patches", action="store_true")
    given = parser.parse_args()
    print_row(HEAD)
    print_row(["---"] * len(HEAD))
    for array in given.arrays:
        made = compare(
            given.genotypes, on=given.on, channels=given.channels, layers=given.layers, dataset=blank(given.side),
            counts_only=True, array=array, patches=given.patches,
        )  # fmt: skip
        for chip in made.individual:
            print_row((array, chip.genotype, *areas(chip), "", "", ""))
        for structure in given.on:
            chip = next(chip for chip in made.hypernetworks if chip.structure == structure)
            print_row((array, structure, *areas(chip), *ratios(made, structure)))


def areas(chip: ComparedChip) -> list[str]:
    """Return tiles, utilisation, lines and areas of a chip as texts."""
    found = chip.arrays
    values = [chip.figure(figure) or 0.0 for figure in ("area", "crosspoint_area", "line_area")]
    return [
        f"{found.tiles:,}",
        f"{found.utilisation:.1%}",
        short(found.lines),
        *(f"{value * 1e6:.4g}" for value in values),
    ]


def ratios(made: Comparison, structure: str) -> list[str]:
    """Return the ratios of all networks on a structure, by devices, by crosspoints, and with the area of lines."""
    here = [ratio for ratio in made.ratios() if ratio.structure == structure]
    texts = [
        ", ".join(f"{ratio.ratio:.2f} ({ratio.bound:.2f})" for ratio in here if ratio.figure == figure)
        for figure in ("area", "crosspoint_area")
    ]
    chips = [chip for chip in made.hypernetworks if chip.structure == structure]
    both = [(with_lines(chip), with_lines(made.alone(chip.genotype))) for chip in chips]
    return [*texts, ", ".join(f"{whole / alone:.2f}" for whole, alone in both)]


def with_lines(chip: ComparedChip) -> float:
    """Return the area of a chip by crosspoints and of its lines, in square metres."""
    return chip.arrays.crosspoint_area_m2 + (chip.arrays.line_area_m2 or 0.0)


def print_row(cells: list[str] | tuple[str, ...]) -> None:
    """Print a row of a Markdown table."""
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
