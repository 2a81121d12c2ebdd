# SPDX-License-Identifier: GPL-3.0-or-later
"""The Muon optimiser for pointwise weights; it processes all weights of one shape in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_COEFFICIENTS = 3.4445, -4.7750, 2.0315
_ITERATIONS = 4


class Muon:
    """Gradient descent with momentum whose steps are orthogonal matrices, so that no singular direction dominates.

    A pointwise weight (out, in, 1, 1) is a matrix M. Let G = U S V^T be its momentum with Nesterov's look-ahead. A step
    is M *= 1 - rate decay, then M -= rate max(1, out / in)^0.5 U V^T (K. Jordan et al., "Muon: an optimizer for hidden
    layers in neural networks", 2024). `torch.optim.Muon` accepts only two-dimensional tensors, processes them one by
    one, and computes in bfloat16, which is slow on processors that emulate it.

    Attributes
    ----------
    param_groups : a list of one dict, with the parameters and their rate `lr`, as in PyTorch's optimisers.
    state : for each parameter a dict with its `momentum_buffer`, as in PyTorch's optimisers.
    """

    def __init__(self, parameters: Sequence[torch.Tensor], *, lr: float, momentum: float, weight_decay: float) -> None:
        """Set up parameters (out, in, ...), each used as a matrix (out, product of the other dimensions)."""
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), "lr": lr}]
        self.state: dict[torch.Tensor, dict[str, torch.Tensor]] = {parameter: {} for parameter in parameters}
        self.momentum, self.weight_decay = momentum, weight_decay

    def zero_grad(self) -> None:
        """Discard the gradients of all parameters."""
        for parameter in self.state:
            parameter.grad = None

    def step(self) -> None:
        """Change all parameters that have a gradient by one step."""
        import torch

        rate = self.param_groups[0]["lr"]
        by_shape: dict[tuple[int, ...], list[torch.Tensor]] = {}
        for parameter in self.state:
            if parameter.grad is not None:
                by_shape.setdefault(tuple(parameter.flatten(1).shape), []).append(parameter)
        with torch.no_grad():
            for shape, parameters in by_shape.items():
                steps = orthogonal(torch.stack([self._nesterov(each).reshape(shape) for each in parameters]))
                for parameter, change in zip(parameters, steps, strict=True):
                    parameter.mul_(1.0 - rate * self.weight_decay)
                    parameter.sub_(change.view(parameter.shape), alpha=rate * max(1.0, shape[0] / shape[1]) ** 0.5)

    def _nesterov(self, parameter: torch.Tensor) -> torch.Tensor:
        """Add the gradient to the momentum and return the momentum with look-ahead."""
        momentum = self.state[parameter].setdefault("momentum_buffer", parameter.detach() * 0.0)
        momentum.mul_(self.momentum).add_(parameter.grad)
        return parameter.grad + self.momentum * momentum


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Return U V^T, approximately, of matrices (n, out, in) = U S V^T: large singular values become about 1.

    Four Newton-Schulz iterations X -> a X + (b A + c A^2) X with A = X X^T; (a, b, c) are `_COEFFICIENTS`.
    """
    first, second, third = _COEFFICIENTS
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    for _ in range(_ITERATIONS):
        a = x @ x.mT
        x = first * x + (second * a + third * a @ a) @ x
    return x if wide else x.mT
