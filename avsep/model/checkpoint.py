"""Checkpoints: safetensors with the configuration inside."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from avsep.errors import ModelError
from avsep.files import replacing, sha256, weights_folder
from avsep.model.config import ModelConfig, make_sizes
from avsep.model.network import SeparationNetwork


def describe_weights() -> list[dict[str, Any]]:
    """Name, file, size, checksum, number of parameters and configuration of each."""
    listed = []
    for name, path in bundled_weights().items():
        network = load_model(path)
        listed.append(
            {
                "name": name,
                "path": str(path),
                "bytes": path.stat().st_size,
                "sha256": sha256(path),
                "parameters": sum(weight.numel() for weight in network.parameters()),
                "config": asdict(network.config),
            }
        )
    return listed


SUFFIX = ".safetensors"


def save_model(network: SeparationNetwork, path: Path, **notes: str) -> None:
    """Write the weights in half precision, the configuration and any notes, or nothing."""
    tensors = {
        name: value.detach().cpu().half().contiguous() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    settings = json.dumps(asdict(network.config))
    with replacing(path, "") as partial:
        save_file(tensors, partial, metadata={"format": "pt", "config": settings, **notes})


def load_model(name: str | Path = "base", device: str = "cpu") -> SeparationNetwork:
    """The network of a checkpoint, ready to use (float32, evaluation mode).

    Args:
        name: Name of bundled weights, or a checkpoint file.
        device: Where torch shall keep it.

    Raises:
        ModelError: There is no such checkpoint, or it is not one of ours.
    """
    path = find_weights(name)
    settings = _read_settings(path)
    with safe_open(path, "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    try:
        network = SeparationNetwork(_config(settings))
        network.load_state_dict({key: _widened(value) for key, value in tensors.items()})
    except (TypeError, RuntimeError) as error:
        raise ModelError(
            f"{path} was made by another version of avsep ({str(error).splitlines()[-1].strip()})",
            hint="Use matching versions.",
        ) from error
    return network.to(device).eval()


def find_weights(name: str | Path) -> Path:
    """Path of bundled weights by name, or of a checkpoint file as it is given."""
    if Path(name).suffix == SUFFIX or Path(name).parent != Path():
        if Path(name).is_file():
            return Path(name)
        raise ModelError(f"{name}: no such checkpoint", hint="Check the path.")
    bundled = bundled_weights()
    if str(name) in bundled:
        return bundled[str(name)]
    raise ModelError(
        f"no bundled weights are called {name!r}",
        hint=f"Choose from {', '.join(bundled) or 'none'}, or give a {SUFFIX} file.",
    )


def name_weights(path: Path, passes: int | None = None) -> dict[str, Any]:
    """A checkpoint, and how often it separates, as manifests name them.

    Args:
        path: The file.
        passes: How often; None for as often as it learnt to.

    Raises:
        ModelError: It is not one of ours.
    """
    if passes is None:
        bands = _read_settings(path).get("bands") or {}
        passes = int(bands.get("passes", 1))
    return {"model": path.stem, "sha256": sha256(path), "passes": passes}


def bundled_weights() -> dict[str, Path]:
    """Checkpoints that come with the package."""
    return {path.stem: path for path in sorted(weights_folder().glob(f"*{SUFFIX}"))}


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        with safe_open(path, "pt") as file:
            settings: dict[str, Any] = json.loads(file.metadata()["config"])
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ModelError(
            f"{path} is not an avsep checkpoint ({error})",
            hint="`avsep models` lists the usable ones.",
        ) from error
    return settings


def _config(settings: dict[str, Any]) -> ModelConfig:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()
    }
    if values.get("bands"):
        values["bands"] = make_sizes(values["bands"])
    return ModelConfig(**values)


def _widened(value: torch.Tensor) -> torch.Tensor:
    return value.float() if value.is_floating_point() else value
