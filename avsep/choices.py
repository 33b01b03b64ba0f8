"""Words from which options choose: the library and the command line take the same."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Kinds of sound files."""

    WAV = "wav"
    FLAC = "flac"
    AIFF = "aiff"
    M4A = "m4a"
    MP3 = "mp3"


class SampleFormat(StrEnum):
    """Kinds of samples in sound files."""

    SIXTEEN = "16"
    TWENTY_FOUR = "24"
    FLOAT = "float"


class Precision(StrEnum):
    """How exactly the network computes."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


class Detector(StrEnum):
    """Face detectors."""

    AUTO = "auto"
    RETINAFACE = "retinaface"
    FACE_ALIGNMENT = "face-alignment"
