# SPDX-License-Identifier: GPL-3.0-or-later
"""A law of memristors together with offsets of op-amps, with wires and in transients; needs ngspice.

    python benchmarks/laws_together.py [--offsets] [--wires] [--transients] [--cost] [--memristor sinh]

By default all tables. `--offsets` and `--wires`: class outputs of the numeric engine against one flat deck in ngspice
with a device of the model at each crosspoint, largest difference as a share of the largest output; as the engine
computes them, and with parts of its correction left out. `--transients`: delay, power, that of the crossbars and
processor seconds of one transition, with the decks of `simulate` and with a device at each crosspoint. `--cost`:
processor seconds of the numeric engine, the fastest of some turns; set OMP_NUM_THREADS=1 for those of one thread.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from deployments import Deployed, deployed, hypercell, primitive, whole

from memnet.circuit import Circuit, at_crosspoints, build_circuit
from memnet.deployment import ChipDevices, Wiring
from memnet.devices import DeviceSpread, memristor_model
from memnet.flow import Chip
from memnet.measurement import measure_transients
from memnet.numeric import CrossbarStage, NumericCircuit
from memnet.simulation import sweep_images
from memnet.simulation.engines import find_engine
from memnet.units import Floats

OFFSET_V = 1e-3
OHM = ((0.25, 0.4), (0.75, 1.2), (2.5, 4.0), (7.5, 12.0))  # of rows and columns
TURNS = 3
SMALL: dict[str, Callable[[], Deployed]] = {
    "DARTS_V1, C=1, 4x4 maps": lambda: deployed(whole("DARTS_V1", channels=1)),
    "DARTS_V2, C=1, 4x4 maps": lambda: deployed(whole("DARTS_V2", channels=1)),
    "a cell on `shared`": lambda: deployed(hypercell(), structure="shared"),
}


def volts_of(made: Deployed) -> Floats:
    """Return the images as volts, (images, input nets)."""
    return made.images.reshape(len(made.images), -1) * made.circuit.input_scale_v


class Against:
    """One flat deck with a device at each crosspoint, and how far numeric engines are from it."""

    def __init__(self, devices: ChipDevices, name: str, volts: Floats) -> None:
        circuit = with_devices(devices, name)
        self.volts = volts
        self.solved = sweep_images(circuit, volts, find_engine("ngspice"), flat=True).volts[circuit.output]

    def error(self, devices: ChipDevices, less: Callable[[CrossbarStage], None] = lambda _: None) -> str:
        """Return the largest difference of class outputs, as a share of the largest.

        Parameters
        ----------
        less : takes a part of the correction out of a stage
        """
        engine = NumericCircuit(devices)
        for stage in engine.stages.values():
            if isinstance(stage, CrossbarStage):
                less(stage)
        found = engine.run(self.volts).outputs_v
        return f"{np.abs(found - self.solved).max() / np.abs(self.solved).max():.1e}"


def with_devices(devices: ChipDevices, name: str) -> Circuit:
    """Return the circuit with a device of the model at each crosspoint."""
    return at_crosspoints(build_circuit(devices.deployment, replace(devices, memristor=None)), name, switches=False)


def first_power(stage: CrossbarStage) -> None:
    """Leave the second power of offsets out where rows carry signals."""
    if stage.offsets is not None:
        stage.offsets.factors = [[first, 0 * second] for first, second in stage.offsets.factors]


def without_slopes(stage: CrossbarStage) -> None:
    """Take a virtual ground's offset through conductances, as with resistors."""
    stage.offsets = None


def without_lift(stage: CrossbarStage) -> None:
    """Leave out what shut columns lift."""
    if stage.curved is not None:
        stage.curved.lifted = None


def without_curves(stage: CrossbarStage) -> None:
    """Leave resistors at f(V) behind the wires."""
    stage.curved = None


def offsets(name: str) -> None:
    """Print how far the engine is off with offsets, as it computes them and with less."""
    print("| network | with offsets | first power alone | without the slopes of curves | law without offsets |")
    print("|---" * 5 + "|")
    for network, make in SMALL.items():
        made = make()
        devices = ChipDevices(made.deployment, DeviceSpread(offset_v=OFFSET_V), memristor=memristor_model(name))
        deck = Against(devices, name, volts_of(made))
        errors = [deck.error(devices), deck.error(devices, first_power), deck.error(devices, without_slopes)]
        errors.append(deck.error(replace(devices, spread=DeviceSpread())))
        print(f"| {network} | {' | '.join(errors)} |", flush=True)


