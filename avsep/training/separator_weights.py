"""Files of a band separator's weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from avsep.errors import ModelError
from avsep.files import replacing
from avsep.model.bands import BandSeparator
from avsep.model.config import BandConfig, make_sizes
from avsep.training.growth import grow

PART = "bands."  # how a whole network calls its separator


def save_separator(network: BandSeparator, path: Path) -> None:
    """Write weights in half precision, with their sizes inside, or nothing."""
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    with replacing(path, "") as partial:
        save_file(tensors, partial, {"bands": json.dumps(asdict(network.config))})


def load_weights(network: BandSeparator, *files: Path) -> None:
    """Give a separator the mean of weights: of runs from one start it is better than each.

    Those of a smaller one grow (`avsep.training.growth`).

    Raises:
        ModelError: They are of other sizes, or no weights of a separator.
    """
    found = [read_weights(file) for file in files]
    try:
        mean = {name: torch.stack([w[name] for w in found]).mean(0) for name in found[0]}
        own = network.state_dict()
        network.load_state_dict(mean if _are_alike(mean, own) else grow(mean, own))
    except (KeyError, RuntimeError) as error:
        named = ", ".join(map(str, files))
        raise ModelError(
            f"{named}: no weights of a separator of these sizes",
            hint="Weights of one start and of one size go together.",
        ) from error


def _are_alike(some: Mapping[str, Tensor], others: Mapping[str, Tensor]) -> bool:
    return {k: v.shape for k, v in some.items()} == {k: v.shape for k, v in others.items()}


def read_weights(path: Path) -> dict[str, Tensor]:
    """A separator's weights by name, of its own file or out of a whole network's checkpoint."""
    try:
        tensors = {name: value.float() for name, value in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path} holds no weights of a separator ({error})",
            hint="Training leaves separator.safetensors.",
        ) from error
    inside = {k.removeprefix(PART): v for k, v in tensors.items() if k.startswith(PART)}
    return inside or tensors


def read_sizes(path: Path) -> BandConfig:
    """Sizes of the separator in a file of weights.

    Raises:
        ModelError: It is no separator's.
    """
    try:
        with safe_open(path, "pt") as file:
            return make_sizes(json.loads(file.metadata()["bands"]))
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} holds no weights of a separator",
            hint="Training leaves separator.safetensors.",
        ) from error
