"""Muon: momentum whose matrices are made orthogonal before each step (Jordan et al. 2024).

With a few hundred steps to spend, it learns about twice as much per step as Adam does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic Newton-Schulz iteration


class Muon(Optimizer):
    """Orthogonalised Nesterov momentum for weight matrices; filters are flattened to matrices."""

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        iterations: int = 4,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "weight_decay": weight_decay,
                "iterations": iterations,
            },
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every weight one step."""
        for group in self.param_groups:
            directions: defaultdict[tuple[int, ...], list[tuple[nn.Parameter, Tensor]]]
            directions = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    direction = self._smooth(weight, group["momentum"])
                    directions[tuple(direction.shape)].append((weight, direction))
            for shape, pairs in directions.items():
                self._move(shape, pairs, group)

    def _smooth(self, weight: nn.Parameter, momentum: float) -> Tensor:
        """Nesterov's momentum of a gradient, as a matrix."""
        gradient = weight.grad
        assert gradient is not None
        buffer = self.state[weight].setdefault("momentum", torch.zeros_like(gradient))
        buffer.lerp_(gradient, 1 - momentum)
        return gradient.lerp(buffer, momentum).flatten(1)

    @staticmethod
    def _move(
        shape: tuple[int, ...],
        pairs: list[tuple[nn.Parameter, Tensor]],
        group: dict[str, float],
    ) -> None:
        """Move all weights of one shape: as one batch, for a GPU would wait for small sums."""
        stacked = torch.stack([direction for _, direction in pairs])
        # The scale that makes the step as long as Adam's (Liu et al. 2025, "Muon is scalable").
        scale = 0.2 * max(shape) ** 0.5
        for (weight, _), direction in zip(
            pairs, orthogonalise(stacked, int(group["iterations"])), strict=True
        ):
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            weight.add_(direction.view_as(weight), alpha=-group["lr"] * scale)


def orthogonalise(matrix: Tensor, iterations: int) -> Tensor:
    """Nearest matrix with all singular values close to one, by Newton-Schulz iterations.

    Shape: (..., rows, columns) -> (..., rows, columns)
    """
    a, b, c = COEFFICIENTS
    tall = matrix.shape[-2] > matrix.shape[-1]
    x: Tensor = matrix.mT if tall else matrix
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
