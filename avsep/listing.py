"""What the bundled weights are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from avsep.model.checkpoint import bundled_weights, load_model
from avsep.outputs.manifest import sha256


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
