# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks whose logits PyTorch computed once and a file keeps, so that tests need no PyTorch; knows no reference.

`python tests/darts_network.py` writes the file again, under PyTorch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memnet.genotype.read import read_genotype
from memnet.network.build import build_network
from memnet.network.layers import Network

FILE = Path(__file__).parent / "goldens" / "darts_logits.json"
CLASSES = 7


@dataclass(frozen=True)
class Case:
    """One network with random tensors and images, drawn from streams that NumPy never changes."""

    genotype: str
    channels: int
    layers: int
    shape: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.genotype}, C={self.channels}, L={self.layers}, {'x'.join(map(str, self.shape))}"

    def network(self) -> Network:
        genotype = read_genotype(self.genotype)
        return build_network(
            genotype, channels=self.channels, layers=self.layers, image_shape=self.shape, classes=CLASSES
        )

    def tensors(self) -> dict[str, np.ndarray]:
        return random_tensors(self.network(), seed=self.layers)

    def images(self) -> np.ndarray:
        return np.random.RandomState(1).standard_normal((5, *self.shape))


CASES = (
    Case("DARTS_V1", 4, 3, (1, 8, 8)),
    Case("DARTS_V2", 4, 3, (1, 8, 8)),
    Case("PDARTS", 4, 3, (1, 8, 8)),
    Case("PDARTS", 3, 8, (3, 16, 12)),
    *(Case(f"random:{seed}", 2, 3, (1, 8, 8)) for seed in range(6)),
    Case("random:6", 1, 5, (2, 8, 8)),
    Case("DARTS_V1", 2, 3, (1, 10, 10)),
    Case("PDARTS", 2, 3, (1, 6, 10)),
)


def random_tensors(network: Network, seed: int) -> dict[str, np.ndarray]:
    """Return tensors with every number random, batch-norm statistics included, so that no term is trivially 0 or 1."""
    random = np.random.RandomState(seed)
    tensors = {}
    for name, shape in network.tensor_shapes().items():
        if len(shape) > 1:
            tensors[name] = random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        elif name.endswith("running_var"):
            tensors[name] = random.uniform(0.3, 2.0, shape)
        else:
            tensors[name] = random.standard_normal(shape)
    return tensors


def frozen() -> dict[str, np.ndarray]:
    """Return the logits that the file keeps, (images, classes) by case."""
    return {name: np.array(logits) for name, logits in json.loads(FILE.read_text())["logits"].items()}


def freeze(logits: dict[str, np.ndarray], torch_version: str) -> None:
    """Write the logits of every case with the version of PyTorch that computed them, one image a line."""
    rows = {name: ",\n".join(f"   {json.dumps(image)}" for image in values.tolist()) for name, values in logits.items()}
    cases = ",\n".join(f"  {json.dumps(name)}: [\n{text}\n  ]" for name, text in rows.items())
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(f'{{\n "torch": {json.dumps(torch_version)},\n "logits": {{\n{cases}\n }}\n}}\n')
