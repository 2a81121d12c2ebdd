# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a network as PyTorch operations, with the disturbances that training applies to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from memnet.errors import MemnetError
from memnet.network.layers import Layer, Network
from memnet.network.recipe import TrainingNoise
from memnet.network.reference import BATCH_NORM_EPS

if TYPE_CHECKING:
    import torch

BATCH_NORM_MOMENTUM = 0.1  # weight of a new batch in the running statistics


class TorchMissingError(MemnetError):
    """PyTorch, which training needs, is not installed."""

    exit_status = 1


def require_torch() -> None:
    """Raise `TorchMissingError`, whose message has the command that installs PyTorch, if it is not installed."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise TorchMissingError("training needs PyTorch: pip install 'memnet-spice[train]'") from error


class TorchNetwork:
    """The tensors of a network in PyTorch and its forward pass, layer by layer like the NumPy reference.

    Attributes
    ----------
    parameters : trained tensors by name, float32
    statistics : running means and variances of batch norms by name, float32
    """

    def __init__(self, network: Network, tensors: Mapping[str, NDArray[Any]]) -> None:
        """Copy the tensors, given by name, to float32."""
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
        """Copy the values of tensors in place, so that optimisers keep referring to the same parameters."""
        import torch

        with torch.no_grad():
            for name, value in (*self.parameters.items(), *self.statistics.items()):
                value.copy_(torch.tensor(np.asarray(tensors[name], dtype=np.float32)))

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """Return parameters and statistics as NumPy arrays by name, float64."""
        everything = {**self.parameters, **self.statistics}
        return {name: everything[name].detach().double().numpy() for name in self.network.tensor_shapes()}

    def forward(
        self, images: torch.Tensor, *, training: bool, disturbance: TrainingNoise | None = None
    ) -> torch.Tensor:
        """Return logits (n, classes) of images (n, C, H, W).

        Parameters
        ----------
        training : whether batch norm uses the statistics of the batch, which then also move the running ones; weight
            noise and drop path are applied only then, rounding always
        disturbance : none by default
        """
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
        """Return the weight rounded and with noise; its gradient passes to the weight unchanged (straight-through)."""
        import torch

        bits, noise = disturbance.weight_bits, disturbance.weight_noise if training else 0.0
        if bits is None and noise == 0.0:
            return weight
        with torch.no_grad():
            largest = weight.abs().flatten(1).amax(1).clamp_min(1e-12).view(-1, *[1] * (weight.dim() - 1))
            disturbed = weight.detach()
            if bits is not None:
                step = largest / (2**bits - 1)
                disturbed = torch.round(disturbed / step) * step
            disturbed = disturbed + noise * largest * torch.randn_like(disturbed)
            change = disturbed - weight
        return weight + change


def compute(layer: Layer, inputs: list[Any], weights: list[Any], bias: Any) -> Any:  # noqa: ANN401 - torch is optional
    """Return the output (n, C, H, W) of one layer, before its batch norm; of the classifier (n, classes).

    Parameters
    ----------
    inputs : (n, C, H, W) each, already rectified if the layer rectifies
    weights, bias : tensors of the layer; an empty list and None if it has none
    """
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
