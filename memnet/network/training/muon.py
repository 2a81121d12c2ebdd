"""The Muon optimiser for weights that mix channels, in batches of one shape; knows no network and no schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_COEFFICIENTS = 3.4445, -4.7750, 2.0315
_ITERATIONS = 4


class Muon:
    """Momentum whose step is made orthogonal, so that no direction of a channel mixture dominates.

    A pointwise weight (out, in, 1, 1) is the matrix M of a channel mixture. With its momentum, looked ahead as Nesterov
    does, G = U S V^T, the step is M -= rate max(1, out / in)^0.5 U V^T, after M *= 1 - rate decay (K. Jordan et al.,
    "Muon: an optimizer for hidden layers in neural networks", 2024). PyTorch's own `torch.optim.Muon` takes
    two-dimensional tensors alone, one by one, and computes in bfloat16, which many processors emulate.

    Attributes
    ----------
    param_groups : one, with the parameters and their `lr`, as PyTorch's optimisers have it.
    state : the `momentum_buffer` of each parameter, likewise.
    """

    def __init__(self, parameters: Sequence[torch.Tensor], *, lr: float, momentum: float, weight_decay: float) -> None:
        """Take the parameters (out, in, …); all dimensions but the first count as inputs."""
        self.param_groups: list[dict[str, Any]] = [{"params": list(parameters), "lr": lr}]
        self.state: dict[torch.Tensor, dict[str, torch.Tensor]] = {parameter: {} for parameter in parameters}
        self.momentum, self.weight_decay = momentum, weight_decay

    def zero_grad(self) -> None:
        """Drop the gradients."""
        for parameter in self.state:
            parameter.grad = None

    def step(self) -> None:
        """Take one step along the gradients of all parameters."""
        import torch

        rate = self.param_groups[0]["lr"]
        by_shape: dict[tuple[int, ...], list[torch.Tensor]] = {}
        for parameter in self.state:
            if parameter.grad is not None:
                by_shape.setdefault(tuple(parameter.flatten(1).shape), []).append(parameter)
        with torch.no_grad():
            for shape, parameters in by_shape.items():
                steps = orthogonal(torch.stack([self._looked_ahead(each).reshape(shape) for each in parameters]))
                for parameter, change in zip(parameters, steps, strict=True):
                    parameter.mul_(1.0 - rate * self.weight_decay)
                    parameter.sub_(change.view(parameter.shape), alpha=rate * max(1.0, shape[0] / shape[1]) ** 0.5)

    def _looked_ahead(self, parameter: torch.Tensor) -> torch.Tensor:
        held = self.state[parameter].setdefault("momentum_buffer", parameter.detach() * 0.0)
        held.mul_(self.momentum).add_(parameter.grad)
        return parameter.grad + self.momentum * held


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """Return U V^T, roughly, of matrices (n, out, in) = U S V^T: large singular values come to lie about 1.

    Four Newton-Schulz iterations X -> a X + (b A + c A^2) X with A = X X^T.
    """
    first, second, third = _COEFFICIENTS
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    for _ in range(_ITERATIONS):
        a = x @ x.mT
        x = first * x + (second * a + third * a @ a) @ x
    return x if wide else x.mT
