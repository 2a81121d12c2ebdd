# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of training on one core: memnet's fused units against PyTorch's own layers, in turns in one process.

C=16, L=8 on seeded noise of CIFAR-10's size; forward and backward pass, without the optimiser. Returning memory to the
system and taking it again costs wall time; to see how much, preload an allocator that keeps freed memory
(LD_PRELOAD=libtcmalloc_minimal.so.4 TCMALLOC_RELEASE_RATE=0) and compare.

Run: python benchmarks/train_speed.py [--genotypes PDARTS DARTS_V2] [--batch 64] [--steps 8]
"""

from __future__ import annotations

import argparse
import time

import torch

from memnet.genotype import read_genotype
from memnet.network import build_network
from memnet.network.training import TorchNetwork, initial_tensors
from memnet.network.training.fused import FusedNetwork


def seconds(model: TorchNetwork, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the processor seconds of one step."""
    start = time.process_time()
    torch.nn.functional.cross_entropy(model.forward(images, training=True), labels).backward()
    return time.process_time() - start


def main() -> None:
    """Print a Markdown row for each network and side of the images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genotypes", nargs="+", default=["PDARTS", "DARTS_V2"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=8)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print("| network | images | fused, images per CPU second | PyTorch's layers | ratio |\n|---|---|---|---|---|")
    for name in given.genotypes:
        network = build_network(read_genotype(name), channels=16, layers=8, image_shape=(3, 32, 32))
        models = [make(network, initial_tensors(network, 0)) for make in (FusedNetwork, TorchNetwork)]
        for side in (16, 32):
            torch.manual_seed(0)
            images = torch.randn(given.batch, 3, side, side).contiguous(memory_format=torch.channels_last)
            labels = torch.randint(0, 10, (given.batch,))
            spent = [[seconds(model, images, labels) for model in models] for _ in range(given.steps + 1)][1:]
            rates = [given.batch / sorted(column)[len(column) // 2] for column in zip(*spent, strict=True)]
            row = f"| {name} | {side}x{side} | {rates[0]:.0f} | {rates[1]:.0f} | {rates[0] / rates[1]:.2f} |"
            print(row, flush=True)


if __name__ == "__main__":
    main()
