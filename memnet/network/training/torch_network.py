"""A network's layers as a PyTorch module, for training; knows no data, no schedule and no circuits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import MemnetError
from memnet.network.layers import Layer, Network
from memnet.network.reference import BATCH_NORM_EPS

if TYPE_CHECKING:
    import torch

BATCH_NORM_MOMENTUM = 0.1  # a batch's share of the running statistics


class TorchMissingError(MemnetError):
    """Training was asked for where PyTorch is not installed."""

    exit_status = 1


def require_torch() -> None:
    """Raise `TorchMissingError` with the command that installs it, if PyTorch is not there."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise TorchMissingError("training needs PyTorch: pip install 'memnet-spice[train]'") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingNoise:
    """What training does to the weights and edges in the forward pass, so that the network learns to bear it.

    Attributes
    ----------
    weight_bits : round each output channel's weights to 2^bits levels a sign, as differential pairs do; None: not.
    weight_noise : standard deviation of a conductance, as a share of its output channel's largest weight.
    drop_path : probability of dropping an edge (not a skip at stride 1) for an image; DARTS lets it rise over training.
    """

    weight_bits: int | None = None
    weight_noise: float = 0.0
    drop_path: float = 0.0


class TorchNetwork:
    """The trainable tensors of a network and its forward pass; interprets the same layers as the NumPy reference.

    `parameters` are trained, `statistics` are batch norm's running mean and variance; both by tensor name, float32.
    """

    def __init__(self, network: Network, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Take a copy of the tensors."""
        import torch

        self.network = network
        self.parameters: dict[str, torch.Tensor] = {}
        self.statistics: dict[str, torch.Tensor] = {}
        for name in network.tensor_shapes():
            value = torch.tensor(np.asarray(tensors[name], dtype=np.float32))
            if ".running_" in name:
                self.statistics[name] = value
            else:
                self.parameters[name] = value.requires_grad_()

    def load(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Take over the values of tensors, in place, so that an optimiser keeps its hold."""
        import torch

        with torch.no_grad():
            for name, value in (*self.parameters.items(), *self.statistics.items()):
                value.copy_(torch.tensor(np.asarray(tensors[name], dtype=np.float32)))

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """Return all tensors as NumPy arrays, by name."""
        everything = {**self.parameters, **self.statistics}
        return {name: everything[name].detach().double().numpy() for name in self.network.tensor_shapes()}

    def forward(
        self, images: torch.Tensor, *, training: bool, disturbance: TrainingNoise | None = None
    ) -> torch.Tensor:
        """Return logits (n, classes) of images (n, C, H, W)."""
        import torch

        disturbance = disturbance or TrainingNoise()
        values = {"input": images}
        rectified: dict[str, torch.Tensor] = {}
        for layer in self.network.layers:
            inputs = [values[name] for name in layer.inputs]
            if layer.relu:
                source = layer.inputs[0]
                if source not in rectified:
                    rectified[source] = torch.relu(inputs[0])
                inputs = [rectified[source]]
            if layer.kind == "sum" and training and disturbance.drop_path > 0:
                inputs = [self._dropped(name, values[name], disturbance.drop_path) for name in layer.inputs]
            weights = [self._disturbed(self.parameters[name], disturbance, training) for name in layer.weight]
            value = compute(layer, inputs, weights, self.parameters.get(layer.bias))
            values[layer.name] = self._normalised(layer, value, training) if layer.batch_norm else value
        return values["classifier"]

    def _normalised(self, layer: Layer, value: torch.Tensor, training: bool) -> torch.Tensor:
        from torch.nn.functional import batch_norm

        name = layer.batch_norm
        return batch_norm(
            value,
            self.statistics[f"{name}.running_mean"],
            self.statistics[f"{name}.running_var"],
            self.parameters[f"{name}.weight"],
            self.parameters[f"{name}.bias"],
            training,
            BATCH_NORM_MOMENTUM,
            BATCH_NORM_EPS,
        )

    def _dropped(self, name: str, value: torch.Tensor, probability: float) -> torch.Tensor:
        import torch

        if self.network.layer(name).kind in ("identity", "zero"):
            return value
        keep = torch.rand(len(value), 1, 1, 1) >= probability
        return value * keep / (1.0 - probability)

    @staticmethod
    def _disturbed(weight: torch.Tensor, disturbance: TrainingNoise, training: bool) -> torch.Tensor:
        """Return the weight as its conductances would carry it; the gradient passes as if it were untouched."""
        import torch

        bits, noise = disturbance.weight_bits, disturbance.weight_noise if training else 0.0
        if bits is None and noise == 0.0:
            return weight
        with torch.no_grad():
            largest = weight.abs().flatten(1).amax(1).clamp_min(1e-12).view(-1, *[1] * (weight.dim() - 1))
            carried = weight.detach()
            if bits is not None:
                step = largest / (2**bits - 1)
                carried = torch.round(carried / step) * step
            carried = carried + noise * largest * torch.randn_like(carried)
            change = carried - weight
        return weight + change


def compute(layer: Layer, inputs: list[Any], weights: list[Any], bias: Any) -> Any:  # noqa: ANN401 - torch is optional
    """Compute one layer, without its batch norm; the inputs are rectified already where the layer asks for it."""
    import torch
    from torch.nn import functional

    first = inputs[0]
    if layer.kind == "identity":
        return first
    if layer.kind == "zero":
        return first[:, :, :: layer.stride, :: layer.stride] * 0.0
    if layer.kind == "sum":
        return sum(inputs[1:], start=first)
    if layer.kind == "concat":
        return torch.cat(inputs, dim=1)
    if layer.kind == "global_pool":
        return first.mean(dim=(2, 3), keepdim=True)
    if layer.kind == "max_pool":
        return functional.max_pool2d(first, layer.kernel, layer.stride, layer.padding)
    if layer.kind == "avg_pool":
        return functional.avg_pool2d(first, layer.kernel, layer.stride, layer.padding, count_include_pad=False)
    if layer.kind == "linear":
        return functional.linear(first.flatten(1), weights[0], bias)
    if layer.kind == "factorized_reduce":
        halves = first[:, :, ::2, ::2], first[:, :, 1::2, 1::2]
        return torch.cat([functional.conv2d(x, w) for x, w in zip(halves, weights, strict=True)], dim=1)
    return functional.conv2d(first, weights[0], None, layer.stride, layer.padding, layer.dilation, layer.groups)
