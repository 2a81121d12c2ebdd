# SPDX-License-Identifier: GPL-3.0-or-later
"""Delay, energy and stability with and without the capacitance of wires, and against the closed form.

    python benchmarks/wire_delay.py [--genotypes PDARTS] [--channels 1] [--farad 0 1e-14] [--technology]

Prints a row for each network and capacitance a crosspoint, without resistance in the wires; with --technology two more
have all resistances of the technology's wires, without and with their capacitance. Each row has delay and energy of one
image transition in ngspice, the delay by the numeric engine's closed form of the two poles of each loop, and the
smallest phase margin.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from memnet.flow import Chip
from memnet.measurement import settling_time_s
from memnet.numeric import NumericCircuit, Responder, worst_loop
from memnet.simulation import RISE_S, Waveform

POINTS = 2000  # time steps of the closed form


def closed_form_s(chip: Chip, stop_s: float) -> float | None:
    """Return the delay of the step from the first test image to the second, seconds."""
    images_v = chip.input_volts(chip.dataset.test_images[:2])
    axis = np.concatenate([[0.0], np.linspace(RISE_S, stop_s, POINTS)])
    circuit = NumericCircuit(chip.devices)
    channels = chip.network.image_shape[0]
    inputs = np.repeat(images_v[1].reshape(channels, -1, 1), len(axis), axis=2)
    inputs[:, :, 0] = images_v[0].reshape(channels, -1)
    outputs = Responder(circuit, axis).run(inputs)
    final = circuit.run(images_v).outputs_v[1]
    wave = Waveform(time_s=axis, volts=outputs.T)
    return settling_time_s(wave, final, chip.technology.memristor.read_limit_v, 0.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--genotypes", nargs="+", default=["DARTS_V1", "DARTS_V2", "PDARTS"])
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--farad", nargs="*", type=float, default=[0.0, 4.2e-16, 5e-15, 5e-14])
    parser.add_argument("--technology", action="store_true")
    given = parser.parse_args()
    print("| network | ohm | fF a crosspoint | delay, us | closed form, us | energy, nJ | phase margin | damping | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for genotype in given.genotypes:
        plain = Chip.of(genotype, channels=given.channels)
        cases = [{"wires": True, "wire_ohm": 0.0, "wire_farad": farad} for farad in given.farad]
        if given.technology:
            cases += [{"wires": True, "wire_farad": 0.0}, {"wires": True}]
        for settings in cases:
            chip = plain.change(**settings)
            ohms, farads = "0", "0"
            if chip.wiring is not None:
                ohms = f"{chip.wiring.row_ohm:g} and {chip.wiring.column_ohm:g}"
                farads = f"{chip.wiring.row_farad * 1e15:g} and {chip.wiring.column_farad * 1e15:g}"
            start = time.perf_counter()
            found = chip.simulate(images=1, analysis="transient", workers=1).transient
            wall_s = time.perf_counter() - start
            formula = closed_form_s(chip, 2.0 * found.delay_s)
            loop = worst_loop(chip.devices)
            margin = "90 degrees | -" if loop is None else f"{loop.phase_margin_degrees:.2f} | {loop.damping:.2f}"
            print(
                f"| {genotype} | {ohms} | {farads} | {found.delay_s * 1e6:.4f} | {formula * 1e6:.4f} | "
                f"{found.energy_j * 1e9:.3f} | {margin} | {wall_s:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
