"""What the options of `avsep split` ask for of a recording, as the pipeline takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avsep.cli.options import choose_samples
from avsep.cli.products import read_products
from avsep.names import read_speakers
from avsep.options import Options


def read_options(values: Mapping[str, Any]) -> Options:
    """What is wanted of a recording.

    Args:
        values: Of all parameters of the command, by their names.
    """
    kind = values["format_"]
    return Options(
        speakers=read_speakers(values["speakers"]),
        file_names=values["file_names"],
        suffix=f".{kind}",
        sample_format=str(choose_samples(kind, values["sample_format"])),
        loudness=values["loudness"],
        language=values["language"] or None,
        audio_stream=values["audio_stream"] or None,
        video_stream=values["video_stream"] or None,
        force=values["force"],
        **read_products(values),
    )
