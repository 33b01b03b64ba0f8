"""Write down what the bundled weights make of an example.

    python tests/whole/golden/make.py

Run it after the weights, or anything that is meant to change results, have changed, and look at
what differs before it is committed.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from avsep.evaluation.score_folder import score
from avsep.outputs.manifest import read_manifest
from avsep.pipeline import split

EXAMPLES = Path(__file__).parents[3] / "examples"
GOLDEN = Path(__file__).parent / "late.json"


def measure(folder: Path) -> list[dict[str, Any]]:
    """What becomes of the two people of `examples/late.mp4`, split into a folder.

    Returns:
        For each: ``box`` of the face, px; when it is ``seen`` and ``speaking``, s; ``gain``, how
        much the voice improves, and ``wrong``, how well it scores against the wrong person, both
        SI-SDR in dB.
    """
    result = split(EXAMPLES / "late.mp4", folder).folder
    manifest = read_manifest(result)
    assert manifest is not None
    scores = score(result, EXAMPLES / "late.truth")
    return [
        {
            **{name: speaker[name] for name in ("box", "seen", "speaking")},
            "gain": round(found.improvement, 2),
            "wrong": round(found.swapped or 0.0, 2),
        }
        for speaker, found in zip(manifest["speakers"], scores, strict=True)
    ]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        GOLDEN.write_text(json.dumps(measure(Path(folder)), indent=1) + "\n")
