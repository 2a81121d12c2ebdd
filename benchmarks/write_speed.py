# SPDX-License-Identifier: GPL-3.0-or-later
"""Memristors that memnet, PySpice, hdl21 and a loop of f-strings write to a netlist per second, from arrays of weights.

Run: python benchmarks/write_speed.py [--devices 1000000] [--most 10000000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROWS, COLUMNS = 256, 1024  # of one crossbar
LEVELS = 255


def weights(devices: int) -> Iterator[np.ndarray]:
    """Yield crossbars of random levels, (ROWS, COLUMNS), as many as make up the count."""
    random = np.random.default_rng(0)
    for _ in range(-(-devices // (ROWS * COLUMNS))):
        yield random.integers(0, LEVELS + 1, (ROWS, COLUMNS))


def siemens(levels: np.ndarray) -> np.ndarray:
    """Return conductances between 1 uS and 100 uS."""
    return 1e-6 + levels * (99e-6 / LEVELS)


def write_memnet(devices: int, path: Path) -> None:
    """Write with memnet's streamed flat decks."""
    from memnet.circuit import Block, Circuit, Memristors, NetGroup
    from memnet.netlist import Sweep, deck_pieces
    from memnet.technology import load_technology

    def blocks() -> Iterator[Block]:
        row, column = (grid.reshape(-1) for grid in np.indices((ROWS, COLUMNS), dtype=np.int64))
        for at, levels in enumerate(weights(devices)):
            first = 2 + at * (ROWS + COLUMNS)
            bank = Memristors(row=row + first, column=column + first + ROWS, siemens=siemens(levels).reshape(-1))
            yield Block(
                name=f"crossbar{at}", kind="crossbar", partition="", inputs=(), outputs=(), internal=(), banks=(bank,)
            )

    circuit = Circuit(
        groups={"bias": NetGroup(name="bias", first=1, shape=(1,))},
        blocks=(),
        technology=load_technology(),
        bias_v=0.1,
        input_scale_v=1.0,
        output="bias",
        output_scale_v=1.0,
        nets=1,
    )
    with path.open("wb") as stream:
        pieces = deck_pieces(circuit, blocks(), name="net", inputs={}, analysis=Sweep(images=1), saved=())
        stream.writelines(pieces)


def write_loop(devices: int, path: Path) -> None:
    """Write with a bare loop over f-strings."""
    with path.open("w") as stream:
        number = 0
        for at, levels in enumerate(weights(devices)):
            for row, line in enumerate((1.0 / siemens(levels)).tolist()):
                for column, ohm in enumerate(line):
                    stream.write(f"r{number} a{at}_{row} b{at}_{column} {ohm:.9e}\n")
                    number += 1


def write_pyspice(devices: int, path: Path) -> None:
    """Write with PySpice's Circuit builder."""
    from PySpice.Spice.Netlist import Circuit

    circuit = Circuit("net")
    number = 0
    for at, levels in enumerate(weights(devices)):
        for row, line in enumerate((1.0 / siemens(levels)).tolist()):
            for column, ohm in enumerate(line):
                if number == devices:
                    path.write_text(str(circuit))
                    return
                circuit.R(str(number), f"a{at}_{row}", f"b{at}_{column}", ohm)
                number += 1
    path.write_text(str(circuit))


def write_hdl21(devices: int, path: Path) -> None:
    """Write with hdl21."""
    import hdl21 as h

    module = h.Module(name="net")
    for name in (*(f"a{row}" for row in range(ROWS)), *(f"b{column}" for column in range(COLUMNS))):
        module.add(h.Signal(name=name))
    number = 0
    levels = next(weights(devices))
    for row, line in enumerate((1.0 / siemens(levels)).tolist()):
        for column, ohm in enumerate(line):
            if number == devices:
                break
            module.add(h.Resistor(r=ohm)(p=module.get(f"a{row}"), n=module.get(f"b{column}")), name=f"r{number}")
            number += 1
    with path.open("w") as stream:
        h.netlist(module, stream, fmt="spice")


WRITERS = {"memnet": write_memnet, "f-string loop": write_loop, "PySpice": write_pyspice, "hdl21": write_hdl21}


def measure(writer: str, devices: int) -> tuple[float, float, float]:
    """Write in a process of its own; return CPU seconds, MB of text and MB of peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.cir"
        command = [sys.executable, __file__, "--writer", writer, "--devices", str(devices), "--path", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, peak = map(float, done.stdout.split()[-2:])
        return seconds, path.stat().st_size / 1e6, peak


def main() -> None:
    """Measure every writer, and memnet at sizes up to `--most`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000_000)
    parser.add_argument("--most", type=int, default=10_000_000)
    parser.add_argument("--writer")
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    if given.writer:
        start = time.process_time()
        WRITERS[given.writer](given.devices, given.path)
        print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    sizes = {"memnet": given.devices, "f-string loop": given.devices, "PySpice": 20_000, "hdl21": 5_000}
    print(f"{'writer':15s} {'memristors':>11s} {'CPU s':>8s} {'per s':>11s} {'MB text':>8s} {'peak MB':>8s}")
    for writer, devices in [*sizes.items(), ("memnet", given.most)]:
        try:
            seconds, size, peak = measure(writer, devices)
        except subprocess.CalledProcessError as error:
            print(f"{writer:15s} not measured: {error.stderr.strip().splitlines()[-1]}")
            continue
        rate = devices / seconds
        print(f"{writer:15s} {devices:11,d} {seconds:8.2f} {rate:11,.0f} {size:8.0f} {peak:8.0f}", flush=True)


if __name__ == "__main__":
    main()
