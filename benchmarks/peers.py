# SPDX-License-Identifier: GPL-3.0-or-later
"""Images per CPU second of the numeric engine beside PyTorch and aihwkit, in one process and in turns.

    OMP_NUM_THREADS=1 python benchmarks/peers.py [--images 64] [--turns 3]

PDARTS, C=16, L=8, seeded weights, on random images of the shape of CIFAR-10, in batches of 32, on one core. PyTorch
is in the extra `train`. aihwkit (extra `peers`) converts the convolutions that read all channels and the
classifier, with its default converters, noise and tiles (`TorchInferenceRPUConfig`); it refuses grouped
convolutions, which stay digital, as does the rest of the network. memnet models every device and op-amp of the
circuit: nominal ones, and ones that each have a read noise, as aihwkit's outputs have. CrossSim is in no package
index, so it is not here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from memnet.deployment import ChipDevices, deploy, individual_plan
from memnet.devices import DeviceSpread
from memnet.genotype import read_genotype
from memnet.network import Network, Parameters, build_network, fold, seeded_weights
from memnet.numeric import NumericCircuit
from memnet.technology import load_technology

BATCH = 32


def torch_module(network: Network, parameters: Parameters) -> Any:
    """Return a network with folded batch norms as a module of PyTorch, one layer for each of memnet's."""
    import torch
    from torch import nn

    def convolution(name: str, kernel: Any, **options: Any) -> Any:
        bias = parameters.biases.get(name)
        weight = torch.tensor(kernel, dtype=torch.float32)
        groups = options.get("groups", 1)
        made = nn.Conv2d(weight.shape[1] * groups, len(weight), weight.shape[2:], bias=bias is not None, **options)
        made.weight.data = weight
        if bias is not None:
            made.bias.data = torch.tensor(bias[: len(weight)], dtype=torch.float32)
        return made

    class Module(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleDict()
            for layer in network.layers:
                key, kernel = layer.name.replace(".", "_"), parameters.kernels.get(layer.name)
                if layer.kind == "conv":
                    about = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
                    self.parts[key] = convolution(layer.name, kernel, **about, groups=layer.groups)
                elif layer.kind == "factorized_reduce":
                    self.parts[key] = convolution(layer.name, kernel[: len(kernel) // 2, :, None, None], stride=2)
                    half = convolution(layer.name, kernel[len(kernel) // 2 :, :, None, None], stride=2)
                    bias = parameters.biases.get(layer.name)
                    if bias is not None:
                        half.bias.data = torch.tensor(bias[len(kernel) // 2 :], dtype=torch.float32)
                    self.parts[key + "/odd"] = half
                elif layer.kind == "linear":
                    made = nn.Linear(kernel.shape[1], len(kernel))
                    made.weight.data = torch.tensor(kernel.reshape(len(kernel), -1), dtype=torch.float32)
                    made.bias.data = torch.tensor(parameters.biases[layer.name], dtype=torch.float32)
                    self.parts[key] = made

        def forward(self, images: Any) -> Any:
            values = {"input": images}
            for layer in network.layers:
                values[layer.name] = self.layer(layer, [values[name] for name in layer.inputs])
            return values["classifier"]

        def layer(self, layer: Any, inputs: list[Any]) -> Any:
            first, key = torch.relu(inputs[0]) if layer.relu else inputs[0], layer.name.replace(".", "_")
            pool = {"kernel_size": layer.kernel, "stride": layer.stride, "padding": layer.padding}
            if layer.kind == "conv":
                return self.parts[key](first)
            if layer.kind == "factorized_reduce":
                return torch.cat([self.parts[key](first), self.parts[key + "/odd"](first[:, :, 1:, 1:])], dim=1)
            if layer.kind == "linear":
                return self.parts[key](first.flatten(1))
            if layer.kind == "max_pool":
                return nn.functional.max_pool2d(first, **pool)
            if layer.kind == "avg_pool":
                return nn.functional.avg_pool2d(first, **pool, count_include_pad=False)
            if layer.kind == "global_pool":
                return first.mean(dim=(2, 3), keepdim=True)
            if layer.kind == "zero":
                return torch.zeros((len(first), *layer.shape))
            if layer.kind == "concat":
                return torch.cat(inputs, dim=1)
            return sum(inputs[1:], start=first) if layer.kind == "sum" else first

    return Module().eval()


def analog(module: Any) -> Any:
    """Return a module whose ungrouped convolutions and classifier are aihwkit's analog ones.

    Raises
    ------
    ImportError
        aihwkit is not installed
    """
    from aihwkit.nn import AnalogConv2d, AnalogLinear
    from aihwkit.simulator.configs import TorchInferenceRPUConfig

    config = TorchInferenceRPUConfig()
    for key, part in list(module.parts.items()):
        if getattr(part, "groups", 1) == 1:
            kind = AnalogLinear if type(part).__name__ == "Linear" else AnalogConv2d
            module.parts[key] = kind.from_digital(part, config)
    return module.eval()


def runs_of(images: np.ndarray) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by name; a peer that is not installed is named with the reason."""
    network = build_network(read_genotype("PDARTS"), channels=16, layers=8, image_shape=(3, 32, 32))
    tensors = seeded_weights(network, 0, images[:16])
    deployment = deploy(network, individual_plan(network), tensors, images, load_technology())
    volts = images.reshape(len(images), -1).astype(np.float32) * np.float32(deployment.scales["input"])
    runs: dict[str, Callable[[], Any]] = {}
    for name, spread in (("memnet, nominal", DeviceSpread()), ("memnet, read noise", DeviceSpread(read_noise=0.01))):
        circuit = NumericCircuit(ChipDevices(deployment, spread), dtype=np.float32)
        runs[name] = lambda circuit=circuit: circuit.run(volts, chunk=BATCH)
    try:
        import torch
    except ImportError as error:
        print(f"PyTorch: left out, {error}")
        return runs
    torch.set_num_threads(1)
    batches, parameters = torch.from_numpy(images.astype(np.float32)).split(BATCH), fold(network, tensors)
    modules = {"PyTorch, float32": torch_module(network, parameters)}
    try:
        modules["aihwkit, its defaults"] = analog(torch_module(network, parameters))
    except ImportError as error:
        print(f"aihwkit: left out, {error}")

    def infer(module: Any) -> None:
        with torch.inference_mode():
            for batch in batches:
                module(batch)

    return runs | {name: lambda module=module: infer(module) for name, module in modules.items()}


def rates(images: int = 64, turns: int = 3) -> dict[str, float]:
    """Return images per CPU second by name, the median over turns."""
    shown = np.random.RandomState(0).standard_normal((images, 3, 32, 32))
    found: dict[str, list[float]] = {}
    runs = runs_of(shown)
    for _ in range(turns):
        for name, run in runs.items():
            start = time.process_time()
            run()
            found.setdefault(name, []).append(images / (time.process_time() - start))
    return {name: median(each) for name, each in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    for name, rate in rates(options.images, options.turns).items():
        print(f"{name:<26}{rate:>9.1f} images per CPU second")


if __name__ == "__main__":
    main()
