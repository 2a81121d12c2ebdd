# SPDX-License-Identifier: GPL-3.0-or-later
"""`FusedNetwork`: a network whose convolution layers are trained as fused units.

The layers dw, pw of an edge (dw1, pw1, dw2, pw2 of a separable convolution) are computed together, at the last of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from memnet.network.layers import Layer, Network
from memnet.network.recipe import TrainingNoise
from memnet.network.training.fused.library import CHANNELS, DILATIONS, KERNELS, library
from memnet.network.training.torch_network import TorchNetwork, compute

if TYPE_CHECKING:
    import torch

    from memnet.network.training.fused.functions import Norm

_DEPTHWISE = ("/dw", "/dw1", "/dw2")  # ends of the names of depthwise layers
_STEM_TAPS = 32  # 27 taps of a 3x3 kernel on 3 channels, and zeros up to the next multiple of 16


def trainable(network: Network, tensors: Mapping[str, NDArray[Any]]) -> TorchNetwork:
    """Return the network for training: fused if its widths and this machine allow it, else with PyTorch's layers."""
    widths = {network.channels, 2 * network.channels, 4 * network.channels}  # each reduction doubles them
    fits = widths <= set(CHANNELS) and network.image_shape[0] == 3 and all(map(_is_fusible, network.layers))
    return (FusedNetwork if fits and library() is not None else TorchNetwork)(network, tensors)


def _is_fusible(layer: Layer) -> bool:
    """Tell whether `FusedNetwork` computes a layer: of convolutions those of the stem and of DARTS's operations."""
    if layer.kind != "conv" or layer.name == "stem":
        return True
    if layer.name.endswith(_DEPTHWISE):
        return layer.relu and not layer.batch_norm and layer.kernel in KERNELS and layer.dilation in DILATIONS
    return bool(layer.batch_norm) and layer.kernel == layer.stride == layer.groups == 1


class FusedNetwork(TorchNetwork):
    """The network of its base class, 1.7 to 3 times as fast to train on one core of a CPU with AVX2.

    The output of a layer is a list of (n, H, W, C) tensors that stand for their concatenation along C, so that a concat
    layer only joins lists.
    """

    def forward(
        self, images: torch.Tensor, *, training: bool, disturbance: TrainingNoise | None = None
    ) -> torch.Tensor:
        """Return logits (n, classes) of images (n, C, H, W)."""
        if not training:
            return super().forward(images, training=False, disturbance=disturbance)
        disturbance = disturbance or TrainingNoise()
        values: dict[str, list[torch.Tensor]] = {"input": [images.permute(0, 2, 3, 1).contiguous()]}
        for layer in self.network.layers:
            if not layer.name.endswith((*_DEPTHWISE, "/pw1")):  # computed with their last pointwise layer
                values[layer.name] = self._value(layer, values, disturbance)
        return values["classifier"][0]

    def _value(
        self, layer: Layer, values: Mapping[str, list[torch.Tensor]], disturbance: TrainingNoise
    ) -> list[torch.Tensor]:
        import torch

        inputs = [tensor for name in layer.inputs for tensor in values.get(name, [])]
        match layer.kind:
            case "identity" | "concat":
                return inputs
            case "zero":
                return [inputs[0][:, :: layer.stride, :: layer.stride] * 0.0]
            case "sum":
                if disturbance.drop_path > 0:
                    inputs = [self._dropped(name, values[name][0], disturbance.drop_path) for name in layer.inputs]
                return [compute(layer, inputs, [], None)]
            case "global_pool":
                return [torch.cat([tensor.mean((1, 2)) for tensor in inputs], dim=1)]
            case "linear":
                weight = self._disturbed(self.parameters[layer.weight[0]], disturbance, True)
                return [compute(layer, inputs, [weight], self.parameters[layer.bias])]
            case "max_pool" | "avg_pool":
                pooled = compute(layer, [inputs[0].permute(0, 3, 1, 2)], [], None)
                return [pooled.permute(0, 2, 3, 1).contiguous()]
        return [self._unit(layer, inputs, values, disturbance)]

    def _unit(
        self,
        layer: Layer,
        inputs: list[torch.Tensor],
        values: Mapping[str, list[torch.Tensor]],
        disturbance: TrainingNoise,
    ) -> torch.Tensor:
        from memnet.network.training.fused.functions import Geometry, SeparableConvolution, Unit

        def weights(*layers: Layer) -> list[torch.Tensor]:
            names = [name for each in layers for name in each.weight]
            return [self._disturbed(self.parameters[name], disturbance, True) for name in names]

        norm = self._norm(layer)
        if layer.name.endswith(("/pw", "/pw2")):
            depthwise = self.network.layer(layer.inputs[0])
            if layer.name.endswith("/pw"):
                (x,) = values[depthwise.inputs[0]]
                return Unit.apply(
                    _geometry(depthwise), norm, *weights(depthwise, layer), *self._gamma_and_beta(layer), x
                )
            first_pointwise = self.network.layer(depthwise.inputs[0])
            first_depthwise = self.network.layer(first_pointwise.inputs[0])
            (x,) = values[first_depthwise.inputs[0]]
            return SeparableConvolution.apply(
                _geometry(first_depthwise),
                self._norm(first_pointwise),
                norm,
                *weights(first_depthwise, first_pointwise),
                *self._gamma_and_beta(first_pointwise),
                *weights(depthwise, layer),
                *self._gamma_and_beta(layer),
                x,
            )
        if layer.name == "stem":
            inputs, pointwise = [_patches(inputs[0])], _as_patches(weights(layer)[0])
        elif layer.kind == "factorized_reduce":
            inputs = [tensor[:, offset::2, offset::2].contiguous() for offset in (0, 1) for tensor in inputs]
            pointwise = _block_diagonal(*weights(layer))
        else:
            pointwise = weights(layer)[0]
        return Unit.apply(Geometry(relu=layer.relu), norm, None, pointwise, *self._gamma_and_beta(layer), *inputs)

    def _norm(self, layer: Layer) -> Norm:
        from memnet.network.training.fused.functions import Norm

        name = layer.batch_norm
        return Norm(mean=self.statistics[f"{name}.running_mean"], variance=self.statistics[f"{name}.running_var"])

    def _gamma_and_beta(self, layer: Layer) -> tuple[torch.Tensor, torch.Tensor]:
        return self.parameters[f"{layer.batch_norm}.weight"], self.parameters[f"{layer.batch_norm}.bias"]


def _geometry(layer: Layer) -> Any:  # noqa: ANN401 - PyTorch is optional
    from memnet.network.training.fused.functions import Geometry

    return Geometry(stride=layer.stride, padding=layer.padding, dilation=layer.dilation, relu=layer.relu)


def _patches(x: torch.Tensor) -> torch.Tensor:
    """Return images (n, H, W, 3) with the 3x3 neighbourhood of each pixel as its channels, (n, H, W, 32)."""
    import torch
    from torch.nn.functional import pad

    height, width = x.shape[1:3]
    padded = pad(x, (0, 0, 1, 1, 1, 1))
    taps = [padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return torch.cat([*taps, x.new_zeros(*x.shape[:3], _STEM_TAPS - 27)], dim=3)


def _as_patches(weight: torch.Tensor) -> torch.Tensor:
    """Return the weight (out, 3, 3, 3) of the stem as a matrix (out, 32) for the channels of `_patches`."""
    from torch.nn.functional import pad

    return pad(weight.permute(0, 2, 3, 1).flatten(1), (0, _STEM_TAPS - 27))


def _block_diagonal(*weights: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.block_diag(*(weight.flatten(1) for weight in weights))
