"""Compare the voices `avsep split` found with the true voices.

    python tools/score.py RESULT TRUTH [--json]

RESULT is a folder made by `avsep split`, TRUTH one with the true voices in the order of the
speakers' numbers. SI-SDR is in dB; more is better. The last column is what the best wrong voice
scores: the lips decide who is who when it is far below.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from avsep import AvsepError
from avsep.evaluation.score_folder import score


def main() -> None:
    """Print one line for each speaker."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        scores = score(options.result, options.truth)
    except AvsepError as error:
        sys.exit(f"error: {error}\nhint: {error.hint}")
    if options.json:
        print(json.dumps([asdict(item) for item in scores], indent=2))
        return
    print(f"{'SI-SDR in dB':14}{'before':>8}{'after':>8}{'gain':>8}{'wrong voice':>13}")
    for item in scores:
        wrong = "" if item.swapped is None else f"{item.swapped:13.1f}"
        print(f"{item.name:14}{item.before:8.1f}{item.after:8.1f}{item.improvement:8.1f}{wrong}")


if __name__ == "__main__":
    main()
