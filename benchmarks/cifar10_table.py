# SPDX-License-Identifier: GPL-3.0-or-later
"""Table of the accuracy and cost of three networks on digits or CIFAR-10.

Its rows: the float network, ideal amplifiers, a hypernetwork, circuits with 4 to 8 bits, device variation and faults.

    python benchmarks/cifar10_table.py --out docs/tables/digits
    python benchmarks/cifar10_table.py --dataset cifar10 --data DIR --channels 16 --layers 8 --out docs/tables/cifar10

Writes table.md, table.json and table.png. table.json is saved after every measurement: an interrupted run continues
from it, and figures of a network whose weights have changed since are measured again.
For a network without trained weights the table says so instead of accuracies, and its costs are those of seeded
weights. Delay and power are those of nominal devices, from the numeric engine (memnet/measurement/chip_cost.py), with
the definitions of simulated transients.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from memnet.commands import progress_bar, write_text
from memnet.devices import DeviceSpread
from memnet.flow import PAPER as PAPER_RATIOS
from memnet.flow import Chip, Setup, reference_logits, sample_chip
from memnet.measurement import accuracy, component_areas, core_area_m2, measure_cost
from memnet.network import Tensors, Weights
from memnet.simulation import cores
from memnet.units import engineering

NETWORKS = ("DARTS_V1", "DARTS_V2", "PDARTS")
HYPERNETWORK = "8-bit circuit, hypernetwork"  # structure `shared`; all other rows are of individual deployment
PAPER = {"cifar10": {HYPERNETWORK: 0.892}}  # Lyu et al. 2024: PDARTS on its hypernetwork
BITS = (4, 5, 6, 7, 8)
SPREADS = {
    "8-bit, variation 1 %": DeviceSpread(variation=0.01),
    "8-bit, variation 5 %": DeviceSpread(variation=0.05),
    "8-bit, variation 10 %": DeviceSpread(variation=0.10),
    "8-bit, faults 0.1 %": DeviceSpread(stuck=0.001),
    "8-bit, faults 1 %": DeviceSpread(stuck=0.01),
}
FLOAT, IDEAL, ALONE = "float", "8-bit ideal", "individual"
UNTRAINED = "not trained"


def labels() -> list[str]:
    """Return the rows of the table, in order."""
    circuits = [HYPERNETWORK, *(f"{bits}-bit circuit" for bits in reversed(BITS))]
    return [FLOAT, IDEAL, *circuits, *SPREADS]


def plotted() -> dict[str, dict[str, str]]:
    """Return the rows that are drawn: panels by title, in each the rows by their ticks."""
    bits = {str(bits): f"{bits}-bit circuit" for bits in BITS} | {"8, hyper-\nnetwork": HYPERNETWORK}
    spreads = {
        kind: {label.removeprefix(f"8-bit, {kind} "): label for label in SPREADS if kind in label}
        for kind in ("variation", "faults")
    }
    return {"bits a conductance": bits, **spreads}


class Table:
    """Accuracies by network, row and sample_chip, kept in a file while it grows."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.path = options.out / "table.json"
        told = ("dataset", "channels", "layers", "images", "weights", "transitions")
        self.settings = {name: str(getattr(options, name)) for name in told}
        self.paper = PAPER.get(options.dataset, {})
        self.found: dict[str, dict[str, list[float]]] = {}
        self.about: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            before = json.loads(self.path.read_text())
            if before["settings"] == self.settings:
                self.found, self.about = before["accuracy"], before["about"]

    def fill(self, name: str) -> None:
        """Compute what is missing of one network."""
        options, on = self.options, cache(lambda kind: Chip(self._setup(name, kind)))
        chip = on(ALONE)
        found_with = fingerprint(chip.weights.tensors)
        if self.about.get(name, {}).get("tensors_sha256", found_with) != found_with:
            del self.found[name], self.about[name]
        mine = self.found.setdefault(name, {})
        images = min(options.images or len(chip.dataset.test_labels), len(chip.dataset.test_labels))
        about = self.about.setdefault(name, {"cost": {}})
        about |= {
            "weights": chip.weights.note,
            "tensors_sha256": found_with,
            "images": images,
            "notes": list(chip.dataset.notes),
            "reached": reached(chip.weights),
        }
        for label in labels() if about["reached"] != UNTRAINED else []:
            wanted = options.seeds if label in SPREADS else 1
            while len(mine.setdefault(label, [])) < wanted:
                with progress_bar() as tell:
                    say = lambda what, share, label=label: tell(f"{name}, {label}: {what}", share)  # noqa: E731
                    where = on("shared" if label == HYPERNETWORK else ALONE)
                    mine[label].append(self._one(where, label, len(mine[label]), images, say))
                self.save()
        for kind in (ALONE, *options.structures) if options.transitions else ():
            if kind not in about["cost"]:
                about["cost"][kind] = self._cost(on(kind), f"{name}, {kind}")
                self.save()

    def _setup(self, name: str, kind: str) -> Setup:
        options = self.options
        return Setup(
            genotype=name,
            channels=options.channels,
            layers=options.layers,
            dataset=options.dataset,
            data=options.data,
            weights=dict(entry.split("=", 1) for entry in options.weights).get(name),
            on=kind,
        )

    def _cost(self, chip: Chip, what: str) -> dict[str, Any]:
        counts, technology = chip.counts, chip.technology
        volts = chip.input_volts(chip.dataset.test_images[: self.options.transitions + 1], np.float32)
        with progress_bar() as tell:
            cost = measure_cost(chip.deployment, volts, progress=lambda share: tell(f"{what}: power and delay", share))
        return {
            **asdict(counts),
            "area_m2": sum(component_areas(counts, technology).values()),
            "core_area_m2": core_area_m2(counts, technology),
            **asdict(cost),
        }

    def _one(self, chip: Chip, label: str, seed: int, images: int, say) -> float:
        workers = cores()
        if label == FLOAT:
            logits = reference_logits(chip.network, chip.float_parameters, chip.dataset.test_images[:images], workers)
            return accuracy(logits, chip.dataset.test_labels[:images])
        spread = replace(SPREADS.get(label, DeviceSpread()), seed=seed)
        bits = int(label[0])
        if label == IDEAL or bits != chip.technology.memristor.bits:
            chip = chip.change(bits=bits, ideal=label == IDEAL)
        return sample_chip(chip, spread, images, workers, say).accuracy

    def save(self) -> None:
        """Write table.json in one step."""
        content = {"settings": self.settings, "accuracy": self.found, "paper": self.paper, "about": self.about}
        write_text(self.path, json.dumps(content, indent=2) + "\n")

    def markdown(self) -> str:
        """Return the table as Markdown."""
        names, paper = sorted(self.found), self.paper
        rows = [["accuracy, %", *names, *(["paper (PDARTS)"] if paper else [])]]
        rows.append(["---", *["---:"] * (len(rows[0]) - 1)])
        for label in labels():
            cells = [label, *(_cell(self.found[name].get(label, []), self.about[name]["reached"]) for name in names)]
            rows.append(cells + ([f"{100 * paper[label]:.1f}" if label in paper else ""] if paper else []))
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.append("")
        for name, about in sorted(self.about.items()):
            lines.append(f"- {name}: {about['weights']}; {about['reached']}; {about['images']} test images")
        notes = dict.fromkeys(str(note) for about in self.about.values() for note in about["notes"])
        return "\n".join([*lines, *(f"- {note}" for note in notes), "", *self._cost_lines()]) + "\n"

    def _cost_lines(self) -> list[str]:
        """Return the costs of every network on every chip, in brackets over those of individual deployment."""
        heads = ("network", "chip", "memristors", "op-amps", "area without converters", "power", "delay", "energy")
        rows = [heads, ("---", "---", *["---:"] * (len(heads) - 2))]
        for name, about in sorted(self.about.items()):
            alone = about["cost"].get(ALONE, {})
            for kind, cost in about["cost"].items():
                shown = [
                    ("core_area_m2", f"{1e6 * cost['core_area_m2']:.4g} mm2"),
                    *((key, _amount(cost[key], key[-1])) for key in ("power_w", "delay_s", "energy_j")),
                ]
                parts = [f"{text}{_ratio(cost[key], alone.get(key), kind)}" for key, text in shown]
                rows.append((name, kind, f"{cost['memristors']:,}", f"{cost['opamps']:,}", *parts))
        if len(rows) == 2:
            return []
        paper = ", ".join(f"{figure} {ratio}" for figure, ratio in PAPER_RATIOS.items())
        return [*("| " + " | ".join(row) + " |" for row in rows), "", f"Paper, hypernetwork over individual: {paper}."]

    def plot(self) -> None:
        """Draw accuracy over bits, variation and faults, with the spread over draws, beside the paper's figure."""
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot as plt

        figure, panels = plt.subplots(1, 3, figsize=(11, 4))
        whole = {name: mine for name, mine in sorted(self.found.items()) if all(mine.get(label) for label in labels())}
        for axes, (title, rows) in zip(panels, plotted().items(), strict=True):
            for at, (name, mine) in enumerate(whole.items()):
                values = [100 * np.array(mine[label]) for label in rows.values()]
                where = np.arange(len(rows)) + 0.12 * (at - (len(whole) - 1) / 2)  # side by side, not on each other
                means, spreads = [value.mean() for value in values], [value.std() for value in values]
                axes.errorbar(where, means, spreads, fmt="o", capsize=3, label=name)
            for label, value in self.paper.items():
                axes.axhline(100 * value, color="gray", linestyle="--", label=f"paper: PDARTS, {label}")
            axes.set_xticks(range(len(rows)), list(rows))
            axes.set(xlabel=title, ylabel="accuracy, %")
            axes.grid(alpha=0.3)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="upper center", ncols=4)
        figure.tight_layout(rect=(0, 0, 1, 0.92))
        figure.savefig(self.options.out / "table.png", dpi=120)
        plt.close(figure)


