"""What a face looks like, in numbers by which the same person is known again anywhere.

The network is the face descriptor of dlib (Davis King, 2017, public domain): a residual network
of 29 convolutions that was taught with three million pictures of 7485 people.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from avsep.arrays import Floats, Image
from avsep.device import cast_to
from avsep.errors import FaceError
from avsep.faces.alignment import FACE_MIDDLE, Square, cut_out
from avsep.faces.identity import Embedder
from avsep.faces.portraits import PORTRAIT_SIZE
from avsep.files import weights_folder

# So lay, on the average, the faces with which the network was taught.
_FACE = Square((56.0, 71.7), 101.0, 150)
# Where a portrait lies in the reference face.
_LEFT, _TOP = (middle - PORTRAIT_SIZE / 2 for middle in FACE_MIDDLE)
_PLACE = np.array([[1, 0, _LEFT], [0, 1, _TOP]], np.float32)
# How many faces are described at once.
_AT_ONCE = 64
# RGB, taken off before the network, and what the rest is divided by.
_MEAN, _SCALE = (122.782, 117.001, 104.298), 256.0
# Channels and step of every block.
_BLOCKS = (
    *[(32, 1)] * 3,
    *[(64, 2), *[(64, 1)] * 3],
    *[(128, 2), *[(128, 1)] * 2],
    *[(256, 2), *[(256, 1)] * 2],
    (256, 2),
)
NUMBERS = 128


class Block(nn.Module):
    """Two convolutions beside a way round them."""

    def __init__(self, before: int, after: int, step: int) -> None:
        super().__init__()
        self.step = step
        self.first = nn.Conv2d(before, after, 3, stride=step, padding=int(step == 1))
        self.second = nn.Conv2d(after, after, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Shape (faces, before, h, w) -> (faces, after, h // step, w // step)."""
        new = self.second(torch.relu(self.first(x)))
        past = F.avg_pool2d(x, self.step) if self.step > 1 else x
        return torch.relu(_fill(new, past) + _fill(past, new))


def _fill(x: Tensor, other: Tensor) -> Tensor:
    """Put zeros after the last channel, row and column, up to the size of another."""
    missing = [max(0, there - here) for here, there in zip(x.shape, other.shape, strict=True)]
    return F.pad(x, (0, missing[3], 0, missing[2], 0, missing[1]))


class FaceNetwork(nn.Module):
    """The face descriptor, its scalings folded into the convolutions before them."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 32, 7, stride=2)
        befores = (32, *(after for after, _ in _BLOCKS))
        self.blocks = nn.Sequential(
            *(Block(before, *block) for before, block in zip(befores, _BLOCKS, strict=False))
        )
        self.last = nn.Linear(256, NUMBERS, bias=False)

    def forward(self, faces: Tensor) -> Tensor:
        """Shape (faces, 3, 150, 150), RGB from 0 to 255 -> (faces, 128)."""
        mean = torch.tensor(_MEAN, device=faces.device)[:, None, None]
        x = (faces - mean) / _SCALE
        x = F.max_pool2d(torch.relu(self.first(x)), 3, 2)
        numbers: Tensor = self.last(self.blocks(x).mean(dim=(2, 3)))
        return numbers


def find_face_weights() -> Path:
    """The file of what the network has learnt."""
    return weights_folder() / "faces" / "base.safetensors"


def load_embedder(device: str = "cpu", precision: torch.dtype | None = None) -> Embedder:
    """Make ready the network that tells people apart.

    Args:
        device: Where it computes, as torch names it.
        precision: What its sums are cast to; None for full precision. With bfloat16 faces moved
            by 0.00003 at most (1 - cosine).
    """
    network = FaceNetwork()
    path = find_face_weights()
    try:
        network.load_state_dict({name: part.float() for name, part in load_file(path).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise FaceError(
            f"the network that tells people apart cannot be loaded: {error}",
            hint="pip install --force-reinstall avsep",
        ) from error
    network = network.to(device).eval()

    def describe(faces: Image) -> Floats:
        pixels = rearrange(torch.from_numpy(faces), "face h w colour -> face colour h w")
        with torch.inference_mode(), cast_to(precision, torch.device(device)):
            numbers = network(pixels.to(device).float())
        return np.asarray(F.normalize(numbers.float()).cpu().numpy(), np.float32)

    def embed(portraits: Sequence[Image]) -> Floats:
        faces = np.stack([cut_out(portrait, _PLACE, _FACE) for portrait in portraits])
        return np.concatenate(
            [describe(faces[first : first + _AT_ONCE]) for first in range(0, len(faces), _AT_ONCE)]
        )

    return embed
