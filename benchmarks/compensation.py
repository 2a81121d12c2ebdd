# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels compensated for the mean current of curved memristors: one factor a stage, a source or a channel.

    benchmarks/compensation.py [DARTS_V1 DARTS_V2 PDARTS] [--law sinh] [--images 360]

What each way leaves of the law in the class outputs: the largest and the rms difference from the float network, as a
share of its largest output. So they hold the error of quantising too, which the first row, `I = G V`, has alone.
Ways are: no compensation; one factor for all rows of a stage, which a chip could have in its feedback resistors; one
for all rows that a source drives; one a channel of it. The factor is the mean, or least squares whose squares are
weighted by a power of |V|. `memnet` has the one of `memnet/deployment/compensation.py`. Images are of the training
set, so that a choice made here is not made on test images.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from memnet.devices import MemristorModel
from memnet.flow import Chip, reference_logits
from memnet.numeric import NumericCircuit

NETWORKS = ("DARTS_V1", "DARTS_V2", "PDARTS")
Sums = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # of f(V) and V: two sums by channel
# What the ways replace and read stands behind the face of its package.
deploying, mapping, amplifiers = (
    import_module(f"memnet.deployment.{name}") for name in ("deploying", "mapping", "first_amplifiers")
)
PROGRAMMER = mapping.Programmer
POWERS = {0: "least squares", 1: "weighted by abs(V)", 2: "weighted by V^2"}


def least_squares(power: float) -> Sums:
    """Return the sums of least squares, the squares weighted by |V|^power."""
    return lambda f, v: ((np.abs(v) ** power * f * f).sum(axis=1), (np.abs(v) ** power * f * v).sum(axis=1))


def mean(f: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of mean magnitudes."""
    return np.abs(f).sum(axis=1), np.abs(v).sum(axis=1)


def totals(law: MemristorModel, volts: Iterable[np.ndarray], sums: Sums) -> np.ndarray:
    """Return both sums over all images, (2, channels)."""
    flat = (each.reshape(len(each), -1).astype(float) for each in volts)
    return sum(np.array(sums(law.shape(each), each)) for each in flat)


def by_source(sums: Sums) -> Callable[..., float]:
    """Return the slope of all rows that a source drives."""
    return lambda law, volts: ratio(totals(law, volts, sums).sum(axis=1))


def by_channel(sums: Sums) -> Callable[..., np.ndarray]:
    """Return the slopes by channel."""
    return lambda law, volts: ratio(totals(law, volts, sums))


def ratio(found: np.ndarray) -> np.ndarray:
    """Return the first sum over the second; 1 where all voltages are 0."""
    return np.where(found[1] > 0, found[0] / np.where(found[1] > 0, found[1], 1.0), 1.0)


def by_stage(sums: Sums) -> type[PROGRAMMER]:
    """Return a programmer with one slope for all rows of a stage."""

    class ByStage(PROGRAMMER):
        def _program(self, stage):
            slopes, plan = self.scales.slopes, self.scales.plan
            terms = [term for term in stage.rows if term.kind in ("weights", "bias")]
            read = {(driver, term.rectified): term for term in terms for driver in plan.drivers(term.source)}
            signals = [key for key, term in read.items() if term.kind == "weights"]
            if self.law is not None and signals:
                volts = [
                    amplifiers.driver_volts(*key, self.scales, chunk.activations)
                    for key in signals
                    for chunk in self.chunks
                ]
                found = sum(totals(self.law, [each], sums).sum(axis=1) for each in volts)
                slopes.update(dict.fromkeys(read, float(ratio(found))))
            return super()._program(stage)

    return ByStage


WAYS = {
    "a stage, least squares": by_stage(least_squares(0)),
    "a source, mean": by_source(mean),
    "a channel, mean": by_channel(mean),
    **{f"a source, {words}": by_source(least_squares(power)) for power, words in POWERS.items()},
    **{f"a channel, {words}": by_channel(least_squares(power)) for power, words in POWERS.items()},
}


@contextmanager
def compensated(way: type | Callable[..., object]) -> Iterator[None]:
    """Let levels be compensated in another way for a while."""
    own = mapping.mean_slope
    if isinstance(way, type):
        deploying.Programmer = way
    else:
        mapping.mean_slope = way
    yield
    deploying.Programmer, mapping.mean_slope = PROGRAMMER, own


def left(chip: Chip, images: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Return the largest and the rms difference of class outputs from those wanted, as a share of full scale."""
    result = NumericCircuit(chip.devices, dtype=np.float32).run(chip.input_volts(images, np.float32))
    error = (result.outputs_v / chip.deployment.scales[result.output] - wanted) / np.abs(wanted).max()
    return float(np.abs(error).max()), float(np.sqrt((error**2).mean()))


def main() -> None:
    """Print one table: a row for each way, two columns for each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--law", default="sinh")
    parser.add_argument("--images", type=int, default=360)
    given = parser.parse_args()
    rows: dict[str, list[tuple[float, float]]] = {}
    for name in given.networks or NETWORKS:
        linear = Chip.of(name, channels=given.channels)
        images = linear.dataset.train_images[: given.images]
        wanted = reference_logits(linear.network, linear.float_parameters, images, 1)
        rows.setdefault("I = G V", []).append(left(linear, images, wanted))
        plain = linear.change(memristor=given.law)
        rows.setdefault("not compensated", []).append(left(plain, images, wanted))
        for way, factor in WAYS.items():
            with compensated(factor):
                rows.setdefault(way, []).append(left(plain.change(compensated=True), images, wanted))
        rows.setdefault("as memnet has it", []).append(left(plain.change(compensated=True), images, wanted))
    print(f"| {given.law} | " + " | ".join(f"{name}, max | rms" for name in given.networks or NETWORKS) + " |")
    print("|---" * (1 + 2 * len(rows["I = G V"])) + "|")
    for way, found in rows.items():
        print(f"| {way} | " + " | ".join(f"{largest:.4f} | {rms:.4f}" for largest, rms in found) + " |")


if __name__ == "__main__":
    main()