def wires(name: str) -> None:
    """Print how far the engine is off with wires, as it computes them and with less."""
    print(
        "| ohm a cell, rows and columns | corrected | without the lift of shut columns | resistors at f(V) | "
        "law without wires |"
    )
    print("|---" * 5 + "|")
    made = deployed(primitive("dil_conv_3x3", channels=12))
    for row_ohm, column_ohm in OHM:
        wiring = Wiring(rows=128, columns=128, row_ohm=row_ohm, column_ohm=column_ohm)
        devices = ChipDevices(made.deployment, wiring=wiring, memristor=memristor_model(name))
        deck = Against(devices, name, volts_of(made))
        errors = [deck.error(devices), deck.error(devices, without_lift), deck.error(devices, without_curves)]
        errors.append(deck.error(replace(devices, wiring=None)))
        print(f"| {row_ohm:g}, {column_ohm:g} | {' | '.join(errors)} |", flush=True)


def transients(name: str) -> None:
    """Print delay, power and processor seconds of one transition with each kind of deck."""
    print("| network | decks | delay, ns | power, mW | crossbars, mW | parts against total | processor, s |")
    print("|---" * 7 + "|")
    chip = Chip.of("PDARTS", channels=1, memristor=name)
    transition("PDARTS, C=1, digits", chip.devices, name, chip.input_volts(chip.dataset.test_images[:2]))
    for network in ("DARTS_V1, C=1, 4x4 maps", "a cell on `shared`"):
        made = SMALL[network]()
        devices = ChipDevices(made.deployment, memristor=memristor_model(name))
        transition(network, devices, name, volts_of(made)[:2])


def transition(network: str, devices: ChipDevices, name: str, volts: Floats) -> None:
    """Print the rows of one network."""
    circuits: dict[str, Circuit] = {
        "I = G V": build_circuit(devices.deployment),
        "sources at rows": build_circuit(devices.deployment, devices),
        "a device at each crosspoint": with_devices(devices, name),
    }
    for decks, circuit in circuits.items():
        begun_s = cpu_s()
        with ThreadPoolExecutor(1) as executor:  # in this process, whose children are counted
            found = measure_transients(circuit, volts, find_engine("ngspice"), executor=executor)
        assert found.delay_s is not None and found.power_w is not None, found.delay_reason
        print(
            f"| {network} | {decks} | {found.delay_s * 1e9:.1f} | {found.power_w * 1e3:.5g} | "
            f"{found.power_parts_w['crossbars'] * 1e3:.4g} | {found.imbalance:.0e} | {cpu_s() - begun_s:.1f} |",
            flush=True,
        )


def cpu_s() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cost(name: str) -> None:
    """Print processor seconds of the numeric engine for all test images of digits, and the size of wires' maps."""
    print("| PDARTS, C=4, digits | build, s | images, s | maps of wires and curves, MB |\n|---|---|---|---|")
    plain = Chip.of("PDARTS")
    offset, behind = DeviceSpread(offset_v=OFFSET_V), {"wires": True, "wire_ohm": 2.5}
    chips = {
        "I = G V": plain,
        "law": plain.change(memristor=name),
        "offsets": plain.change(devices=offset),
        "law and offsets": plain.change(memristor=name, devices=offset),
        "wires of 2.5 ohm": plain.change(**behind),
        "law and wires of 2.5 ohm": plain.change(memristor=name, **behind),
    }
    volts = plain.input_volts(plain.dataset.test_images, np.float32)
    figures: dict[str, list[tuple[float, float, int]]] = {key: [] for key in chips}
    for _ in range(TURNS):
        for key, chip in chips.items():
            begun_s = time.process_time()
            circuit = NumericCircuit(chip.devices, dtype=np.float32)
            built_s = time.process_time()
            circuit.run(volts)
            figures[key].append((built_s - begun_s, time.process_time() - built_s, maps_bytes(circuit)))
    for key, turns in figures.items():
        build, images, size = map(min, zip(*turns, strict=True))
        print(f"| {key} | {build:.3f} | {images:.3f} | {size / 1e6:.1f} |", flush=True)


def maps_bytes(circuit: NumericCircuit) -> int:
    """Return how large the maps are that the correction of curves behind wires keeps, bytes."""
    stages = [stage for stage in circuit.stages.values() if isinstance(stage, CrossbarStage) and stage.curved]
    return sum(each.nbytes for stage in stages for unit in stage.curved.maps for each in unit)


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tables = {"offsets": offsets, "wires": wires, "transients": transients, "cost": cost}
    for table in tables:
        parser.add_argument(f"--{table}", action="store_true")
    parser.add_argument("--memristor", default="sinh", help="default: %(default)s")
    given = vars(parser.parse_args())
    for table, write in tables.items():
        if given[table] or not any(given[name] for name in tables):
            write(given["memristor"])
            print()


if __name__ == "__main__":
    main()
