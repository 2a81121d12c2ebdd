"""Units as PyTorch functions with their gradients, on (n, H, W, C) float32 tensors; knows no layers and no names.

A unit is batch_norm(pointwise(depthwise(relu(x)))), or without the depthwise convolution over several inputs whose
channels stand side by side. Batch norm takes its statistics from the batch.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from memnet.network.reference import BATCH_NORM_EPS
from memnet.network.training.fused.library import Shape, library
from memnet.network.training.torch_network import BATCH_NORM_MOMENTUM


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How a unit's depthwise convolution moves over the map, and whether its input is rectified."""

    stride: int = 1
    padding: int = 0
    dilation: int = 1
    relu: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """The running statistics (channels,) of a batch norm, which a forward pass moves."""

    mean: torch.Tensor
    variance: torch.Tensor


class Unit(torch.autograd.Function):  # type: ignore[misc]
    """One unit: `Unit.apply(geometry, norm, depthwise | None, pointwise, gamma, beta, *inputs)`."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - PyTorch gives its context no type
        geometry: Geometry,
        norm: Norm,
        depthwise: torch.Tensor | None,
        pointwise: torch.Tensor,
        gamma: torch.Tensor,
        beta: torch.Tensor,
        *inputs: torch.Tensor,
    ) -> torch.Tensor:
        """Return (n, H / stride, W / stride, out)."""
        kept = _forward(inputs, None, geometry, norm, depthwise, pointwise)
        ctx.shape, ctx.wanted = kept[0], any(ctx.needs_input_grad[6:])
        ctx.save_for_backward(depthwise, pointwise, gamma, *kept[1:], *inputs)
        return _affine(kept[2], *_line(kept[3], kept[4], gamma, beta))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        """Return the gradients in the order of `forward`'s arguments."""
        depthwise, pointwise, gamma, middle, z, mean, istd, *inputs = ctx.saved_tensors
        of_inputs, *others = _backward(
            ctx.shape,
            inputs,
            None,
            depthwise,
            pointwise,
            middle,
            z,
            gradient.contiguous(),
            mean,
            istd,
            gamma,
            wanted=ctx.wanted,
        )
        return None, None, *others, *(of_inputs or [None] * len(inputs))


class SeparableConvolution(torch.autograd.Function):  # type: ignore[misc]
    """Two units in a row, DARTS's sep_conv; what is between them is never written out.

    `apply(geometry, norm, norm, depthwise, pointwise, gamma, beta, depthwise, pointwise, gamma, beta, x)`; the stride
    is the first unit's.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - PyTorch gives its context no type
        geometry: Geometry,
        first: Norm,
        second: Norm,
        *tensors: torch.Tensor,
    ) -> torch.Tensor:
        """Return (n, H / stride, W / stride, out)."""
        depthwise, pointwise, gamma, beta, depthwise2, pointwise2, gamma2, beta2, x = tensors
        one = _forward([x], None, geometry, first, depthwise, pointwise)
        line = _line(one[3], one[4], gamma, beta)
        unmoved = Geometry(padding=geometry.padding, dilation=geometry.dilation)
        two = _forward([one[2]], line, unmoved, second, depthwise2, pointwise2)
        ctx.shapes = one[0], two[0]
        ctx.save_for_backward(depthwise, pointwise, gamma, depthwise2, pointwise2, gamma2, x, *line, *one[1:], *two[1:])
        return _affine(two[2], *_line(two[3], two[4], gamma2, beta2))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        """Return the gradients in the order of `forward`'s arguments."""
        (
            depthwise,
            pointwise,
            gamma,
            depthwise2,
            pointwise2,
            gamma2,
            x,
            scale,
            shift,
            middle,
            z,
            mean,
            istd,
            middle2,
            z2,
            mean2,
            istd2,
        ) = ctx.saved_tensors
        between, *later = _backward(
            ctx.shapes[1],
            [z],
            (scale, shift),
            depthwise2,
            pointwise2,
            middle2,
            z2,
            gradient.contiguous(),
            mean2,
            istd2,
            gamma2,
        )
        of_x, *earlier = _backward(
            ctx.shapes[0], [x], None, depthwise, pointwise, middle, z, between[0], mean, istd, gamma
        )
        return None, None, None, *earlier, *later, of_x[0]


