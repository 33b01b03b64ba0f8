"""What the command line offers is what the library takes."""

from __future__ import annotations

import pytest

from avsep.cli.options import Detector, Format, Precision, SampleFormat
from avsep.device import PRECISIONS
from avsep.faces.detectors import DETECTORS
from avsep.options import SAMPLE_FORMATS, SUFFIXES


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        (Detector, DETECTORS),
        (Precision, PRECISIONS),
        (SampleFormat, SAMPLE_FORMATS),
        (Format, [suffix.removeprefix(".") for suffix in SUFFIXES]),
    ],
)
def test_every_choice_of_the_command_line_is_one_of_the_library(offered, taken):
    assert [choice.value for choice in offered] == list(taken)