def reached(weights: Weights) -> str:
    """Say in a few words how far the training of weights has come."""
    if weights.origin == "seeded":
        return UNTRAINED
    about = weights.metadata
    done, planned = about.get("epoch"), about.get("recipe", {}).get("epochs")
    if done is None or planned is None or done >= planned:
        return "trained"
    return f"training in progress, {done} of {planned} epochs"


def fingerprint(tensors: Tensors) -> str:
    """Return a digest of a network's tensors."""
    digest = hashlib.sha256()
    for name, values in sorted(tensors.items()):
        digest.update(name.encode() + np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _cell(values: list[float], state: str) -> str:
    if not values:
        return UNTRAINED if state == UNTRAINED else "not yet"
    spread = f" +- {100 * np.std(values):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread}"


def _amount(value: float | None, unit: str) -> str:
    return "-" if value is None else engineering(value, {"w": "W", "s": "s", "j": "J"}[unit])


def _ratio(value: float | None, alone: float | None, kind: str) -> str:
    return f" ({value / alone:.2f})" if value and alone and kind != ALONE else ""


def main() -> None:
    """Fill the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--weights", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--images", type=int, help="test images, from the first; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--transitions", type=int, default=1, help="image steps for the costs; 0 leaves them out")
    parser.add_argument("--structures", nargs="*", default=("shared", "slotted"), help="to take costs of")
    parser.add_argument("--out", type=Path, default=Path("out/table"))
    options = parser.parse_args()
    table = Table(options)
    for name in options.networks or NETWORKS:
        table.fill(name)
        table.save()
    write_text(options.out / "table.md", table.markdown())
    table.plot()
    print(table.markdown(), end="")


if __name__ == "__main__":
    main()