def _forward(
    inputs: Sequence[torch.Tensor],
    line: tuple[torch.Tensor, torch.Tensor] | None,
    geometry: Geometry,
    norm: Norm,
    depthwise: torch.Tensor | None,
    pointwise: torch.Tensor,
) -> tuple[Shape, torch.Tensor | None, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the unit's shape, what lies between its convolutions, their output z, its mean and 1 / sigma."""
    shape = _shape(inputs, geometry, depthwise, pointwise)
    size = shape.images, shape.out_height, shape.out_width
    middle = None if depthwise is None else torch.empty(*size, shape.channels)
    z, mean, variance = torch.empty(*size, shape.outs), torch.empty(shape.outs), torch.empty(shape.outs)
    taps = None if depthwise is None else depthwise.flatten(1).t().contiguous()
    mixing = pointwise.flatten(1).t().contiguous()
    _loaded().unit_forward(
        ctypes.byref(shape),
        _pointers(inputs),
        *map(_pointer, line or (None, None)),
        *map(_pointer, (taps, mixing)),
        *map(_pointer, (middle, z, mean, variance)),
    )
    count = shape.images * shape.out_height * shape.out_width
    norm.mean.mul_(1.0 - BATCH_NORM_MOMENTUM).add_(mean, alpha=BATCH_NORM_MOMENTUM)
    norm.variance.mul_(1.0 - BATCH_NORM_MOMENTUM).add_(variance, alpha=BATCH_NORM_MOMENTUM * count / (count - 1))
    return shape, middle, z, mean, torch.rsqrt(variance + BATCH_NORM_EPS)


def _backward(
    shape: Shape,
    inputs: Sequence[torch.Tensor],
    line: tuple[torch.Tensor, torch.Tensor] | None,
    depthwise: torch.Tensor | None,
    pointwise: torch.Tensor,
    middle: torch.Tensor | None,
    z: torch.Tensor,
    gradient: torch.Tensor,
    mean: torch.Tensor,
    istd: torch.Tensor,
    gamma: torch.Tensor,
    *,
    wanted: bool = True,
) -> tuple[list[torch.Tensor], torch.Tensor | None, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of the inputs (none unless wanted), both weights, gamma and beta."""
    of_inputs = [torch.empty_like(one) for one in inputs] if wanted else []
    mixing = pointwise.flatten(1).contiguous()
    flipped = None if depthwise is None else depthwise.flip(2, 3).flatten(1).t().contiguous()
    of_taps = None if flipped is None else torch.empty_like(flipped)
    of_mixing, of_gamma, of_beta = torch.empty_like(mixing), torch.empty(shape.outs), torch.empty(shape.outs)
    _loaded().unit_backward(
        ctypes.byref(shape),
        _pointers(inputs),
        *map(_pointer, line or (None, None)),
        *map(_pointer, (flipped, mixing)),
        *map(_pointer, (middle, z, gradient, mean, istd, gamma)),
        _pointers(of_inputs) if wanted else None,
        *map(_pointer, (of_taps, of_mixing, of_gamma, of_beta)),
    )
    of_depthwise = None if of_taps is None or depthwise is None else of_taps.t().reshape(depthwise.shape)
    return of_inputs, of_depthwise, of_mixing.reshape(pointwise.shape), of_gamma, of_beta


def _line(
    mean: torch.Tensor, istd: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return batch norm as the scale and shift of a straight line."""
    scale = gamma * istd
    return scale, beta - mean * scale


def _affine(z: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    y, channels = torch.empty_like(z), z.shape[-1]
    _loaded().affine(_pointer(z), z.numel() // channels, channels, *map(_pointer, (scale, shift, y)))
    return y


def _shape(
    inputs: Sequence[torch.Tensor], geometry: Geometry, depthwise: torch.Tensor | None, pointwise: torch.Tensor
) -> Shape:
    images, height, width, channels = inputs[0].shape
    kernel = 1 if depthwise is None else depthwise.shape[-1]
    lost = 2 * geometry.padding - geometry.dilation * (kernel - 1) - 1
    return Shape(
        images,
        height,
        width,
        channels,
        kernel,
        geometry.stride,
        geometry.padding,
        geometry.dilation,
        (height + lost) // geometry.stride + 1,
        (width + lost) // geometry.stride + 1,
        len(pointwise),
        len(inputs),
        int(geometry.relu),
    )


def _loaded() -> ctypes.CDLL:
    loaded = library()
    if loaded is None:
        raise RuntimeError("the fused units are not compiled here; ask memnet.network.training.fused.library first")
    return loaded


def _pointer(tensor: torch.Tensor | None) -> int | None:
    return None if tensor is None else int(tensor.data_ptr())


def _pointers(tensors: Sequence[torch.Tensor]) -> Any:  # noqa: ANN401 - an array of pointers
    return (ctypes.c_void_p * len(tensors))(*map(_pointer, tensors))
