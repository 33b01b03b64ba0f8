"""A trained band separator to begin a larger one with: wider, deeper, or both.

Channels are copied, and what reads them shares their old weight out among the copies at random
(Chen, Goodfellow and Shlens, "Net2Net", 2016), so that each copy has something of its own to
learn. The larger one begins nearly as good as the trained one was: not quite, for its layer norms
see some channels twice. Blocks that are new come last and begin as identity.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from avsep.errors import ModelError
from avsep.model.band_blocks import GROUP
from avsep.model.band_split import BANDS
from avsep.model.bands import DRAFT


@dataclass(frozen=True, slots=True, eq=False)
class Copies:
    """Which old channel each of the new ones is a copy of.

    Attributes:
        source: Old channel of every new one, (new,).
        old: How many there were.
        draw: Of how the copies share what is read of them.
    """

    source: Tensor
    old: int
    draw: torch.Generator

    @classmethod
    def choose(cls, old: int, new: int, draw: torch.Generator, size: int = 1) -> Self:
        """All old channels first, then some of them again, ``size`` neighbours at a time."""
        again = torch.randperm(old // size, generator=draw).repeat(-(-new // old))
        groups = torch.cat([torch.arange(old // size), again[: (new - old) // size]])
        return cls((groups[:, None] * size + torch.arange(size)).flatten(), old, draw)

    def write(self, weight: Tensor, dim: int) -> Tensor:
        """Weights that make the new channels, from those that make the old."""
        return weight.index_select(dim, self.source)

    def read(self, weight: Tensor, dim: int) -> Tensor:
        """Weights that read the new channels: those of all copies sum to the old one."""
        wide = self.write(weight, dim).movedim(dim, -1)
        part = torch.rand(wide.shape, generator=self.draw) + 0.1
        whole = part.new_zeros(*wide.shape[:-1], self.old).index_add_(-1, self.source, part)
        return (wide * part / whole.index_select(-1, self.source)).movedim(-1, dim)


def grow(trained: Mapping[str, Tensor], fresh: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a larger separator that does nearly what a trained one does.

    Args:
        trained: Weights by name.
        fresh: Of the larger one, as it would begin without them.

    Returns:
        Those of the larger one by name. They are the same each time.

    Raises:
        ModelError: Another separator is no larger one.
    """
    old, new = (weights["split.bias"].shape[1] for weights in (trained, fresh))
    blocks = dict.fromkeys(map(_block_of, trained))
    if missing := [name for name in fresh.keys() - trained.keys() if _is_old(name, blocks)]:
        raise ModelError(
            f"weights of a separator lack {min(missing)}",
            hint="Take a whole file: training leaves separator.safetensors.",
        )
    if new < old or not trained.keys() <= fresh.keys():
        raise ModelError(
            f"a separator of {new} channels can't begin with one of {old} that has other parts",
            hint="It may be wider, and have more blocks at the end; it can't be smaller.",
        )
    draw = torch.Generator().manual_seed(0)
    stream = Copies.choose(old, new, draw)
    found: dict[str, Tensor] = {name: weight.cpu().clone() for name, weight in fresh.items()}
    inner = {
        block: (Copies.choose(old, new, draw), Copies.choose(old, new, draw, GROUP))
        for block in blocks
    }
    for name, weight in trained.items():
        found[name] = _widen(name, weight, stream, *inner[_block_of(name)])
    return found


def _block_of(name: str) -> str:
    """`fusion.3` of `fusion.3.0.norm.weight`."""
    return ".".join(name.split(".")[:2])


def _is_old(name: str, blocks: Collection[str]) -> bool:
    """Whether weights of that name must be there in a smaller separator with such blocks."""
    is_of_block = name.startswith(("audio.", "fusion.", "exchange."))
    return _block_of(name) in blocks or not (is_of_block or name.startswith(DRAFT))


def _widen(name: str, weight: Tensor, stream: Copies, inner: Copies, groups: Copies) -> Tensor:
    """One tensor. What its name ends with says which channels it writes and reads."""
    if name in {"kept", "mask.bias"}:
        return weight
    if name == "mask.weight":
        return stream.read(weight, 1)
    if name.startswith("condition"):
        return stream.write(weight.view(BANDS, -1, *weight.shape[1:]), 1).flatten(0, 1)
    if name.startswith(("split", "draft")):
        return stream.write(weight, -1)

    def gate(half: Tensor) -> Tensor:
        return groups.write(half if half.ndim == 1 else stream.read(half, 1), 0)

    def exchange(weight: Tensor) -> Tensor:
        own, others = weight.chunk(2, 1)
        return stream.write(torch.cat([stream.read(own, 1), stream.read(others, 1)], 1), 0)

    rules: dict[str, Callable[[Tensor], Tensor]] = {
        "0.enter.weight": lambda w: inner.write(stream.read(w, 1), 0),
        "0.enter.bias": lambda w: inner.write(w, 0),
        "0.leave.weight": lambda w: stream.write(inner.read(w, 1), 0),
        "1.enter.weight": lambda w: torch.cat([gate(half) for half in w.chunk(2)]),
        "1.enter.bias": lambda w: torch.cat([gate(half) for half in w.chunk(2)]),
        "1.mix": lambda w: w[groups.source[::GROUP] // GROUP],
        "1.leave.weight": lambda w: stream.write(groups.read(w, 1), 0),
        "leave.weight": exchange,
    }
    if rule := rules.get(name.split(".", 2)[-1]):
        return rule(weight)
    return stream.write(weight, 0)  # norms, and biases of what is added to the bands
