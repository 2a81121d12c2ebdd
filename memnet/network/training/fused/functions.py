# SPDX-License-Identifier: GPL-3.0-or-later
"""Units as PyTorch functions with their gradients, on (n, H, W, C) float32 tensors; units.cpp computes them.

A unit is batch_norm(pointwise(depthwise(relu(x)))). Without the depthwise convolution it may have several inputs, which
are concatenated along channels. Batch norm uses the statistics of the batch.

Names: z is the output of the pointwise convolution, istd = 1 / sqrt(variance of z + eps). Batch norm is the straight
line y = scale z + shift with scale = gamma istd, shift = beta - mean scale.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from memnet.network.reference import BATCH_NORM_EPS
from memnet.network.training.fused.library import DILATIONS, KERNELS, Shape, library
from memnet.network.training.torch_network import BATCH_NORM_MOMENTUM


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Stride, padding and dilation of the depthwise convolution of a unit, and whether its input is rectified."""

    stride: int = 1
    padding: int = 0
    dilation: int = 1
    relu: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """The running statistics (channels,) of a batch norm, which a forward pass updates in place."""

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
        shape, filtered, z, mean, istd = _forward(inputs, None, geometry, norm, depthwise, pointwise)
        ctx.shape, ctx.wanted = shape, any(ctx.needs_input_grad[6:])
        ctx.save_for_backward(depthwise, pointwise, gamma, filtered, z, mean, istd, *inputs)
        return _affine(z, *_scale_and_shift(mean, istd, gamma, beta))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        """Return the gradients in the order of `forward`'s arguments."""
        depthwise, pointwise, gamma, filtered, z, mean, istd, *inputs = ctx.saved_tensors
        of_inputs, *of_weights = _backward(
            ctx.shape,
            inputs,
            None,
            depthwise,
            pointwise,
            filtered,
            z,
            gradient.contiguous(),
            mean,
            istd,
            gamma,
            wanted=ctx.wanted,
        )
        return None, None, *of_weights, *(of_inputs or [None] * len(inputs))


class SeparableConvolution(torch.autograd.Function):  # type: ignore[misc]
    """Two units in a row, the sep_conv of DARTS; the output of the first unit's batch norm is never stored.

    `apply(geometry, norm, norm, depthwise, pointwise, gamma, beta, depthwise, pointwise, gamma, beta, x)`; the stride
    of the geometry is that of the first unit, the second has stride 1.
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
        shape, *kept = _forward([x], None, geometry, first, depthwise, pointwise)
        _, z, mean, istd = kept
        line = _scale_and_shift(mean, istd, gamma, beta)
        stride_1 = Geometry(padding=geometry.padding, dilation=geometry.dilation)
        shape2, *kept2 = _forward([z], line, stride_1, second, depthwise2, pointwise2)
        _, z2, mean2, istd2 = kept2
        ctx.shapes = shape, shape2
        ctx.save_for_backward(depthwise, pointwise, gamma, depthwise2, pointwise2, gamma2, x, *line, *kept, *kept2)
        return _affine(z2, *_scale_and_shift(mean2, istd2, gamma2, beta2))

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
            filtered,
            z,
            mean,
            istd,
            filtered2,
            z2,
            mean2,
            istd2,
        ) = ctx.saved_tensors
        of_first_output, *of_weights2 = _backward(
            ctx.shapes[1],
            [z],
            (scale, shift),
            depthwise2,
            pointwise2,
            filtered2,
            z2,
            gradient.contiguous(),
            mean2,
            istd2,
            gamma2,
        )
        of_x, *of_weights = _backward(
            ctx.shapes[0], [x], None, depthwise, pointwise, filtered, z, of_first_output[0], mean, istd, gamma
        )
        return None, None, None, *of_weights, *of_weights2, of_x[0]


def _forward(
    inputs: Sequence[torch.Tensor],
    line: tuple[torch.Tensor, torch.Tensor] | None,
    geometry: Geometry,
    norm: Norm,
    depthwise: torch.Tensor | None,
    pointwise: torch.Tensor,
) -> tuple[Shape, torch.Tensor | None, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Compute a unit up to z, and update its running statistics.

    Parameters
    ----------
    line : scale and shift (channels,) that are applied to the input first: the batch norm of the unit before

    Returns
    -------
    shape, output of the depthwise convolution (None without one), z (both n, H, W, C), mean of z and istd (both out,)
    """
    shape = _shape(inputs, geometry, depthwise, pointwise)
    size = shape.images, shape.out_height, shape.out_width
    filtered = None if depthwise is None else torch.empty(*size, shape.channels)
    z, mean, variance = torch.empty(*size, shape.outs), torch.empty(shape.outs), torch.empty(shape.outs)
    taps = None if depthwise is None else depthwise.flatten(1).t().contiguous()
    mixing = pointwise.flatten(1).t().contiguous()
    _compiled_units().unit_forward(
        ctypes.byref(shape),
        _pointers(inputs),
        *map(_pointer, line or (None, None)),
        *map(_pointer, (taps, mixing)),
        *map(_pointer, (filtered, z, mean, variance)),
    )
    count = shape.images * shape.out_height * shape.out_width
    norm.mean.mul_(1.0 - BATCH_NORM_MOMENTUM).add_(mean, alpha=BATCH_NORM_MOMENTUM)
    norm.variance.mul_(1.0 - BATCH_NORM_MOMENTUM).add_(variance, alpha=BATCH_NORM_MOMENTUM * count / (count - 1))
    return shape, filtered, z, mean, torch.rsqrt(variance + BATCH_NORM_EPS)


