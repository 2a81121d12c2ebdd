# SPDX-License-Identifier: GPL-3.0-or-later
"""Images per second of the numeric engine and of PyTorch's float inference, for the same network on the same cores.

    python benchmarks/evaluate_speed.py [--genotype PDARTS] [--json speed.json]

Both run with several batch sizes, in turns in one process. The fastest run of each counts, since other work on the
machine can only slow a run down. Also measured: the speed with device variation, and the difference between float32 and
float64.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from memnet.deployment import ChipDevices, deploy, individual_plan
from memnet.devices import DeviceSpread
from memnet.genotype import read_genotype
from memnet.network import build_network, seeded_weights
from memnet.numeric import NumericCircuit
from memnet.simulation import cores
from memnet.technology import load_technology

CHUNKS = (16, 32, 64, 128)
BATCHES = (16, 32, 64, 128)


def numeric_rate(circuit: NumericCircuit, volts: np.ndarray, chunk: int, workers: int) -> tuple[float, float]:
    """Return images per second of wall time and of processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    circuit.run(volts, chunk=chunk, workers=workers)
    return len(volts) / (time.perf_counter() - wall), len(volts) / (time.process_time() - cpu)


def torch_rate(network, tensors, images: np.ndarray, batch: int, workers: int) -> tuple[float, float]:
    """Return images per second of wall time and of processor time of float inference."""
    import torch

    from memnet.network.training import TorchNetwork

    torch.set_num_threads(workers)
    model = TorchNetwork(network, tensors)
    data = torch.from_numpy(images)
    with torch.inference_mode():
        model.forward(data[:batch], training=False)
        wall, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(data), batch):
            model.forward(data[start : start + batch], training=False)
        return len(data) / (time.perf_counter() - wall), len(data) / (time.process_time() - cpu)


def best(rates: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the best rate in wall time and the best in processor time."""
    return max(wall for wall, _ in rates), max(cpu for _, cpu in rates)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    network = build_network(
        read_genotype(options.genotype), channels=options.channels, layers=options.layers, image_shape=(3, 32, 32)
    )
    images = np.random.RandomState(0).standard_normal((options.images, 3, 32, 32)).astype(np.float32)
    tensors = seeded_weights(network, 0, images[:16])
    deployment = deploy(network, individual_plan(network), tensors, images[:28], load_technology())
    volts = images.reshape(len(images), -1) * np.float32(deployment.scales["input"])
    nominal = NumericCircuit(ChipDevices(deployment), dtype=np.float32)
    rates: dict[str, list[tuple[float, float]]] = {"numeric": [], "torch": []}
    for _ in range(options.turns):
        rates["numeric"] += [numeric_rate(nominal, volts, chunk, options.workers) for chunk in CHUNKS]
        rates["torch"] += [torch_rate(network, tensors, images, batch, options.workers) for batch in BATCHES]
    single, double = (
        NumericCircuit(ChipDevices(deployment), dtype=dtype).run(volts[:32]).outputs_v
        for dtype in (np.float32, np.float64)
    )
    start = time.perf_counter()
    varied = NumericCircuit(ChipDevices(deployment, DeviceSpread(variation=0.05)), dtype=np.float32)
    drawn_s = time.perf_counter() - start
    device = best([numeric_rate(varied, volts, chunk, options.workers) for chunk in CHUNKS])
    mine, theirs = best(rates["numeric"]), best(rates["torch"])
    figures = {
        "genotype": options.genotype,
        "channels": options.channels,
        "layers": options.layers,
        "workers": options.workers,
        "numeric_images_per_s": mine[0],
        "torch_images_per_s": theirs[0],
        "ratio": mine[0] / theirs[0],
        "numeric_images_per_cpu_s": mine[1],
        "torch_images_per_cpu_s": theirs[1],
        "ratio_cpu": mine[1] / theirs[1],
        "float32_deviation": float(np.abs(single - double).max() / np.abs(double).max()),
        "per_device_images_per_s": device[0],
        "per_device_images_per_cpu_s": device[1],
        "drawing_devices_s": drawn_s,
    }
    for name, value in figures.items():
        print(f"{name:30s} {value if isinstance(value, str | int) else format(value, '.4g')}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
