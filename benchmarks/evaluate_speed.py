# SPDX-License-Identifier: GPL-3.0-or-later
"""Images per CPU second of the numeric engine, of one or several checkouts, and of PyTorch's float inference.

    python benchmarks/evaluate_speed.py [CHECKOUT ...] [--data DIR] [--turns 5] [--json speed.json]

PDARTS, C=16, L=8, with its shipped weights, with nominal devices and with every device drawn; on the test images of
CIFAR-10 in DIR, or on random ones of that shape. Each checkout has a process of its own, which builds its circuits
once; then they are run in turns, each with several numbers of images at once, one process at a time and on one core.
PyTorch runs in the process of the last checkout, in the same turns. Each counts with its median at the number of images
that suits it best; the ratio is that over PyTorch. How far the class outputs of the checkouts are apart is a share of
the largest output. A checkout with an environment of its own (.venv) uses it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

BATCHES = {"nominal": (16, 32, 64), "per device": (32, 64), "torch": (16, 32, 64, 100)}
# Reads lines "KIND BATCH" and writes lines of JSON; the first says what there is.
WORKER = """
import json, pickle, resource, sys, time
from pathlib import Path
import numpy as np
import memnet.deployment, memnet.network
from memnet.deployment import deploy, individual_plan
from memnet.devices import DeviceSpread
from memnet.genotype import read_genotype
from memnet.network import build_network, seeded_weights
from memnet.numeric import NumericCircuit
from memnet.technology import load_technology

genotype, channels, layers, count, data, torch_wanted, outputs = json.loads(sys.argv[1])
network = build_network(read_genotype(genotype), channels=channels, layers=layers, image_shape=(3, 32, 32))
if data:
    raw = pickle.loads((Path(data) / "cifar-10-batches-py" / "test_batch").read_bytes(), encoding="latin1")["data"]
    pixels = raw[:count].reshape(-1, 3, 32, 32) / np.float32(255)
    images = (pixels - pixels.mean((0, 2, 3), keepdims=True)) / pixels.std((0, 2, 3), keepdims=True)
else:
    images = np.random.RandomState(0).standard_normal((count, 3, 32, 32)).astype(np.float32)
shipped = Path(memnet.network.__file__).parent / "shipped" / f"cifar10-{genotype}-C{channels}-L{layers}.npz"
if shipped.exists():
    with np.load(shipped) as file:
        tensors = {name: file[name].astype(np.float32) for name in file.files if name != "metadata"}
else:
    tensors = seeded_weights(network, 0, images[:16])
deployment = deploy(network, individual_plan(network), tensors, images[:28], load_technology())
volts = images.reshape(count, -1) * np.float32(deployment.scales["input"])
before_b = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def circuit(spread):
    start = time.process_time()
    if hasattr(memnet.deployment, "ChipDevices"):
        made = NumericCircuit(memnet.deployment.ChipDevices(deployment, spread), dtype=np.float32)
    else:
        made = NumericCircuit(deployment, spread, dtype=np.float32)
    return made, time.process_time() - start

nominal, build_s = circuit(DeviceSpread())
results = {"nominal": nominal.run(volts).outputs_v}
nominal_b = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
varied, draw_s = circuit(DeviceSpread(variation=0.05))
results["per device"] = varied.run(volts).outputs_v
np.savez(outputs, **results)
runs = {
    "nominal": lambda batch: nominal.run(volts, chunk=batch),
    "per device": lambda batch: varied.run(volts, chunk=batch),
}
kernels = "NumPy and SciPy"
try:
    from memnet.operators import kernels_here
    kernels = kernels_here().reason or "compiled"
except ImportError:
    pass
if torch_wanted:
    import torch
    from memnet.network.training import TorchNetwork
    torch.set_num_threads(1)
    model, data = TorchNetwork(network, tensors), torch.from_numpy(images)
    def infer(batch):
        with torch.inference_mode():
            for start in range(0, count, batch):
                model.forward(data[start : start + batch], training=False)
    runs["torch"] = infer
weights = shipped.name if shipped.exists() else "seeded"
about = {"kernels": kernels, "weights": weights, "kinds": list(runs), "build_s": build_s, "draw_s": draw_s}
print(json.dumps({**about, "before_mb": before_b / 1e6, "nominal_mb": nominal_b / 1e6}), flush=True)
for line in sys.stdin:
    kind, batch = json.loads(line)
    start = time.process_time()
    runs[kind](batch)
    print(json.dumps(count / (time.process_time() - start)), flush=True)