def _backward(
    shape: Shape,
    inputs: Sequence[torch.Tensor],
    line: tuple[torch.Tensor, torch.Tensor] | None,
    depthwise: torch.Tensor | None,
    pointwise: torch.Tensor,
    filtered: torch.Tensor | None,
    z: torch.Tensor,
    gradient: torch.Tensor,
    mean: torch.Tensor,
    istd: torch.Tensor,
    gamma: torch.Tensor,
    *,
    wanted: bool = True,
) -> tuple[list[torch.Tensor], torch.Tensor | None, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of the inputs, the two weights, gamma and beta, in the shapes of these.

    `gradient` is that of the output of the batch norm. Unless `wanted`, the list of gradients of the inputs is empty.
    """
    of_inputs = [torch.empty_like(tensor) for tensor in inputs] if wanted else []
    mixing = pointwise.flatten(1).contiguous()
    flipped = None if depthwise is None else depthwise.flip(2, 3).flatten(1).t().contiguous()
    of_taps = None if flipped is None else torch.empty_like(flipped)
    of_mixing, of_gamma, of_beta = torch.empty_like(mixing), torch.empty(shape.outs), torch.empty(shape.outs)
    _compiled_units().unit_backward(
        ctypes.byref(shape),
        _pointers(inputs),
        *map(_pointer, line or (None, None)),
        *map(_pointer, (flipped, mixing)),
        *map(_pointer, (filtered, z, gradient, mean, istd, gamma)),
        _pointers(of_inputs) if wanted else None,
        *map(_pointer, (of_taps, of_mixing, of_gamma, of_beta)),
    )
    of_depthwise = None if of_taps is None or depthwise is None else of_taps.t().reshape(depthwise.shape)
    return of_inputs, of_depthwise, of_mixing.reshape(pointwise.shape), of_gamma, of_beta


def _scale_and_shift(
    mean: torch.Tensor, istd: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return batch norm as scale and shift of a straight line, (channels,) each."""
    scale = gamma * istd
    return scale, beta - mean * scale


def _affine(z: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Return scale z + shift."""
    y, channels = torch.empty_like(z), z.shape[-1]
    _compiled_units().affine(_pointer(z), z.numel() // channels, channels, *map(_pointer, (scale, shift, y)))
    return y


def _shape(
    inputs: Sequence[torch.Tensor], geometry: Geometry, depthwise: torch.Tensor | None, pointwise: torch.Tensor
) -> Shape:
    images, height, width, channels = inputs[0].shape
    kernel = 1 if depthwise is None else depthwise.shape[-1]
    if depthwise is not None and (kernel not in KERNELS or geometry.dilation not in DILATIONS):
        raise RuntimeError(
            f"a depthwise convolution of {kernel}x{kernel}, dilation {geometry.dilation}, is not in units.cpp; "
            "ask memnet.network.training.fused.network.trainable for the network"
        )
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


def _compiled_units() -> ctypes.CDLL:
    loaded = library()
    if loaded is None:
        raise RuntimeError("the fused units are not compiled here; ask memnet.network.training.fused.library first")
    return loaded


def _pointer(tensor: torch.Tensor | None) -> int | None:
    return None if tensor is None else int(tensor.data_ptr())


def _pointers(tensors: Sequence[torch.Tensor]) -> Any:  # noqa: ANN401 - an array of pointers
    return (ctypes.c_void_p * len(tensors))(*map(_pointer, tensors))
