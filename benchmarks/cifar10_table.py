"""The accuracy table: float, ideal blocks, circuit, variation, faults, 4 to 8 bits; for digits or CIFAR-10.

    python benchmarks/cifar10_table.py --out out/table-digits
    python benchmarks/cifar10_table.py --dataset cifar10 --data DIR --channels 16 --layers 8 --out out/table-cifar10

Writes table.md, table.json and table.png. table.json grows row by row: a call that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from memnet.assembly import Setup
from memnet.commands.console import progress_bar, write_text
from memnet.evaluation import Chip, count_chip, draw, prepare, redeploy, reference_logits
from memnet.measurement.accuracy import accuracy
from memnet.measurement.area import area_parts
from memnet.numeric.disturbance import Disturbance
from memnet.numeric.engine import cores
from memnet.reference import fold

NETWORKS = ("DARTS_V1", "DARTS_V2", "PDARTS")
PAPER = {"cifar10": {"8-bit circuit": 0.892}}  # Lyu et al. 2024: PDARTS on its hypernetwork
BITS = (4, 5, 6, 7, 8)
SPREADS = {
    "variation 1 %": Disturbance(variation=0.01),
    "variation 5 %": Disturbance(variation=0.05),
    "variation 10 %": Disturbance(variation=0.10),
    "faults 0.1 %": Disturbance(stuck=0.001),
    "faults 1 %": Disturbance(stuck=0.01),
}
FLOAT, IDEAL = "float", "8-bit ideal"


def labels() -> list[str]:
    """Return the rows of the table, in order."""
    return [FLOAT, IDEAL, *(f"{bits}-bit circuit" for bits in reversed(BITS)), *(f"8-bit, {name}" for name in SPREADS)]


class Table:
    """Accuracies by network, row and draw, kept in a file while it grows."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.path = options.out / "table.json"
        told = ("dataset", "channels", "layers", "images", "deploy", "weights")
        self.settings = {name: str(getattr(options, name)) for name in told}
        self.found: dict[str, dict[str, list[float]]] = {}
        self.about: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            before = json.loads(self.path.read_text())
            if before["settings"] == self.settings:
                self.found, self.about = before["accuracy"], before["about"]

    def fill(self, name: str) -> None:
        """Compute what is missing of one network."""
        options, mine = self.options, self.found.setdefault(name, {})
        weights = dict(entry.split("=", 1) for entry in options.weights).get(name)
        setup = Setup(
            genotype=name, channels=options.channels, layers=options.layers, dataset=options.dataset, data=options.data,
            weights=weights, deploy="individual" if options.deploy == "individual" else "hypernetwork",
            structure="shared" if options.deploy == "individual" else options.deploy,
        )  # fmt: skip
        chip = prepare(setup)
        images = min(options.images or len(chip.dataset.test_labels), len(chip.dataset.test_labels))
        for label in labels():
            wanted = options.seeds if label.startswith("8-bit, ") else 1
            while len(mine.setdefault(label, [])) < wanted:
                with progress_bar() as tell:
                    say = lambda what, share, label=label: tell(f"{name}, {label}: {what}", share)  # noqa: E731
                    mine[label].append(self._one(chip, label, len(mine[label]), images, say))
                self.save()
        counts = count_chip(chip.deployment)
        area = sum(area_parts(counts, chip.deployment.technology).values())
        self.about[name] = {
            "weights": chip.weights.note, "images": images, "memristors": counts.memristors, "opamps": counts.opamps,
            "area_m2": area, "notes": list(chip.dataset.notes),
        }  # fmt: skip
        self.save()

    def _one(self, chip: Chip, label: str, seed: int, images: int, say) -> float:
        technology, workers = chip.deployment.technology, cores()
        if label == FLOAT:
            logits = reference_logits(
                chip.network, fold(chip.network, chip.weights.tensors), chip.dataset.test_images[:images], workers
            )
            return accuracy(logits, chip.dataset.test_labels[:images])
        disturbance = Disturbance(seed=seed)
        if label.startswith("8-bit, "):
            disturbance = replace(SPREADS[label.removeprefix("8-bit, ")], seed=seed)
        wanted = technology.with_bits(int(label[0]))
        if label == IDEAL:
            wanted = wanted.ideal()
        if wanted != technology:
            deployment = redeploy(chip.setup, chip.network, chip.dataset, chip.weights, wanted)
            chip = replace(chip, deployment=deployment)
        return draw(chip, disturbance, images, workers, say).accuracy

    def save(self) -> None:
        """Write table.json in one step."""
        content = {"settings": self.settings, "accuracy": self.found, "about": self.about}
        write_text(self.path, json.dumps(content, indent=2) + "\n")

    def markdown(self) -> str:
        """Return the table as Markdown."""
        names, paper = list(self.found), PAPER.get(self.options.dataset, {})
        rows = [["accuracy, %", *names, *(["paper (PDARTS)"] if paper else [])]]
        rows.append(["---", *["---:"] * (len(rows[0]) - 1)])
        for label in labels():
            cells = [label, *(_cell(self.found[name].get(label, [])) for name in names)]
            rows.append(cells + ([f"{100 * paper[label]:.1f}" if label in paper else ""] if paper else []))
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.append("")
        for name, about in self.about.items():
            parts = f"{about['memristors']:,} memristors, {about['opamps']:,} op-amps, {1e6 * about['area_m2']:.3g} mm2"
            lines.append(f"- {name}: {about['weights']}; {about['images']} test images; {parts}")
        notes = dict.fromkeys(str(note) for about in self.about.values() for note in about["notes"])
        return "\n".join([*lines, *(f"- {note}" for note in notes)]) + "\n"

    def plot(self) -> None:
        """Draw accuracy over bits, and under variation and faults, with the spread over draws."""
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
        for name, mine in self.found.items():
            left.plot(BITS, [100 * mine[f"{bits}-bit circuit"][0] for bits in BITS], "o-", label=name)
            values = [np.array(mine[f"8-bit, {label}"]) * 100 for label in SPREADS]
            means, spreads = [value.mean() for value in values], [value.std() for value in values]
            right.errorbar(range(len(SPREADS)), means, spreads, fmt="o", capsize=4, label=name)
        left.set(xlabel="bits a conductance", ylabel="accuracy, %", xticks=BITS)
        right.set_xticks(range(len(SPREADS)), list(SPREADS), rotation=20)
        for axes in (left, right):
            axes.grid(alpha=0.3)
            axes.legend()
        figure.tight_layout()
        figure.savefig(self.options.out / "table.png", dpi=120)
        plt.close(figure)


def _cell(values: list[float]) -> str:
    if not values:
        return "not yet"
    spread = f" +- {100 * np.std(values):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread}"


def main() -> None:
    """Fill the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--deploy", default="individual", help="individual, or a hypernetwork's structure")
    parser.add_argument("--images", type=int, help="test images, from the first; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("out/table"))
    options = parser.parse_args()
    table = Table(options)
    for name in options.networks or NETWORKS:
        table.fill(name)
    write_text(options.out / "table.md", table.markdown())
    table.plot()
    print(table.markdown(), end="")


if __name__ == "__main__":
    main()