"""


class Worker:
    """The process of one checkout; `about` is what it says of itself."""

    def __init__(self, checkout: Path, call: list[object]) -> None:
        own = checkout / ".venv" / "bin" / "python"
        python = str(own) if own.exists() else sys.executable
        one_core = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [python, "-c", WORKER, json.dumps(call)],
            env={**os.environ, **one_core, "PYTHONPATH": str(checkout)},
            cwd=checkout,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.about = json.loads(self._line())

    def rate(self, kind: str, batch: int) -> float:
        """Return the images per CPU second of one run."""
        print(json.dumps([kind, batch]), file=self.process.stdin, flush=True)
        return float(json.loads(self._line()))

    def close(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait()

    def _line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a checkout's process ended with status {self.process.wait()}")
        return line


def measured(workers: dict[str, Worker], turns: int) -> dict[tuple[str, str], dict[int, list[float]]]:
    """Return the rates of all turns by checkout and kind, then by images at once."""
    rates: dict[tuple[str, str], dict[int, list[float]]] = {}
    for _ in range(turns):
        for kind, batches in BATCHES.items():
            for batch in batches:
                for name, worker in workers.items():
                    if kind in worker.about["kinds"]:
                        found = rates.setdefault((name, kind), {}).setdefault(batch, [])
                        found.append(worker.rate(kind, batch))
    return rates


def report(rates: dict[tuple[str, str], dict[int, list[float]]]) -> list[dict[str, object]]:
    """Print and return each checkout's rates at the batch that suits it best, beside PyTorch's."""
    best = {who: max(found.items(), key=lambda each: median(each[1])) for who, found in rates.items()}
    reference = next((median(each[1]) for (_, kind), each in best.items() if kind == "torch"), float("nan"))
    rows: list[dict[str, object]] = []
    print(f"{'checkout':<14}{'':<12}{'at once':>8}{'least':>9}{'median':>9}{'most':>9}{'over PyTorch':>14}")
    for (name, kind), (batch, found) in best.items():
        ratio = median(found) / reference
        print(f"{name:<14}{kind:<12}{batch:>8}{min(found):>9.1f}{median(found):>9.1f}{max(found):>9.1f}{ratio:>14.2f}")
        rows.append({"checkout": name, "kind": kind, "best": batch, "rates": rates[name, kind], "over_torch": ratio})
    return rows


def apart(outputs: dict[str, Path]) -> dict[str, float]:
    """Return how far the outputs of each checkout are from those of the last, as a share of the largest output."""
    *_, last = outputs.values()
    shares = {}
    for name, path in outputs.items():
        for kind in BATCHES:
            with np.load(path) as found, np.load(last) as expected:
                if kind in found and path != last:
                    scale = np.abs(expected[kind]).max()
                    shares[f"{name}, {kind}"] = float(np.abs(found[kind] - expected[kind]).max() / scale)
    return shares


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parent.parent])
    parser.add_argument("--data", type=Path, help="folder that holds cifar-10-batches-py")
    parser.add_argument("--genotype", default="PDARTS")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--images", type=int, default=320)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    network = [
        options.genotype,
        options.channels,
        options.layers,
        options.images,
        options.data and str(options.data.resolve()),
    ]
    with tempfile.TemporaryDirectory() as folder:
        outputs = {path.name: Path(folder) / f"{number}.npz" for number, path in enumerate(checkouts)}
        workers = {
            path.name: Worker(path, [*network, path == checkouts[-1], str(outputs[path.name])]) for path in checkouts
        }
        for name, worker in workers.items():
            print(f"{name}: {json.dumps(worker.about)}")
        rows = report(measured(workers, options.turns))
        shares = apart(outputs)
        for worker in workers.values():
            worker.close()
    for name, share in shares.items():
        print(f"outputs of {name}: {share:.2g} of the largest one apart from those of {checkouts[-1].name}")
    if options.json:
        about = {name: worker.about for name, worker in workers.items()}
        options.json.write_text(json.dumps({"about": about, "rows": rows, "apart": shares}, indent=1) + "\n")


if __name__ == "__main__":
    main()
